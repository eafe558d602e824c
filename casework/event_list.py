"""Events as people look at them: which ones, what they are about, and how they grew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session, selectinload

from casework import tickets
from casework.actors import DESK, Actor
from casework.errors import NotAllowed, UnknownEvent
from casework.event_tables import Event, EventExclusion, EventTicket
from casework.reading import Reader
from casework.tables import Ticket
from district.pack import District
from district.schemas import Role
from storage.database import is_id

SEES = DESK | {Role.AUDITOR}
"""Who sees events: the desk, and who may read everything. Units are told of their cases only."""
Show = Literal["open", "over", "all"]
DAYS = 7
BARS = (6, 24)
"""A curve has at most as many bars as reports, but so many are allowed to few and no more to many."""
STEPS = tuple(timedelta(minutes=each) for each in (15, 30, 60, 180, 360, 720, 1440, 10_080))
_PLACES = frozenset({"address", "place", "organisation"})


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看群体事件", "您的角色没有这项权限")


def is_over(district: District, event: Event, *, now: datetime) -> bool:
    """Whether nobody has reported it for so long that it takes no newcomer."""
    return event.last_at < now - timedelta(hours=district.matters.event.quiet_hours)


def get(session: Session, key: str, actor: Actor) -> Event:
    """The event by id or number. Raises ``NotAllowed`` and ``UnknownEvent``."""
    check_may_see(actor)
    wanted = Event.id == key if is_id(key) else and_(Event.number == key, Event.number != "")
    found = session.scalar(select(Event).where(wanted, Event.tickets > 0))
    if found is None:
        raise UnknownEvent(key)
    return found


def of_ticket(session: Session, ticket: Ticket) -> Event | None:
    """The event that the ticket shares with others; None for one that is alone."""
    row = session.get(EventTicket, ticket.id)
    return row.event if row is not None and row.event.tickets > 1 else None


def mass_events(
    session: Session,
    district: District,
    actor: Actor,
    *,
    now: datetime,
    show: Show = "all",
    days: int = DAYS,
    after: str = "",
    limit: int = 50,
) -> tuple[Sequence[Event], str]:
    """The mass events that were reported within the last ``days``, the latest reported first, and the next cursor.

    Raises ``NotAllowed``.
    """
    check_may_see(actor)
    query = select(Event).where(Event.mass_at.is_not(None), Event.last_at >= now - timedelta(days=days))
    quiet = now - timedelta(hours=district.matters.event.quiet_hours)
    if show != "all":
        query = query.where(Event.last_at >= quiet if show == "open" else Event.last_at < quiet)
    last = session.get(Event, after) if is_id(after) else None
    if last is not None:
        later = and_(Event.last_at == last.last_at, Event.id < last.id)
        query = query.where(or_(Event.last_at < last.last_at, later))
    rows = list(session.scalars(query.order_by(Event.last_at.desc(), Event.id.desc()).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of an event: who reported from ``start`` until before ``end``."""

    start: datetime
    end: datetime
    reporters: int
    tickets: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What an event is about: the place and the category (code) most of its tickets name, each empty where none does;
    how many tickets came by each channel; and its curve.
    """

    place: str = ""
    category: str = ""
    channels: Mapping[str, int] = field(default_factory=dict)
    curve: Sequence[Bar] = ()


def summaries(session: Session, district: District, events: Sequence[Event]) -> dict[str, Summary]:
    """What these events are about, by id; in one query."""
    query = (
        select(
            EventTicket.event_id,
            Ticket.opened_at,
            Ticket.resident_id,
            Ticket.channel,
            Ticket.category,
            Ticket.community,
            Ticket.street,
            Ticket.suggestion["entities"],
        )
        .join(Ticket, Ticket.id == EventTicket.ticket_id)
        .where(EventTicket.event_id.in_([each.id for each in events]))
        .order_by(EventTicket.opened_at, EventTicket.ticket_id)
    )
    lines: dict[str, list[Any]] = {each.id: [] for each in events}
    for event, *line in session.execute(query) if events else ():
        lines[event].append(line)
    return {event: _summary(district, found) for event, found in lines.items()}


def _summary(district: District, lines: Sequence[Any]) -> Summary:
    named = Counter(name for *_, entities in lines for name in _named(entities))
    areas = Counter(community or street for *_, community, street, _ in lines)
    area = _most(areas)
    return Summary(
        place=_most(named) or district.units.name_of(area),
        category=_most(Counter(category for _, _, _, category, *_ in lines)),
        channels=dict(Counter(channel for _, _, channel, *_ in lines).most_common()),
        curve=curve(((at, who) for at, who, *_ in lines), district),
    )


def _named(entities: Iterable[Mapping[str, Any]] | None) -> set[str]:
    """The places that one ticket names, each once, by the gazetteer's names; nothing finer."""
    values = (each.get("value") or {} for each in entities or () if each.get("kind") in _PLACES)
    return {value["name"] for value in values if value.get("name")}


def _most(counted: Counter[str]) -> str:
    return max((each for each in counted if each), key=lambda each: counted[each], default="")


def curve(reports: Iterable[tuple[datetime, str]], district: District) -> list[Bar]:
    """Reports (moment, reporter) in equal stretches from the first to the last, about as many as ``BARS`` allows; the
    step is a quarter of an hour to a week, counted from midnight of the first day.
    """
    found = sorted(reports)
    if not found:
        return []
    first, last = found[0][0].astimezone(district.calendars.zone), found[-1][0]
    fewest, most = BARS
    bars_at_most = min(most, max(fewest, len(found)))
    step = next((each for each in STEPS if (last - first) / each < bars_at_most), STEPS[-1])
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
    numbers = [int((at - midnight) / step) for at, _ in found]
    bars = []
    for number in range(numbers[0], numbers[-1] + 1):
        within = [who for place, (_, who) in zip(numbers, found, strict=True) if place == number]
        start = midnight + number * step
        bars.append(Bar(start, start + step, len(set(within)), len(within)))
    return bars


@dataclass(frozen=True, slots=True)
class Part:
    """What of an event's tickets is asked for: those that came from ``start`` until before ``end``."""

    start: datetime | None = None
    end: datetime | None = None


def reports(
    session: Session,
    reader: Reader,
    event: Event,
    part: Part = Part(),
    *,
    after: str = "",
    limit: int = 100,
) -> tuple[Sequence[Ticket], str]:
    """The event's tickets in the order in which they came, and the cursor of the next ones."""
    query = _whole(reader).join(EventTicket, EventTicket.ticket_id == Ticket.id)
    query = query.where(EventTicket.event_id == event.id)
    if part.start is not None:
        query = query.where(EventTicket.opened_at >= part.start)
    if part.end is not None:
        query = query.where(EventTicket.opened_at < part.end)
    last = session.get(EventTicket, after) if is_id(after) else None
    if last is not None:
        beside = and_(EventTicket.opened_at == last.opened_at, EventTicket.ticket_id > last.ticket_id)
        query = query.where(or_(EventTicket.opened_at > last.opened_at, beside))
    rows = list(session.scalars(query.order_by(EventTicket.opened_at, EventTicket.ticket_id).limit(limit + 1)))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def taken_out(session: Session, reader: Reader, event: Event) -> Sequence[tuple[EventExclusion, Ticket]]:
    """The tickets that a person took out of the event, with his word."""
    words = {each.ticket_id: each for each in session.scalars(_out_of(event))}
    found = session.scalars(_whole(reader).where(Ticket.id.in_(words)).order_by(Ticket.opened_at, Ticket.id))
    return [(words[each.id], each) for each in found] if words else []


def _out_of(event: Event) -> Select[EventExclusion]:
    return select(EventExclusion).where(EventExclusion.event_id == event.id)


def _whole(reader: Reader) -> Select[Ticket]:
    return select(Ticket).options(selectinload(Ticket.case), *tickets.what_masking_asks(reader))
