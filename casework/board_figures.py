"""The figures of the board (看板): what is now, and what a period shows. Counts only; no word of any resident.

``now_figures`` reads what is open and what came today, by indices; ``period_figures`` reads one period of
``ticket_facts``, and the pooled rates of the periods before it in one pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, func, select
from sqlalchemy import case as sql_case
from sqlalchemy.orm import InstrumentedAttribute, Session

from casework import board_behind, deadlines, rates
from casework.actors import SYSTEM
from casework.board_behind import TOP, Behind
from casework.rates import RateRow, RateTable
from casework.tables import Case, Ticket, TicketFacts
from district import formulas
from district.pack import District

GROUPINGS = ("unit", "street", "top_category")
PERIODS = 12
"""Periods of the course of the rates, the chosen one the last."""
WEEKS = 12
EMERGENCIES = 8


@dataclass(frozen=True, slots=True)
class Open:
    """Cases in work, and those of them of which a clock is over."""

    cases: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Now:
    """What is open at this moment, and what came and went in the present assessment day, which began at ``start``.

    ``numbers`` are by what opens them (``board_behind``); ``ageing`` has one more stretch than ``Formulas.ageing`` has
    days, the youngest first; ``emergencies`` are ids of tickets, the newest first.
    """

    day: date
    start: datetime
    numbers: Mapping[str, int]
    ageing: Sequence[Open]
    streets: Mapping[str, Open]
    emergencies: Sequence[str]


@dataclass(frozen=True, slots=True)
class Flow:
    """One stretch of days: who came, what was closed in it, and of those who came what was accepted and is closed."""

    first: date
    last: date
    received: int
    closed: int
    accepted: int
    accepted_closed: int


@dataclass(frozen=True, slots=True)
class Period:
    """One period. ``tables`` and ``last`` (the period before) are by grouping, ``course`` by each period's month.

    ``hours`` counts who came by (street, hour of the day), ``flows`` by (channel, first-level category, unit).
    """

    start: datetime
    end: datetime
    tables: Mapping[str, RateTable]
    last: Mapping[str, RateTable]
    course: Sequence[tuple[tuple[int, int], RateRow]]
    days: Sequence[Flow]
    weeks: Sequence[Flow]
    hours: Mapping[tuple[str, int], int]
    flows: Mapping[tuple[str, str, str], int]


def now_figures(session: Session, district: District, *, now: datetime) -> Now:
    """What is open now, and the numbers of the present assessment day."""
    day, start, _ = _present(district, now)
    urgent = select(Ticket.id).where(board_behind.emergency(start)).order_by(Ticket.id.desc()).limit(EMERGENCIES)
    ageing, streets = _open(session, district, now)
    numbers = today(session, district, now=now)
    return Now(day, start, numbers, ageing, streets, list(session.scalars(urgent)))


def today(session: Session, district: District, *, now: datetime) -> dict[str, int]:
    """The six numbers of the present assessment day, by what opens them (``board_behind``)."""
    _, start, end = _present(district, now)
    asked = (
        Behind("in", start, end),
        Behind("closed", start, end),
        Behind("open"),
        Behind("overdue"),
        Behind("emergency", start),
        Behind("to_call_back"),
    )
    return {each.what: board_behind.count(session, district, each, SYSTEM, now=now) for each in asked}


def _present(district: District, now: datetime) -> tuple[date, datetime, datetime]:
    """The present assessment day, with its start and end."""
    zone = district.calendars.zone
    day = formulas.assessment_day(now, district.formulas, zone)
    return day, *formulas.day_span(day, district.formulas, zone)


def _open(session: Session, district: District, now: datetime) -> tuple[list[Open], dict[str, Open]]:
    """The cases in work by age, and by street."""
    bounds = board_behind.age_bounds(district, now)
    stretch = sql_case(*((Case.opened_at > each, place) for place, each in enumerate(bounds)), else_=len(bounds))
    late = func.sum(sql_case((deadlines.overdue(now), 1), else_=0))
    query = (
        select(stretch, Case.street, func.count(), late)
        .where(Case.state.in_(board_behind.active_states(district)))
        .group_by(stretch, Case.street)
    )
    ages: Counter[int] = Counter()
    late_ages: Counter[int] = Counter()
    streets: Counter[str] = Counter()
    late_streets: Counter[str] = Counter()
    for place, street, cases, over in session.execute(query):
        ages[place] += cases
        late_ages[place] += over
        streets[street] += cases
        late_streets[street] += over
    ageing = [Open(ages[place], late_ages[place]) for place in range(len(bounds) + 1)]
    return ageing, {street: Open(cases, late_streets[street]) for street, cases in streets.items()}


def period_figures(
    session: Session, district: District, month: tuple[int, int], *, now: datetime, with_excluded: bool = False
) -> Period:
    """The figures of the assessment period called by this year and month."""
    rules, zone = district.formulas, district.calendars.zone
    months = [_month_before(month, back) for back in range(PERIODS - 1, -1, -1)]
    spans = [formulas.month_period(*each, rules, zone) for each in months]
    (last_start, last_end), (start, end) = spans[-2:]

    def table(by: str, begin: datetime, until: datetime) -> RateTable:
        return rates.compute(session, district, start=begin, end=until, by=by, with_excluded=with_excluded)

    starts = [*(each for each, _ in spans), end]
    course = rates.course(session, district, starts, with_excluded=with_excluded)
    until = formulas.assessment_day(min(end - timedelta(seconds=1), max(now, start)), rules, zone)
    first = formulas.assessment_day(start, rules, zone)
    days = [first + timedelta(days=each) for each in range((until - first).days + 2)]
    weeks = [until + timedelta(days=1 - 7 * back) for back in range(WEEKS, -1, -1)]
    return Period(
        start,
        end,
        {by: table(by, start, end) for by in GROUPINGS},
        {by: table(by, last_start, last_end) for by in GROUPINGS},
        list(zip(months, course, strict=True)),
        flows(session, district, days),
        flows(session, district, weeks),
        _hours(session, district, start, end, now),
        _channels_to_units(session, start, end),
    )


def _month_before(month: tuple[int, int], back: int) -> tuple[int, int]:
    months = month[0] * 12 + month[1] - 1 - back
    return months // 12, months % 12 + 1


def flows(session: Session, district: District, days: Sequence[date]) -> list[Flow]:
    """What came and was closed in stretches of assessment days that follow one another; the last day ends them."""
    zone = district.calendars.zone
    starts = [formulas.day_span(day, district.formulas, zone)[0] for day in days]
    came = _stretches(starts, TicketFacts.opened_at)
    facts = select(
        came, func.count(), func.sum(TicketFacts.accepted), func.sum(TicketFacts.accepted * TicketFacts.closed)
    )
    facts = facts.where(TicketFacts.opened_at >= starts[0], TicketFacts.opened_at < starts[-1]).group_by(came)
    judged = {row[0]: row[1:] for row in session.execute(facts)}
    received = _counted(session, starts, Ticket.opened_at)
    closed = _counted(session, starts, Ticket.closed_at)
    return [
        Flow(
            first,
            following - timedelta(days=1),
            received[place],
            closed[place],
            *(judged[place][1:] if place in judged else (0, 0)),
        )
        for place, (first, following) in enumerate(pairwise(days))
    ]


def _counted(
    session: Session,
    starts: Sequence[datetime],
    at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
) -> Counter[int]:
    place = _stretches(starts, at)
    query = select(place, func.count()).select_from(Ticket).where(at >= starts[0], at < starts[-1]).group_by(place)
    return Counter({row[0]: row[1] for row in session.execute(query)})


def _stretches(
    starts: Sequence[datetime], at: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None]
) -> ColumnElement[int]:
    """The number of the stretch that a moment lies in, of those that begin at ``starts``; the last is an end."""
    return sql_case(*((at < each, place) for place, each in enumerate(starts[1:])))


def _hours(
    session: Session, district: District, start: datetime, end: datetime, now: datetime
) -> dict[tuple[str, int], int]:
    hour = board_behind.hour_of(session, district, TicketFacts.opened_at, now)
    query = (
        select(TicketFacts.street, hour, func.count())
        .where(TicketFacts.opened_at >= start, TicketFacts.opened_at < end)
        .group_by(TicketFacts.street, hour)
    )
    return {(street, int(at)): count for street, at, count in session.execute(query)}


def _channels_to_units(session: Session, start: datetime, end: datetime) -> dict[tuple[str, str, str], int]:
    top = func.substr(TicketFacts.category, 1, TOP)
    query = (
        select(TicketFacts.channel, top, TicketFacts.unit, func.count())
        .where(TicketFacts.opened_at >= start, TicketFacts.opened_at < end)
        .group_by(TicketFacts.channel, top, TicketFacts.unit)
    )
    return {(channel, category, unit): count for channel, category, unit, count in session.execute(query)}
