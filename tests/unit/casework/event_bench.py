"""Short words for tests of events: texts are one matter as far as they name the same things, by words with blanks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from casework import events
from casework.actors import Actor
from casework.event_tables import Event, EventTicket
from casework.tables import Ticket
from triage.duplicates import Comparer
from triage.sides import Side

from .conftest import DISPATCHER, Bench, assessment, text_message


class ByThings(Comparer):
    """How much of what both name is the same."""

    def probability(self, one: Side, other: Side) -> float:
        every = one.objects | other.objects
        return len(one.objects & other.objects) / len(every) if every else 0.0


class Things:
    """Reads a text as the things that it names, one a word."""

    def __init__(self) -> None:
        self.comparer: Comparer = ByThings()

    def side(self, title: str, text: str, at: datetime | None) -> Side:
        return Side(text=f"{title} {text}", at=at, objects=frozenset(text.split()))


def report(
    bench: Bench, text: str, *, by: str, after: float = 0, gathered: bool = True, channel: str = "wechat"
) -> str:
    """A resident reports, so many hours from the bench's start; the ticket's id."""
    at = bench.now + timedelta(hours=after)
    ticket_id = bench.receive(
        text_message(text, delivery=f"{by}-{after}", sender=by, channel=channel), now=at
    ).ticket_id
    bench.file(ticket_id, assessment(bench.district))
    if gathered:
        gather(bench, [ticket_id])
    return ticket_id


def gather(bench: Bench, ticket_ids: Sequence[str]) -> None:
    """As the transaction that files them does."""
    with bench.database.write.begin() as session:
        found = [session.get_one(Ticket, key) for key in ticket_ids]
        now = max(each.opened_at for each in found)
        events.gather(session, bench.district, found, Things(), now=now)


def crowd(bench: Bench, count: int = 3, text: str = "停水 康泽") -> list[str]:
    """So many residents report one thing, ten minutes apart."""
    return [report(bench, text, by=f"r{number}", after=number / 6) for number in range(count)]


def event_of(bench: Bench, ticket_id: str) -> Event:
    """The ticket's event as it stands."""
    query = select(Event).join(EventTicket, EventTicket.event_id == Event.id).where(EventTicket.ticket_id == ticket_id)
    found: Event = bench.look(lambda session: session.scalars(query).one())
    return found


def members(bench: Bench, event: Event) -> list[str]:
    """The ids of the event's tickets, the first first."""
    query = select(EventTicket.ticket_id).where(EventTicket.event_id == event.id)
    found: list[str] = bench.look(
        lambda session: list(session.scalars(query.order_by(EventTicket.opened_at, EventTicket.ticket_id)))
    )
    return found


def take_out(bench: Bench, ticket_id: str, actor: Actor = DISPATCHER) -> None:
    """It is not of its event."""
    with bench.database.write.begin() as session:
        row = session.get_one(EventTicket, ticket_id)
        events.take_out(session, bench.district, row.event, row.ticket, Things(), actor=actor, now=bench.now)


def put_back(bench: Bench, event: Event, ticket_id: str, actor: Actor = DISPATCHER) -> None:
    """Undo of it."""
    with bench.database.write.begin() as session:
        found, ticket = session.get_one(Event, event.id), session.get_one(Ticket, ticket_id)
        events.put_back(session, bench.district, found, ticket, actor=actor, now=bench.now)
