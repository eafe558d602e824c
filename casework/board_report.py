"""The morning report (晨报): one assessment day, as it stood at its end.

Rates are those of the assessment period up to that end; ranks are compared with those a day before. What was late is
told by the clocks: due before the day's end, and not stopped by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, and_, func, select, union_all
from sqlalchemy.orm import Session, selectinload

from casework import deadlines, event_list, rates, returns
from casework.actors import SYSTEM, Actor
from casework.board_behind import URGENT
from casework.event_list import Summary
from casework.event_tables import Event
from casework.rates import RateTable
from casework.returns import RETURN, UnitFigures
from casework.tables import Case, Clock, Request, Ticket
from district import formulas
from district.pack import District
from district.schemas import Role

LISTED = 50
"""Cases and tickets listed of a part; the number beside says how many there are."""
READER = Actor(SYSTEM.id, SYSTEM.name, Role.SUPERVISOR)
"""In whose place returns are counted."""


@dataclass(frozen=True, slots=True)
class Late:
    """A case, and its clock that was over for the longest."""

    case: Case
    clock: Clock


@dataclass(frozen=True, slots=True)
class Report:
    """``numbers`` and ``before`` (the day before) have the same keys; ``of_day`` are the rates of the day alone,
    ``so_far`` those of the period up to its end, ``day_before`` those up to its start.
    """

    day: date
    start: datetime
    end: datetime
    period_start: datetime
    numbers: Mapping[str, int]
    before: Mapping[str, int]
    of_day: RateTable
    so_far: RateTable
    day_before: RateTable
    late: Sequence[Late]
    emergencies: Sequence[Ticket]
    events: Sequence[tuple[Event, Summary]]
    returns: Sequence[UnitFigures]


def last_whole_day(district: District, now: datetime) -> date:
    """The last assessment day that is over."""
    return formulas.assessment_day(now, district.formulas, district.calendars.zone) - timedelta(days=1)


def report(session: Session, district: District, day: date) -> Report:
    """The report on an assessment day."""
    rules, zone = district.formulas, district.calendars.zone
    start, end = formulas.day_span(day, rules, zone)
    earlier, _ = formulas.day_span(day - timedelta(days=1), rules, zone)
    begun, _ = formulas.period(start, rules, zone)

    def table(since: datetime, until: datetime) -> RateTable:
        return rates.compute(session, district, start=since, end=until, by="unit")

    return Report(
        day,
        start,
        end,
        begun,
        _numbers(session, start, end),
        _numbers(session, earlier, start),
        table(start, end),
        table(begun, end),
        table(begun, start),
        _late(session, end),
        _emergencies(session, start, end),
        _events(session, district, start, end),
        returns.figures(session, READER, start=start, end=end, units=frozenset()).units,
    )


def _numbers(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    came = and_(Ticket.opened_at >= start, Ticket.opened_at < end)
    mass = select(func.count(Event.id)).where(Event.mass_at >= start, Event.mass_at < end)
    asked = select(func.count(Request.id)).where(
        Request.kind == RETURN, Request.asked_at >= start, Request.asked_at < end
    )
    queries = {
        "in": select(func.count(Ticket.id)).where(came),
        "closed": select(func.count(Ticket.id)).where(Ticket.closed_at >= start, Ticket.closed_at < end),
        "late": select(func.count(func.distinct(_clocks_over(end).subquery().c.case_id))),
        "emergency": select(func.count(Ticket.id)).where(came, URGENT),
        "mass": mass,
        "returned": asked,
    }
    return {name: session.scalar(query) or 0 for name, query in queries.items()}


def _clocks_over(at: datetime) -> Select[str, datetime]:
    """Clocks that were over at that moment, as (id of the case, moment due); one that stands still now is left out."""
    running = select(Clock.case_id, Clock.due_at).where(deadlines.over(at), Clock.started_at < at)
    stopped = select(Clock.case_id, Clock.due_at).where(
        Clock.stopped_at > Clock.due_at, Clock.stopped_at >= at, Clock.due_at < at, Clock.started_at < at
    )
    both = union_all(running, stopped.where(Clock.state == "stopped")).subquery()
    return select(both.c.case_id, both.c.due_at)


def _late(session: Session, at: datetime) -> list[Late]:
    over = _clocks_over(at).subquery()
    due = func.min(over.c.due_at)
    oldest = select(over.c.case_id, due.label("due_at")).group_by(over.c.case_id).order_by(due).limit(LISTED).subquery()
    query = (
        select(Case, Clock)
        .join(oldest, oldest.c.case_id == Case.id)
        .join(Clock, and_(Clock.case_id == Case.id, Clock.due_at == oldest.c.due_at))
        .options(selectinload(Case.tickets).selectinload(Ticket.resident))
        .order_by(Clock.due_at, Case.id, Clock.id)
    )
    found: dict[str, Late] = {}
    for case, clock in session.execute(query):
        found.setdefault(case.id, Late(case, clock))
    return list(found.values())


def _emergencies(session: Session, start: datetime, end: datetime) -> list[Ticket]:
    query = (
        select(Ticket)
        .where(Ticket.opened_at >= start, Ticket.opened_at < end, URGENT)
        .options(
            selectinload(Ticket.case).selectinload(Case.tickets).selectinload(Ticket.resident),
            selectinload(Ticket.resident),
        )
        .order_by(Ticket.opened_at, Ticket.id)
        .limit(LISTED)
    )
    return list(session.scalars(query))


def _events(session: Session, district: District, start: datetime, end: datetime) -> list[tuple[Event, Summary]]:
    query = select(Event).where(Event.mass_at < end, Event.last_at >= start).order_by(Event.last_at.desc(), Event.id)
    found = list(session.scalars(query.limit(LISTED)))
    about = event_list.summaries(session, district, found)
    return [(each, about[each.id]) for each in found]
