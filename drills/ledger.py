"""What officers were told was done, against what the database holds: each act once, with its effect, and nothing else.

An act that was refused must have left nothing; one that was told as done must be there whole, and what was counted must
have been counted as often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import facts
from casework.actors import SYSTEM, Actor
from casework.event_tables import Event, EventTicket
from casework.tables import Callback, Case, Request, Step, Ticket, TicketFacts
from district.pack import District
from drills.invariants import breaches
from storage.database import Database

MARK = "drill-"
"""With this begins the name of everybody who acts in a drill; it is another for each act, and stands on its steps."""
TRANSITIONS = frozenset({"move", "ask", "decide", "callback", "merge"})
STEPPED = frozenset({"move", "ask", "decide", "merge"})
"""Kinds of acts that always leave a step of their own actor; the others may leave one of the system's only."""
OF_TIME = frozenset({"overdue", "on_time"})
"""Facts that change by themselves as time goes on."""


@dataclass(frozen=True, slots=True)
class Done:
    """One act that its actor was told is done. ``id`` is of what it gave back: step, request, callback."""

    actor: Actor
    kind: str
    name: str
    id: str
    case: str = ""
    ticket: str = ""
    request_kind: str = ""


def differences(database: Database, district: District, done: Sequence[Done], *, now: datetime) -> list[str]:
    """Everything in which the database differs from what was told, in words; and what does not hold of any case."""
    with database.read() as session:
        found = [*_of_steps(session, done), *_of_requests(session, done), *_of_counts(session, done)]
        found += [*_of_states(session), *_of_events(session)]
        for case in session.scalars(select(Case).order_by(Case.id)):
            found += breaches(session, district, case, now=now)
        return found + list(_of_facts(session, district, now=now))


def _of_steps(session: Session, done: Sequence[Done]) -> Iterator[str]:
    marked = Counter(session.scalars(select(Step.actor_name).where(Step.actor_name.startswith(MARK))))
    told = {each.actor.name for each in done}
    yield from (f"{mark} was refused and left a step" for mark in sorted(set(marked) - told))
    stepped = {each.actor.name: each for each in done if each.kind in STEPPED}
    yield from (f"{stepped[mark]} left no step" for mark in sorted(set(stepped) - set(marked)))
    kept = set(session.scalars(select(Step.id).where(Step.actor_name.startswith(MARK))))
    named = [each for each in done if each.kind in ("move", "merge")]
    yield from (f"the step of {each} is gone" for each in named if each.id not in kept)


def _of_requests(session: Session, done: Sequence[Done]) -> Iterator[str]:
    """Asked by persons as they were told; decided once each, by whoever was told so."""
    rows = {row.id: row for row in session.scalars(select(Request))}
    yield from _unequal("requests", (key for key, row in rows.items() if row.asked_by != SYSTEM.id), _ids(done, "ask"))
    for each in done:
        if each.kind != "decide":
            continue
        row = rows[each.id]
        if (row.state, row.decided_by) != (each.name, each.actor.id):
            yield f"{each} was told, the request is {row.state} by {row.decided_by}"
    decided = Counter((row.case_id, f"decide_{row.kind}") for row in rows.values() if row.decided_by)
    steps = select(Step.case_id, Step.move).where(Step.move.startswith("decide_"))
    yield from _unequal("decisions", decided.elements(), [(case, move) for case, move in session.execute(steps)])
    yield from _unequal("callbacks", session.scalars(select(Callback.id)), _ids(done, "callback"))


def _ids(done: Iterable[Done], kind: str) -> list[str]:
    return [each.id for each in done if each.kind == kind]


def _of_counts(session: Session, done: Sequence[Done]) -> Iterator[str]:
    """What is added up on the rows themselves: there one who overwrites another is seen."""
    returns = [
        each.case for each in done if (each.kind, each.name, each.request_kind) == ("decide", "approved", "return")
    ]
    yield from _unequal("returns", _repeated(session, select(Case.id, Case.returns)), returns)
    urged = [each.ticket for each in done if each.kind == "urge"]
    yield from _unequal("urgings", _repeated(session, select(Ticket.id, Ticket.urgings)), urged)
    again = select(Step.case_id).where(Step.case_id.is_not(None), Step.move.in_(("rework", "reopen")))
    yield from _unequal("reworks", _repeated(session, select(Case.id, Case.reworks)), session.scalars(again))


def _of_events(session: Session) -> Iterator[str]:
    members = Counter(session.scalars(select(EventTicket.event_id)))
    for event in session.scalars(select(Event)):
        if event.tickets != members[event.id]:
            yield f"event {event.id} counts {event.tickets} tickets, {members[event.id]} are of it"


def _repeated(session: Session, query: Any) -> Iterator[str]:
    for key, number in session.execute(query):
        yield from [key] * number


def _unequal(what: str, there: Iterable[Any], told: Iterable[Any]) -> Iterator[str]:
    found, wanted = Counter(there), Counter(told)
    if lost := wanted - found:
        yield f"{what} told and not there: {lost.most_common(5)}"
    if beyond := found - wanted:
        yield f"{what} there and not told: {beyond.most_common(5)}"


def _of_states(session: Session) -> Iterator[str]:
    """Everything stands where its last move has brought it."""
    for table, column in ((Case, Step.case_id), (Ticket, Step.ticket_id)):
        moves = select(column, Step.target).where(Step.target != "", column.is_not(None)).order_by(Step.id)
        last = dict(session.execute(moves).all())
        for key, number, state in session.execute(select(table.id, table.number, table.state)):
            if key in last and last[key] != state:
                yield f"{number} is {state}, its last move went to {last[key]}"


def _of_facts(session: Session, district: District, *, now: datetime) -> Iterator[str]:
    """The rates' rows are what they would be if they were written now, from all that is on record. Nothing is kept.

    Those of closed tickets stand as they were at the end, so little of them is compared.
    """
    names = {column.key for column in TicketFacts.__table__.columns} - OF_TIME
    with session.no_autoflush:
        for ticket in session.scalars(select(Ticket).order_by(Ticket.id)).all():
            if ticket.facts is None:
                if ticket.assessed_at is not None:
                    yield f"{ticket.number} has no facts"
                continue
            before = {name: getattr(ticket.facts, name) for name in names}
            row = facts.refresh(session, district, ticket, now=now)
            after = {name: getattr(row, name) for name in names}
            if changed := {name: (before[name], after[name]) for name in names if before[name] != after[name]}:
                yield f"facts of {ticket.number}: {changed}"
    session.rollback()
