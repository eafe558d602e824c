"""What stands behind each number of the board (看板): one set of conditions, by which it is counted and listed.

A number and the list it opens to are made of the same ``Behind``, so they cannot differ but by what has happened
between them. Tickets are narrowed by their facts, so one that nobody has judged yet is in no street and no category.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, Select, cast, extract, func, literal_column, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from casework import deadlines, rates, tickets
from casework.actors import Actor
from casework.callbacks import TO_CALL
from casework.errors import NotAllowed
from casework.reading import Reader
from casework.tables import Case, Ticket, TicketFacts
from district.pack import District
from district.schemas import Rate, Role
from storage.database import is_id

SEES = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who sees the board; a unit has the rates of its own."""
RESTING = frozenset({"answered", "suspended"})
"""States of a case in which no unit works at it."""
OF_CASES = frozenset({"open", "overdue"})
OF_TICKETS = frozenset({"in", "closed", "emergency", "to_call_back", "accepted", "accepted_closed", "rate"})
URGENT = Ticket.urgency == literal_column("'emergency'")
"""Written out, as in the index of the emergencies."""
NONE = "-"
"""Stands for "names none" where a street, a category or a unit is asked for."""
TOP = 2
"""Digits of a first-level category (一级分类)."""


@dataclass(frozen=True, slots=True)
class Behind:
    """What is asked for. ``what`` is one of ``OF_CASES`` and ``OF_TICKETS``; what is empty does not narrow.

    ``start`` and ``end`` are when a ticket came (``closed``: was closed; ``rate``: the period it belongs to); ``age``
    is the number of a stretch of ``Formulas.ageing``; ``late`` asks for cases of which a clock is over, or is not;
    ``besides`` leaves out units; ``hour`` is an hour of the day in the district.
    """

    what: str
    start: datetime | None = None
    end: datetime | None = None
    unit: str = ""
    street: str = ""
    category: str = ""
    channel: str = ""
    besides: tuple[str, ...] = ()
    hour: int | None = None
    age: int | None = None
    late: bool | None = None
    rate: Rate | None = None
    part: str = "numerator"
    with_excluded: bool = False

    @property
    def of_cases(self) -> bool:
        """Whether cases stand behind it, not tickets."""
        return self.what in OF_CASES


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed("查看看板", "由督办人员、管理员或审计人员查看")


def active_states(district: District) -> tuple[str, ...]:
    """States in which a case is being worked at (在办), the pack's own among them."""
    life = district.workflow.case
    return tuple(state for state in life.states if state not in life.final and state not in RESTING)


def hour_of(session: Session, district: District, at: InstrumentedAttribute[datetime], now: datetime) -> ColumnElement:  # type: ignore[type-arg]
    """The hour of the day in the district's zone; on SQLite by the offset that the zone has ``now``."""
    zone = district.calendars.zone
    if session.get_bind().dialect.name == "postgresql":
        return cast(extract("hour", func.timezone(zone.key, at)), Integer)
    offset = now.astimezone(zone).utcoffset() or timedelta(0)
    minutes = f"{int(offset.total_seconds()) // 60:+d} minutes"
    return cast(func.strftime("%H", at, minutes), Integer)


def age_bounds(district: District, now: datetime) -> list[datetime]:
    """Moments that part open cases by age, the youngest stretch first: opened after the first one, and so on."""
    return [now - timedelta(days=days) for days in district.formulas.ageing]


def emergency(since: datetime) -> ColumnElement[bool]:
    """突发: came since then, or is not over yet."""
    fresh = or_(Ticket.opened_at >= since, Ticket.state.in_(tickets.OPEN_TICKETS))
    return URGENT & fresh


def _named(column: InstrumentedAttribute[str], asked: str) -> list[ColumnElement[bool]]:
    return [column == ("" if asked == NONE else asked)] if asked else []


def _within(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None], asked: Behind
) -> list[ColumnElement[bool]]:
    found = [column >= asked.start] if asked.start is not None else []
    return [*found, column < asked.end] if asked.end is not None else found


def _cases(district: District, asked: Behind, now: datetime) -> list[ColumnElement[bool]]:
    where = [deadlines.overdue(now)] if asked.what == "overdue" else [Case.state.in_(active_states(district))]
    where += [*_named(Case.lead_unit, asked.unit), *_named(Case.street, asked.street)]
    if asked.category:
        where.append(Case.category == "" if asked.category == NONE else Case.category.startswith(asked.category))
    if asked.late is not None:
        late = deadlines.overdue(now)
        where.append(late if asked.late else ~late)
    if asked.age is not None:
        bounds = age_bounds(district, now)
        where += [Case.opened_at > bounds[asked.age]] if asked.age < len(bounds) else []
        where += [Case.opened_at <= bounds[asked.age - 1]] if asked.age > 0 else []
    return where


def _facts(session: Session, district: District, asked: Behind, now: datetime) -> list[ColumnElement[bool]]:
    """What narrows tickets by their facts; nothing where only a time is asked for."""
    unit = TicketFacts.first_unit if asked.rate is not None and asked.rate.counts_to == "first" else TicketFacts.unit
    where = [*_named(unit, asked.unit), *_named(TicketFacts.street, asked.street)]
    where += _named(TicketFacts.channel, asked.channel)
    if asked.category:
        where += [func.substr(TicketFacts.category, 1, len(asked.category)) == asked.category.replace(NONE, "")]
    if asked.besides:
        where.append(TicketFacts.unit.not_in(asked.besides))
    if asked.hour is not None:
        where.append(hour_of(session, district, TicketFacts.opened_at, now) == asked.hour)
    return where


def _of_rate(asked: Behind, rate: Rate) -> list[ColumnElement[bool]]:
    where = [rates.counted_in(rate, asked.part)]
    if asked.start is not None and asked.end is not None:
        where.append(rates.in_period(asked.start, asked.end))
    return where if asked.with_excluded else [*where, TicketFacts.excluded == 0]


def _tickets(
    session: Session, district: District, asked: Behind, now: datetime
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Conditions on the ticket, and on its facts."""
    of_facts = _facts(session, district, asked, now)
    if asked.what == "rate" and asked.rate is not None:
        return [], [*of_facts, *_of_rate(asked, asked.rate)]
    if asked.what in ("accepted", "accepted_closed"):
        done = [TicketFacts.accepted == 1, *([TicketFacts.closed == 1] if asked.what == "accepted_closed" else [])]
        return [], [*of_facts, *_within(TicketFacts.opened_at, asked), *done]
    if asked.what == "in":
        return (
            ([], [*_within(TicketFacts.opened_at, asked), *of_facts])
            if of_facts
            else (_within(Ticket.opened_at, asked), [])
        )
    own: dict[str, list[ColumnElement[bool]]] = {
        "closed": [Ticket.closed_at.is_not(None), *_within(Ticket.closed_at, asked)],
        "emergency": [emergency(asked.start or now)],
        "to_call_back": [TO_CALL],
    }
    return own[asked.what], of_facts


def select_tickets(
    session: Session, district: District, asked: Behind, actor: Actor, *, now: datetime
) -> Select[Ticket]:
    """The tickets behind a number, of those that the actor may see."""
    own, of_facts = _tickets(session, district, asked, now)
    query = tickets.seen_tickets(district, actor).where(*own)
    return query.join(TicketFacts, TicketFacts.ticket_id == Ticket.id).where(*of_facts) if of_facts else query


def select_cases(district: District, asked: Behind, actor: Actor, *, now: datetime) -> Select[Case]:
    """The cases behind a number, of those that the actor may see."""
    return tickets.seen_cases(district, actor).where(*_cases(district, asked, now))


def count(session: Session, district: District, asked: Behind, actor: Actor, *, now: datetime) -> int:
    """How many stand behind it."""
    if asked.of_cases:
        query = select_cases(district, asked, actor, now=now).with_only_columns(func.count(Case.id))
        return session.scalar(query) or 0
    own, of_facts = _tickets(session, district, asked, now)
    if of_facts and not own:  # the facts alone tell, and they are a tenth of what a ticket is
        return session.scalar(select(func.count()).select_from(TicketFacts).where(*of_facts)) or 0
    counted = select_tickets(session, district, asked, actor, now=now).with_only_columns(func.count(Ticket.id))
    return session.scalar(counted) or 0


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what stands behind a number: either tickets or cases, and the cursor of the next page."""

    tickets: Sequence[Ticket] = ()
    cases: Sequence[Case] = ()
    next: str = ""


def listing(
    session: Session,
    district: District,
    asked: Behind,
    actor: Actor,
    *,
    now: datetime,
    after: str = "",
    limit: int = 50,
) -> Found:
    """One page, the newest first. Raises ``NotAllowed``."""
    check_may_see(actor)
    reader = Reader(district, actor)
    if asked.of_cases:
        query = select_cases(district, asked, actor, now=now)
        query = query.where(Case.id < after) if is_id(after) else query
        shown = (selectinload(Case.clocks), selectinload(Case.tickets).selectinload(Ticket.resident))
        cases = list(session.scalars(query.options(*shown).order_by(Case.id.desc()).limit(limit + 1)))
        return Found(cases=cases[:limit], next=cases[limit - 1].id if len(cases) > limit else "")
    chosen = select_tickets(session, district, asked, actor, now=now)
    chosen = chosen.where(Ticket.id < after) if is_id(after) else chosen
    chosen = chosen.options(*tickets.what_masking_asks(reader)).order_by(Ticket.id.desc()).limit(limit + 1)
    rows = list(session.scalars(chosen))
    return Found(tickets=rows[:limit], next=rows[limit - 1].id if len(rows) > limit else "")
