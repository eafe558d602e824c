"""Events (事件) of the desk: which tickets report one thing that happened, and which events are mass events (群体事件).

A ticket is put into an event in the transaction that files it, and stays there: it is counted once, whatever is written
to it later. One that is alone in its event is looked at again when its text was. A person's word goes before: who is
taken out, or said himself that his matter is another, is not put in; and a merged ticket is of its case's event. An
event that nobody reported for the pack's ``quiet_hours`` takes no newcomer.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Executable, Select, bindparam, delete, func, literal, select, text, update
from sqlalchemy.orm import Session, aliased

from casework import recording
from casework.actors import DESK, SYSTEM, Actor
from casework.errors import AloneInEvent, MergedInEvent, NotAllowed, NotOfEvent, NotTakenOut
from casework.event_tables import Event, EventExclusion, EventKey, EventTicket
from casework.tables import Case, Ticket
from casework.telling import notify
from district.pack import District
from storage import change_log
from storage.database import new_id
from storage.numbers import short_number
from storage.statements import ByDialect, table_of
from triage import events as grouping
from triage.duplicates import Comparer
from triage.sides import COMPARED, Side

NOBODY = "00000000-0000-0000-0000-000000000000"
"""The id of no ticket."""
FORGOTTEN = 200
"""Events that are over, at most so many, lose their keys with one filing."""


class Reading(Protocol):
    """What triage lends: texts read for comparing, and what compares them (``triage.assess.Engine``)."""

    comparer: Comparer

    def side(self, title: str, text: str, at: datetime) -> Side:
        """The side of a ticket."""


def gather(session: Session, district: District, tickets: Iterable[Ticket], reading: Reading, *, now: datetime) -> None:
    """Put tickets that were just judged into their events, in the order in which they came.

    Safe to run twice: nobody is counted twice. The last thing a transaction does: on PostgreSQL those who gather take
    turns until they commit.
    """
    waiting = [each for each in tickets if each.assessed_at is not None]
    if not waiting:
        return
    session.flush()
    take_turns(session)
    _forget(session, district, now=now)
    for ticket in sorted(waiting, key=lambda each: (each.opened_at, each.id)):
        _place(session, district, ticket, reading, now=now)


def take_turns(session: Session) -> None:
    """Whoever changes what is of one event takes turns until the commit; SQLite's writers do anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


_LOCK = int.from_bytes(hashlib.sha256(b"yingsheng:events").digest()[:8], "big", signed=True)


def _place(session: Session, district: District, ticket: Ticket, reading: Reading, *, now: datetime) -> None:
    row = session.get(EventTicket, ticket.id)
    if row is not None and row.event.tickets > 1:
        return
    side = reading.side(ticket.title, ticket.text, ticket.opened_at)
    keys = _keys(side)
    nearest = _nearest(session, district, ticket.opened_at, keys, besides=ticket.id)
    members = _members(session, nearest, reading, besides=ticket.id)
    chosen = grouping.joined(reading.comparer, side, members.items())
    before = row.event if row is not None else None
    event = session.get_one(Event, chosen) if chosen else before or _begin(session, ticket)
    if row is None or row.event is not event:
        _move(session, district, ticket, event, by=SYSTEM, now=now)
    _key(session, event, keys)


def _keys(side: Side) -> list[int]:
    """The keys of a text as numbers."""
    digests = (hashlib.blake2b(key.encode(), digest_size=8).digest() for key in sorted(grouping.keys(side)))
    return [int.from_bytes(each, "big", signed=True) for each in digests]


def _key(session: Session, event: Event, keys: Sequence[int]) -> None:
    if keys:
        session.execute(_REMEMBER.of(session), [{"key": key, "event_id": event.id} for key in keys])


def _remember(dialect: Any) -> Executable:
    return dialect.insert(table_of(EventKey)).on_conflict_do_nothing()  # type: ignore[no-any-return]


_REMEMBER = ByDialect(_remember)


def _nearest(
    session: Session, district: District, at: datetime, keys: Sequence[int], *, besides: str | None = None
) -> list[str]:
    """The events that were under way at that moment and share most keys with it, without those that the ticket
    ``besides`` was taken out of.
    """
    quiet = timedelta(hours=district.matters.event.quiet_hours)
    shared = func.count(EventKey.key)
    excluded = select(EventExclusion.event_id).where(EventExclusion.ticket_id == besides)
    query = (
        select(EventKey.event_id)
        .join(Event, Event.id == EventKey.event_id)
        .where(
            EventKey.key.in_(keys),
            Event.last_at >= at - quiet,
            Event.first_at <= at + quiet,
            Event.tickets > 0,
        )
        .group_by(EventKey.event_id, Event.last_at)
        .order_by(shared.desc(), Event.last_at.desc(), EventKey.event_id)
        .limit(grouping.CONSIDERED)
    )
    if besides is not None:
        query = query.where(EventKey.event_id.not_in(excluded))
    return list(session.scalars(query)) if keys else []


def alike(session: Session, district: District, side: Side, reading: Reading, *, now: datetime) -> list[Event]:
    """The events under way that what is written now would be of, the likeliest first: who writes it is asked."""
    nearest = _nearest(session, district, now, _keys(side))
    members = _members(session, nearest, reading)
    strong = {event: grouping.strength(reading.comparer, side, sides) for event, sides in members.items()}
    found = [event for event, each in strong.items() if each >= grouping.enough(len(members[event]))]
    return [session.get_one(Event, event) for event in sorted(found, key=lambda each: -strong[each])]


def put(session: Session, district: District, ticket: Ticket, event: Event, *, by: Actor, now: datetime) -> None:
    """Somebody says that the ticket is of this event: it is, whatever it was of before."""
    take_turns(session)
    session.refresh(event)
    row = session.get(EventTicket, ticket.id, populate_existing=True)
    if row is None or row.event_id != event.id:
        _move(session, district, ticket, event, by=by, now=now)


def refuse(session: Session, ticket: Ticket, event: Event, *, by: Actor, now: datetime) -> None:
    """Its resident says that the ticket is not of this event: only a person's word puts it in, no judging does."""
    if session.get(EventExclusion, (event.id, ticket.id)) is None:
        session.add(EventExclusion(event_id=event.id, ticket_id=ticket.id, by=by.id, by_name=by.name, at=now))
        record(session, event, "event_refused", by, now=now, details={"ticket": ticket.id})


def _members(
    session: Session, events: Sequence[str], reading: Reading, *, besides: str = NOBODY
) -> dict[str, list[Side]]:
    """The latest members of each event, read."""
    found: dict[str, list[Side]] = defaultdict(list)
    rows = session.execute(_LATEST, {"of": list(events), "besides": besides}) if events else ()
    for event, title, words, at in rows:
        if len(found[event]) < grouping.COMPARED:  # more of them where several came at one moment
            found[event].append(reading.side(title, words, at))
    return {event: found[event] for event in events if event in found}


_other = aliased(EventTicket)
_LATEST = (
    select(EventTicket.event_id, Ticket.title, func.substr(Ticket.text, 1, COMPARED), Ticket.opened_at)
    .join(Ticket, Ticket.id == EventTicket.ticket_id)
    .where(
        EventTicket.event_id.in_(bindparam("of", expanding=True)),
        EventTicket.ticket_id != bindparam("besides"),
        EventTicket.opened_at
        >= func.coalesce(
            select(_other.opened_at)
            .where(_other.event_id == EventTicket.event_id)
            .order_by(_other.opened_at.desc())
            .limit(1)
            .offset(grouping.COMPARED)
            .scalar_subquery(),
            literal(datetime(1970, 1, 1, tzinfo=UTC), EventTicket.opened_at.type),
        ),
    )
    .order_by(EventTicket.opened_at.desc(), EventTicket.ticket_id.desc())
)
"""A row for each of the latest members: an index finds them, however many an event has."""


def _begin(session: Session, ticket: Ticket) -> Event:
    event = Event(id=new_id(), first_at=ticket.opened_at, last_at=ticket.opened_at, number="", tickets=0, reporters=0)
    session.add(event)
    session.flush()
    return event


def _move(session: Session, district: District, ticket: Ticket, event: Event, *, by: Actor, now: datetime) -> None:
    """From the event it was in, if any, to this one; both are counted anew."""
    row = session.get(EventTicket, ticket.id)
    before = row.event if row is not None else None
    if before is not None and before.tickets == 1:  # what leads to it leads to where it goes
        _key(session, event, list(session.scalars(select(EventKey.key).where(EventKey.event_id == before.id))))
    if row is None:
        row = EventTicket(ticket_id=ticket.id, opened_at=ticket.opened_at)
        session.add(row)
    row.event_id, row.event, row.by = event.id, event, by.id
    session.flush()
    session.refresh(event)  # whoever had his turn before has counted meanwhile
    if before is not None:
        _count(session, district, before, now=now)
    _join(session, district, event, ticket, now=now)


def _join(session: Session, district: District, event: Event, newcomer: Ticket, *, now: datetime) -> None:
    """Count the newcomer; tell the desk, once, when the event has become a mass event by him."""
    another = (
        select(EventTicket.ticket_id)
        .join(Ticket, Ticket.id == EventTicket.ticket_id)
        .where(
            Ticket.resident_id == newcomer.resident_id,
            EventTicket.event_id == event.id,
            EventTicket.ticket_id != newcomer.id,
        )
    )
    event.tickets += 1
    event.reporters += session.scalar(another.limit(1)) is None
    event.first_at, event.last_at = min(event.first_at, newcomer.opened_at), max(event.last_at, newcomer.opened_at)
    if event.mass_at is None:  # who joins takes nothing from a mass event
        event.mass_at = _crowded(session, district, event)
    if event.tickets > 1:
        change_log.record(session, "events", event.id, "joined", now=now, payload={"reporters": event.reporters})
    if event.mass_at is not None and event.told_at is None:
        _tell(session, district, event, newcomer, now=now)


def recount(session: Session, district: District, ticket_ids: Collection[str], *, now: datetime) -> None:
    """Count the reporters anew of the events that these tickets are of: they are another's than before."""
    for start in range(0, len(ticket_ids), 500):
        some = list(ticket_ids)[start : start + 500]
        of_these = select(EventTicket.event_id).where(EventTicket.ticket_id.in_(some))
        for event in session.scalars(select(Event).where(Event.id.in_(of_these)).order_by(Event.id)):
            _count(session, district, event, now=now)


def _count(session: Session, district: District, event: Event, *, now: datetime) -> None:
    """Count an event anew that somebody left."""
    counts = _of(
        event,
        func.count(),
        func.count(Ticket.resident_id.distinct()),
        func.min(EventTicket.opened_at),
        func.max(EventTicket.opened_at),
    )
    event.tickets, event.reporters, first, last = session.execute(counts).one()
    if not event.tickets:
        event.mass_at = None
        _drop_keys(session, [event.id])
        return
    event.first_at, event.last_at = first, last
    event.mass_at = _crowded(session, district, event)
    change_log.record(session, "events", event.id, "left", now=now, payload={"reporters": event.reporters})


def _crowded(session: Session, district: District, event: Event) -> datetime | None:
    """When it became a mass event, by what is of it now."""
    rule = district.matters.event
    if event.reporters < rule.reporters:
        return None
    found = session.execute(_of(event, EventTicket.opened_at, Ticket.resident_id)).all()
    within = timedelta(hours=rule.hours)
    return grouping.crowded(((at, who) for at, who in found), reporters=rule.reporters, within=within)


def _of(event: Event, *columns: Any) -> Select[Any]:
    """These columns of the event's tickets."""
    query = select(*columns).select_from(EventTicket).join(Ticket, Ticket.id == EventTicket.ticket_id)
    return query.where(EventTicket.event_id == event.id)


def _tell(session: Session, district: District, event: Event, newcomer: Ticket, *, now: datetime) -> None:
    day = event.first_at.astimezone(district.calendars.zone).date()
    event.number, event.told_at = short_number(session, "E", day), now
    record(session, event, "mass_event", SYSTEM, now=now, details={"reporters": event.reporters})
    fields = {"count": str(event.reporters)}
    notify(session, district, "desk", "mass_event", now=now, ticket=newcomer, fields=fields)


def record(session: Session, event: Event, act: str, actor: Actor, *, now: datetime, details: dict[str, Any]) -> None:
    """An act on an event, for the audit and for who follows."""
    recording.record(session, actor, act, "event", event.id, now=now, topic="events", details=details)


def _forget(session: Session, district: District, *, now: datetime) -> None:
    """Events long over take no newcomer: their keys only stand in the way."""
    long_over = now - 2 * timedelta(hours=district.matters.event.quiet_hours)
    query = select(Event.id).where(Event.keyed, Event.last_at < long_over).limit(FORGOTTEN)
    if over := list(session.scalars(query)):
        _drop_keys(session, over)


def _drop_keys(session: Session, events: Sequence[str]) -> None:
    session.execute(delete(EventKey).where(EventKey.event_id.in_(events)))
    session.execute(update(Event).where(Event.id.in_(events)).values(keyed=False))


def take_out(
    session: Session,
    district: District,
    event: Event,
    ticket: Ticket,
    reading: Reading | None,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """It is not of this event (不是同一事件): it leaves it for one of its own, and is not put in again.

    Raises ``NotAllowed``, ``NotOfEvent``, ``AloneInEvent``; and ``MergedInEvent`` where it is on one case with others
    of the event: a person said that they are one matter. Without ``reading`` nothing later joins it.
    """
    if actor.role not in DESK:
        raise NotAllowed("移出事件", "您的角色没有这项权限")
    take_turns(session)
    row = session.get(EventTicket, ticket.id, populate_existing=True)
    if row is None or row.event_id != event.id:
        raise NotOfEvent(ticket.number)
    if event.tickets == 1:
        raise AloneInEvent(ticket.number)
    if ticket.case_id is not None and _others_of(session, event, ticket.case_id, ticket.id):
        raise MergedInEvent(ticket.number)
    session.add(EventExclusion(event_id=event.id, ticket_id=ticket.id, by=actor.id, by_name=actor.name, at=now))
    own = _begin(session, ticket)
    _move(session, district, ticket, own, by=actor, now=now)
    if reading is not None:
        _key(session, own, _keys(reading.side(ticket.title, ticket.text, ticket.opened_at)))
    record(session, event, "event_take_out", actor, now=now, details={"ticket": ticket.id})


def _others_of(session: Session, event: Event, case_id: str, ticket_id: str) -> int:
    query = (
        select(func.count(EventTicket.ticket_id))
        .join(Ticket, Ticket.id == EventTicket.ticket_id)
        .where(EventTicket.event_id == event.id, Ticket.case_id == case_id, Ticket.id != ticket_id)
    )
    return session.scalar(query) or 0


def put_back(
    session: Session, district: District, event: Event, ticket: Ticket, *, actor: Actor, now: datetime
) -> None:
    """Undo of ``take_out``. Raises ``NotAllowed`` and ``NotTakenOut``."""
    if actor.role not in DESK:
        raise NotAllowed("放回事件", "您的角色没有这项权限")
    take_turns(session)
    excluded = session.get(EventExclusion, (event.id, ticket.id), populate_existing=True)
    if excluded is None:
        raise NotTakenOut(ticket.number)
    session.delete(excluded)
    _move(session, district, ticket, event, by=actor, now=now)
    record(session, event, "event_put_back", actor, now=now, details={"ticket": ticket.id})


def follow_case(
    session: Session, district: District, ticket: Ticket, case: Case, *, actor: Actor, now: datetime
) -> None:
    """The ticket was merged into a case: it is of the event of the others there, whatever was said before."""
    beside = (
        select(EventTicket)
        .join(Ticket, Ticket.id == EventTicket.ticket_id)
        .where(Ticket.case_id == case.id, Ticket.id != ticket.id)
        .order_by(EventTicket.opened_at, EventTicket.ticket_id)
        .limit(1)
    )
    session.flush()
    found, row = session.scalar(beside), session.get(EventTicket, ticket.id)
    if found is None or (row is not None and row.event_id == found.event_id):
        return
    take_turns(session)
    of_it = EventExclusion.event_id == found.event_id, EventExclusion.ticket_id == ticket.id
    session.execute(delete(EventExclusion).where(*of_it))
    _move(session, district, ticket, session.get_one(Event, found.event_id), by=actor, now=now)
