"""Watching the clocks: who is told when one runs low, rung by rung of the ladder of the pack, each rung once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import deadlines, facts
from casework.deadline_tables import ClockWarning
from casework.deadline_words import UNITS
from casework.deadlines import ALL_TOLD
from casework.lifecycle import hold
from casework.rules import RuleBook, of
from casework.tables import Case, Clock
from casework.telling import notify
from district.pack import District
from district.schemas import Ladder, Rung

LEVELS = ("yellow", "red", "overdue")
_ORDER = ("green", *LEVELS)
DESK_CLOCKS = frozenset({"dispatch", "callback"})
"""Clocks the desk itself answers for; the others are the unit's."""


def check_clocks(session: Session, district: District, *, now: datetime) -> int:
    """Tell of every clock that reached a new rung of its ladder, never twice of the same. Return how many were told.

    All in one transaction, each case held until its end: where others work meanwhile, each case of ``to_check`` is
    checked in a transaction of its own.
    """
    cases = sorted(to_check(session, district, now=now))  # as all hold who hold several: in the order of their ids
    return sum(check_case(session, district, session.get_one(Case, key), now=now) for key in cases)


def to_check(session: Session, district: District, *, now: datetime) -> list[str]:
    """The cases with a clock of which there is something to tell, the nearest deadline first. Nothing is written."""
    found = deadlines.running_clocks(session)
    return list(dict.fromkeys(case.id for clock, case in found if _has_news(of(session, district, case), clock, now)))


def _has_news(rules: RuleBook, clock: Clock, now: datetime) -> bool:
    ladder = rules.clocks.ladder(clock.name)
    reached, before = _reached(rules, ladder, clock, now=now), _told(ladder, clock)
    return reached > before or (now > clock.due_at and (before == len(ladder.names) - 1 or not _was_overdue(clock)))


def check_case(session: Session, district: District, case: Case, *, now: datetime) -> int:
    """Tell of the case's clocks that reached a new rung. Return how many were told.

    Where the check comes late and a clock passed several rungs meanwhile, only the highest is told; all are on record.
    """
    hold(session, case)
    rules = of(session, district, case)
    running = [clock for clock in case.clocks if clock.state == "running" and clock.warned != ALL_TOLD]
    return sum(_check(session, district, rules, case, clock, now=now) for clock in running)


def _check(session: Session, district: District, rules: RuleBook, case: Case, clock: Clock, *, now: datetime) -> bool:
    ladder = rules.clocks.ladder(clock.name)
    names = ladder.names
    before, reached = _told(ladder, clock), _reached(rules, ladder, clock, now=now)
    was_overdue = _was_overdue(clock)
    if reached > before:
        for at in range(before + 1, reached):
            session.add(_warning(clock, names[at], (), now=now))
        _tell(session, district, case, clock, ladder.rungs[reached], names[reached], now=now)
        clock.warned = names[reached]
    if now > clock.due_at and not was_overdue:
        for ticket in case.tickets:
            facts.refresh(session, district, ticket, now=now)
    if reached == len(names) - 1 and now > clock.due_at:
        clock.warned = ALL_TOLD
    return reached > before


def _told(ladder: Ladder, clock: Clock) -> int:
    """The rung that was told last; -1 for none."""
    return ladder.names.index(clock.warned) if clock.warned in ladder.names else -1


def _was_overdue(clock: Clock) -> bool:
    return clock.warned.startswith("overdue")


def _reached(rules: RuleBook, ladder: Ladder, clock: Clock, *, now: datetime) -> int:
    """The highest rung that the clock stands on or above; -1 for none."""
    at = _ORDER.index(deadlines.level(rules, clock, now=now))
    return max((number for number, rung in enumerate(ladder.rungs) if _over(rules, rung, clock, at, now)), default=-1)


def _over(rules: RuleBook, rung: Rung, clock: Clock, level: int, now: datetime) -> bool:
    if rung.after_overdue is None:
        return level >= _ORDER.index(rung.at or "overdue")
    return now > clock.due_at and now >= rules.calendars.add(clock.due_at, rung.after_overdue).due_at


def _tell(
    session: Session, district: District, case: Case, clock: Clock, rung: Rung, name: str, *, now: datetime
) -> None:
    unit = "" if clock.name in DESK_CLOCKS else case.lead_unit
    audiences = tuple(dict.fromkeys(each if unit or each == "supervisor" else "desk" for each in rung.tell))
    fields = {
        "clock": clock.label,
        "deadline": f"{clock.due_at.astimezone(district.calendars.zone):%m月%d日 %H:%M}",
    }
    template = f"clock_{rung.at}"
    if rung.after_overdue is not None:
        template = "clock_still_overdue"
        fields["after"] = f"{rung.after_overdue.amount}{UNITS[rung.after_overdue.unit]}"
    for audience in audiences:
        of_unit = unit if audience in ("unit", "unit_lead") else ""
        notify(session, district, audience, template, now=now, case=case, unit=of_unit, fields=fields)
    session.add(_warning(clock, name, audiences, now=now))


def _warning(clock: Clock, rung: str, audiences: Sequence[str], *, now: datetime) -> ClockWarning:
    return ClockWarning(clock_id=clock.id, rung=rung, told=",".join(audiences), due_at=clock.due_at, at=now)


def warnings(session: Session, case: Case) -> Sequence[ClockWarning]:
    """What was told of the case's clocks, oldest first; rungs that were passed over have nobody in ``told``."""
    query = select(ClockWarning).where(ClockWarning.clock_id.in_([clock.id for clock in case.clocks]))
    return list(session.scalars(query.order_by(ClockWarning.at, ClockWarning.id)))
