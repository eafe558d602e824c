"""Returns (退单) and dispatches by whom: what came back, what was refused, what it cost.

An approved return says that the dispatch was wrong (派错) and counts to whoever made it; a refused one says that the
unit should have kept the case (无理退单) and counts to the unit. A case taken from one unit and given to another by the
desk's own word (改派) counts to the desk as the approved return does. The time lost (退单耗时) runs from a dispatch
that was taken back to the next one; it is told in wall time and in the office calendar's open time, and is nobody's
deadline: the clocks of the next unit start anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from casework.actors import UNIT_ROLES, Actor
from casework.errors import BadPeriod, NotAllowed
from casework.tables import Case, Request, Step
from district.calendar import Calendars
from district.schemas import Role

HANDED = frozenset({"dispatch", "override", "arbitrate", "transfer"})
"""Moves that hand a case to a unit."""
TAKEN = frozenset({"take_back", "transfer"})
"""Moves that take it from a unit: what was between the dispatch and the next one is lost."""
MAY_SEE = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
"""Who sees whose dispatches came back; a unit sees its own returns."""
PUSHED = "push_down"
RETURN = "return"


@dataclass(frozen=True, slots=True)
class Loss:
    """One stay at a unit that did not keep the case: from its dispatch to the next, None while there is none."""

    unit: str
    start: datetime
    end: datetime | None
    wall: timedelta
    office: timedelta


@dataclass(frozen=True, slots=True)
class UnitFigures:
    """Returns that one unit asked for in a period."""

    unit: str
    asked: int
    approved: int
    wrongful: int
    pending: int


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """Dispatches that one member of the desk (or the system) made in a period, and what became of them."""

    by: str
    name: str
    dispatched: int
    wrong: int
    transferred: int
    pushed_down: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Both sides of a period's returns."""

    units: Sequence[UnitFigures]
    desk: Sequence[DeskFigures]


def figures(session: Session, actor: Actor, *, start: datetime, end: datetime, units: frozenset[str]) -> Figures:
    """Returns asked, and dispatches made, from ``start`` to before ``end``; wrong dispatches by their decision's day.

    A unit sees its own returns (of ``units``) and nothing of the desk. Raises ``NotAllowed`` and ``BadPeriod``.
    """
    if actor.role not in MAY_SEE | UNIT_ROLES:
        raise NotAllowed("查看退单统计", "由派单、督办、管理和承办单位人员查看")
    if end < start:
        raise BadPeriod(start.isoformat(), end.isoformat())
    found = _of_units(session, start, end)
    if actor.role in UNIT_ROLES:
        return Figures([row for row in found if row.unit in units], ())
    return Figures(found, _of_desk(session, start, end))


def _of_units(session: Session, start: datetime, end: datetime) -> list[UnitFigures]:
    query = (
        select(Request.asked_by_unit, Request.state, func.count())
        .where(Request.kind == RETURN, Request.asked_at >= start, Request.asked_at < end)
        .group_by(Request.asked_by_unit, Request.state)
    )
    counted: dict[str, Counter[str]] = {}
    for unit, state, number in session.execute(query):
        counted.setdefault(unit, Counter())[state] += number
    rows = [
        UnitFigures(unit, sum(each.values()), each["approved"], each["refused"], each["pending"])
        for unit, each in counted.items()
    ]
    return sorted(rows, key=lambda row: (-row.wrongful, -row.asked, row.unit))


def _of_desk(session: Session, start: datetime, end: datetime) -> list[DeskFigures]:
    moves = (
        select(Step.actor, func.max(Step.actor_name), Step.move, func.count())
        .where(Step.move.in_(HANDED | {PUSHED}), Step.case_id.is_not(None), Step.at >= start, Step.at < end)
        .group_by(Step.actor, Step.move)
    )
    names: dict[str, str] = {}
    counted: dict[str, Counter[str]] = {}
    for actor, name, move, number in session.execute(moves):
        names[actor] = name
        counted.setdefault(actor, Counter())[move] += number
    wrong = Counter({row.dispatched_by: row.times for row in session.execute(_wrong(start, end))})
    rows = [
        DeskFigures(
            by,
            names.get(by, by),
            sum(counted.get(by, Counter())[move] for move in HANDED),
            wrong[by],
            counted.get(by, Counter())["transfer"],
            counted.get(by, Counter())[PUSHED],
        )
        for by in counted.keys() | wrong.keys()
    ]
    return sorted(rows, key=lambda row: (-row.wrong, -row.dispatched, row.by))


def _wrong(start: datetime, end: datetime) -> Select[str, int]:
    return (
        select(Request.dispatched_by, func.count().label("times"))
        .where(Request.kind == RETURN, Request.state == "approved", Request.dispatched_by != "")
        .where(Request.decided_at >= start, Request.decided_at < end)
        .group_by(Request.dispatched_by)
    )


def lost(session: Session, calendars: Calendars, case: Case, *, now: datetime, calendar: str = "office") -> list[Loss]:
    """Every stay at a unit that the case was taken from again, oldest first; the last may still run."""
    query = select(Step).where(Step.case_id == case.id, Step.move.in_(HANDED | TAKEN)).order_by(Step.at, Step.id)
    found: list[Loss] = []
    begun: tuple[str, datetime] | None = None
    taken: tuple[str, datetime] | None = None
    for step in session.scalars(query):
        if step.move in TAKEN and begun is not None:
            taken = begun
        if step.move in HANDED:
            if taken is not None:
                found.append(_loss(calendars, calendar, *taken, step.at, now=now))
            begun, taken = (step.unit, step.at), None
    if taken is not None:
        found.append(_loss(calendars, calendar, *taken, None, now=now))
    return found


def _loss(
    calendars: Calendars, calendar: str, unit: str, start: datetime, end: datetime | None, *, now: datetime
) -> Loss:
    until = end or now
    return Loss(unit, start, end, until - start, calendars.elapsed(start, until, calendar))


def pushed_down(session: Session, actor: Actor, *, start: datetime, end: datetime, limit: int = 500) -> Sequence[Step]:
    """Work of bureaus that was given to streets and communities in a period (基层减负), newest first, with reasons.

    For whoever sees the desk's dispatches; empty for others.
    """
    if actor.role not in MAY_SEE:
        return ()
    query = select(Step).where(Step.move == PUSHED, Step.at >= start, Step.at < end)
    return list(session.scalars(query.order_by(Step.at.desc(), Step.id.desc()).limit(limit)))
