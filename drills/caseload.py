"""A desk full of dispatched cases, made by the product's own functions, for drills and benchmarks of casework.

Residents write letters: each letter is a matter of its own, so one resident has several tickets on several cases, and
what he is told about one stands in line with what he is told about another.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from casework import desk_work, filing, intake, rules
from casework.actors import Actor
from casework.event_tables import Event, EventTicket
from casework.tables import Ticket
from channels.message import InboundMessage, Sender
from district.pack import District
from district.schemas import Role
from drills.suggestions import suggestion
from storage.database import Database, new_id
from triage.assessment import Assessment

BATCH, SEED = 50, 7
FILLER = Actor("u-before", "派单员", Role.DISPATCHER)
"""Who dispatched what is there when a drill begins."""
CHANNEL, ACCOUNT = "mailbox", "drill"


@dataclass
class Caseload:
    """What was made: ids of dispatched cases, of tickets that hang on none yet, and of events of such tickets."""

    cases: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


def fill(
    database: Database,
    district: District,
    *,
    cases: int,
    now: datetime,
    loose: int = 0,
    residents: int = 0,
    first: int = 0,
) -> Caseload:
    """So many dispatched cases of one ticket each, and so many judged tickets beside them.

    By so many residents, each by one of his own where none are given; ``first`` is the number of the first letter. They
    came over the five days before ``now``, the oldest first, so that clocks of all levels run.
    """
    chance, made = random.Random(SEED), Caseload()
    residents = residents or cases + loose
    with database.write.begin() as session:
        rules.keep(session, district, now=now)
    began = now - timedelta(days=5)
    for start in range(0, cases + loose, BATCH):
        at = began + timedelta(days=5) * (start / (cases + loose))
        with database.write.begin() as session:
            for number in range(start, min(start + BATCH, cases + loose)):
                ticket = _judged(session, district, first + number, chance, resident=first + number % residents, now=at)
                if number < cases:
                    case = desk_work.accept(session, district, ticket, actor=FILLER, now=at, reason="按职责")
                    made.cases.append(case.id)
                    made.tickets.append(ticket.id)
                else:
                    made.loose.append(ticket.id)
    return made


def letter(number: int | str, *, resident: int, text: str, token: str = "") -> InboundMessage:
    """A letter of a resident; ``token`` names the ticket that it is about."""
    return InboundMessage(
        channel=CHANNEL,
        account=ACCOUNT,
        delivery_id=f"d-{number}",
        kind="mail",
        sender=Sender(f"r{resident}@residents.example", ""),
        external_id=f"<{number}@residents.example>",
        title="反映问题",
        text=text,
        ticket_token=token,
    )


def _judged(
    session: Session, district: District, number: int, chance: random.Random, *, resident: int, now: datetime
) -> Ticket:
    message = letter(number, resident=resident, text=f"第{number}号楼下的井盖坏了，请派人来修")
    ticket_id = intake.receive(session, district, message, blob="b" * 64, now=now).ticket_id
    filing.file(session, district, ticket_id, assessment(district, chance), now=now)
    return session.get_one(Ticket, ticket_id)


def assessment(district: District, chance: random.Random) -> Assessment:
    """A suggestion of any category, with the unit that the directory gives."""
    leaves = district.taxonomy.leaves
    category = leaves[chance.randrange(len(leaves))].code
    street = chance.choice([each.code for each in district.units.streets])
    kind = chance.choice(("投诉", "咨询", "求助", "举报"))
    return suggestion(district, category, request_type=kind, street=street)


def gather(database: Database, made: Caseload, *, events: int, now: datetime) -> None:
    """Put the loose tickets and the first cases' tickets into so many events, each of some of either kind."""
    for number in range(events):
        members = made.tickets[number : 10 * events : events] + made.loose[number::events]
        made.events.append(_event(database, members, now=now))


def _event(database: Database, members: Sequence[str], *, now: datetime) -> str:
    with database.write.begin() as session:
        tickets = [session.get_one(Ticket, ticket_id) for ticket_id in members]
        reporters = len({ticket.resident_id for ticket in tickets})
        event = Event(id=new_id(), first_at=now, last_at=now, tickets=len(tickets), reporters=reporters, told_at=now)
        session.add(event)
        session.flush()
        for ticket in tickets:
            session.add(EventTicket(ticket_id=ticket.id, event_id=event.id, opened_at=ticket.opened_at, by=FILLER.id))
        return event.id
