"""相似诉求: what others have reported already, as a resident who reports the same is told of it; and joining them.

He is told what is public of a matter: what it is about, where (a place of the gazetteer, nothing finer), since when,
how many reported it and how far it is. Whoever joins has a ticket of his own: his answer, callback, satisfaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from casework import dispatch, event_list, events, rules
from casework.actors import SYSTEM, Actor
from casework.desk_work import joinable
from casework.event_list import Summary
from casework.event_tables import Event, EventTicket
from casework.events import Reading
from casework.holding import hold_all
from casework.lifecycle import move_ticket, note
from casework.self_service_errors import NothingAlike
from casework.tables import Case, Ticket
from casework.telling import notify
from district.pack import District
from district.schemas import Role
from storage.database import is_id
from triage.sides import Side

LOOKED_AT = 8
"""Events, the likeliest, among which those that may be shown are looked for."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a resident is told of a matter that others reported. ``event`` is what he names to join it."""

    event: str
    reporters: int
    about: str
    place: str
    since: datetime
    state: str
    unit: str = ""
    here: bool = False
    """Whether the place is one that he named himself: of what is elsewhere he is not urged to say that it is his."""


def shown(session: Session, district: District, side: Side, reading: Reading, *, now: datetime) -> list[Matter]:
    """The matters under way that what he wrote is of: those at a place that he named before others, each the likeliest
    first; none that is nobody else's business.
    """
    rule = district.self_service.alike
    if not rule.most:
        return []
    found = [
        each for each in events.alike(session, district, side, reading, now=now) if each.reporters >= rule.reporters
    ]
    found = found[:LOOKED_AT]
    summaries = event_list.summaries(session, district, found)
    matters: list[Matter] = []
    for event in found:
        if len(matters) < rule.most and _is_public(session, district, event, summaries[event.id]):
            matters.extend(_told(session, district, event, summaries[event.id], side))
    return sorted(matters, key=lambda each: not each.here)


def _is_public(session: Session, district: District, event: Event, summary: Summary) -> bool:
    """Whether anybody may hear of it: its category or type is none of the private ones, nor told in confidence."""
    rule = district.self_service.alike
    if not summary.category or summary.category.startswith(tuple(rule.hidden)):
        return False
    secret = or_(Ticket.request_type.in_(rule.request_types), Ticket.confidential)
    query = (
        select(func.count(EventTicket.ticket_id))
        .join(Ticket, Ticket.id == EventTicket.ticket_id)
        .where(EventTicket.event_id == event.id, secret)
    )
    return not session.scalar(query)


def _told(session: Session, district: District, event: Event, summary: Summary, side: Side) -> Iterator[Matter]:
    """The matter in words; nothing of one that is answered or over, of which he would hear nothing new."""
    case = case_of(session, district, event)
    if case is None and not _waits(session, event):
        return
    lead = case.lead_unit if case is not None else ""
    state = (
        "承办单位正在办理" if case is not None and case.signed_at else "已派给承办单位" if lead else "热线中心正在派单"
    )
    yield Matter(
        event=event.id,
        reporters=event.reporters,
        about=district.taxonomy.get(summary.category).name if summary.category in district.taxonomy else "",
        place=summary.place,
        since=event.first_at,
        state=state,
        unit=district.units.name_of(lead),
        here=bool(summary.place) and (summary.place in side.places.names or summary.place in side.text),
    )


def case_of(session: Session, district: District, event: Event) -> Case | None:
    """The case of the event that a further reporter may join; the oldest where there are several."""
    query = (
        select(Case)
        .where(Case.id.in_(select(Ticket.case_id).join(EventTicket).where(EventTicket.event_id == event.id)))
        .order_by(Case.opened_at, Case.id)
    )
    return next(
        (case for case in session.scalars(query) if joinable(rules.of(session, district, case).workflow, case)), None
    )


def _waits(session: Session, event: Event) -> bool:
    """Whether one of its tickets still waits for the desk."""
    query = (
        select(Ticket.id)
        .join(EventTicket, EventTicket.ticket_id == Ticket.id)
        .where(EventTicket.event_id == event.id, Ticket.state.in_(("received", "assessed")))
    )
    return session.scalar(query.limit(1)) is not None


def join(session: Session, district: District, ticket: Ticket, event_id: str, *, now: datetime) -> None:
    """The resident says that his matter is this one: his ticket hangs on its case, or is of its event until it has one.

    Raises ``NothingAlike`` where it takes nobody any more; his ticket then goes its own way.
    """
    event = session.get(Event, event_id) if is_id(event_id) else None
    if event is None:
        raise NothingAlike
    case = case_of(session, district, event)
    if case is None and not _waits(session, event):
        raise NothingAlike
    himself = _himself(ticket)
    if case is not None and ticket.case is None:
        _hang(session, district, ticket, case, himself, now=now)
    events.put(session, district, ticket, event, by=himself, now=now)


def refuse(session: Session, ticket: Ticket, event_ids: Iterable[str], *, now: datetime) -> None:
    """The resident was shown these matters and says that his is none of them: no judging puts his ticket into one."""
    himself = _himself(ticket)
    for each in event_ids:
        event = session.get(Event, each) if is_id(each) else None
        if event is not None:
            events.refuse(session, ticket, event, by=himself, now=now)


def _himself(ticket: Ticket) -> Actor:
    return Actor(ticket.resident_id, "居民本人", Role.RESIDENT)


def _hang(session: Session, district: District, ticket: Ticket, case: Case, himself: Actor, *, now: datetime) -> None:
    hold_all(session, (case,), (ticket,))
    if not joinable(rules.of(session, district, case).workflow, case):
        raise NothingAlike
    if ticket.state == "received":
        move_ticket(session, district, ticket, "assess", actor=SYSTEM, now=now)
    ticket.category, ticket.request_type = case.category, ticket.request_type or case.request_type
    dispatch.join(session, district, ticket, case, actor=SYSTEM, now=now)
    unit = case.lead_unit
    note(session, "join_in", "居民加入已有办件", actor=himself, now=now, case=case, ticket=ticket, unit=unit)
    if unit:
        notify(session, district, "unit", "resident_added", now=now, case=case, unit=unit)
