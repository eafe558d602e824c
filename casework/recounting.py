"""Days off that are announced late (放假安排): open deadlines that rest on them are counted anew, and the case says so.

Which clocks are touched is found by counting every open one again from its beginning, with its pauses and extensions:
where another moment comes out, the days have changed. Counted so, it is the same however often it is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from casework import deadlines, facts, lifecycle
from casework.actors import Actor
from casework.errors import NotAllowed
from casework.rules import of
from casework.supervision import DESK_CLOCKS
from casework.tables import ALIVE, Case, Clock
from casework.telling import notify
from district.pack import District
from district.schemas import Role

MAY_RECOUNT = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM})
BATCH = 500


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock whose deadline the announced days move, or make certain (``before`` equal to ``after``)."""

    case_id: str
    number: str
    clock: str
    before: datetime
    after: datetime
    provisional: bool


def find_moved(session: Session, district: District) -> list[Moved]:
    """The open clocks of cases in flight that would be counted otherwise today. Nothing is written."""
    found: list[Moved] = []
    after = ""
    open_cases = select(Clock.case_id).where(Clock.state.in_(ALIVE))
    while True:
        query = select(Case).where(Case.id.in_(open_cases)).order_by(Case.id).limit(BATCH)
        if after:
            query = query.where(Case.id > after)
        cases = session.scalars(query.options(selectinload(Case.clocks))).all()
        for case in cases:
            found += _moved(session, district, case)
        if len(cases) < BATCH:
            return found
        after = cases[-1].id
        session.expunge_all()  # a year's open cases need not lie in memory at once


def _moved(session: Session, district: District, case: Case) -> list[Moved]:
    rules = of(session, district, case)
    counted = [(clock, deadlines.recounted(rules, clock)) for clock in case.clocks]
    return [
        Moved(case.id, case.number, clock.label, clock.own_due_at, now.due_at, now.provisional)
        for clock, now in counted
        if now is not None
    ]


def check_may_recount(actor: Actor) -> None:
    """Raises ``NotAllowed`` unless the actor supervises, administers, or is the system."""
    if actor.role not in MAY_RECOUNT:
        raise NotAllowed("按放假安排重算时限", "您的角色没有这项权限")


def recount(session: Session, district: District, case: Case, *, actor: Actor, now: datetime) -> Sequence[Moved]:
    """Count the case's open clocks anew, put on record what moved, and tell whoever answers for it. Idempotent.

    A deadline that only becomes certain is put on record and told to nobody. Raises ``NotAllowed``.
    """
    check_may_recount(actor)
    lifecycle.hold(session, case)
    rules = of(session, district, case)
    moved = _moved(session, district, case)
    if not moved:
        return moved
    touched = [clock for clock in case.clocks if deadlines.recounted(rules, clock) is not None]
    for clock in touched:
        deadlines.recount(rules, case, clock)
    text = _sentence(district, moved)
    lifecycle.note(session, "recount", "放假安排公布，重算时限", actor=actor, now=now, case=case, text=text)
    shifted = [clock for clock, each in zip(touched, moved, strict=True) if each.before != each.after]
    audiences = dict.fromkeys(_audience(case, clock) for clock in shifted)
    for audience, unit in audiences:
        notify(session, district, audience, "clock_recounted", now=now, case=case, unit=unit, fields={"text": text})
    for ticket in case.tickets if shifted else ():
        facts.refresh(session, district, ticket, now=now)
    return moved


def _audience(case: Case, clock: Clock) -> tuple[str, str]:
    of_desk = clock.name in DESK_CLOCKS or not case.lead_unit
    return ("desk", "") if of_desk else ("unit", case.lead_unit)


def _sentence(district: District, moved: Sequence[Moved]) -> str:
    zone = district.calendars.zone
    parts = []
    for each in moved:
        before, after = (f"{at.astimezone(zone):%Y年%m月%d日 %H:%M}" for at in (each.before, each.after))
        firm = "仍为暂定" if each.provisional else "不再是暂定"
        is_moved = each.before != each.after
        parts.append(
            f"{each.clock}时限由 {before} 改为 {after}" if is_moved else f"{each.clock}时限{after} 不变，{firm}"
        )
    return f"放假安排公布，{'；'.join(parts)}"
