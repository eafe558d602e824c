"""Watching the clocks: who is told when one runs low, rung by rung of the ladder of the pack, each rung once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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

    The job does the same case by case, each in a transaction of its own.
    """
    due = cases_to_check(session, district, now=now)
    return sum(check_case(session, district, session.get_one(Case, key), now=now) for key in due)


def cases_to_check(session: Session, district: District, *, now: datetime) -> Sequence[str]:
    """The cases with a clock of which something is to be told or noted now, in the order of their ids."""
    found = {
        case.id
        for clock, case in deadlines.running_clocks(session)
        if (stand := _stand(of(session, district, case), clock, now=now)).news or stand.late
    }
    return sorted(found)


def check_case(session: Session, district: District, case: Case, *, now: datetime) -> int:
    """Tell of one case's clocks, as they stand when its turn has come. Return how many were told.

    Where the check comes late and a clock passed several rungs meanwhile, only the highest is told; all are on record.
    """
    hold(session, case)
    rules = of(session, district, case)
    told = 0
    for clock in case.clocks:
        if clock.state != "running" or clock.warned == ALL_TOLD:
            continue
        ladder, stand = rules.clocks.ladder(clock.name), _stand(rules, clock, now=now)
        names = ladder.names
        if stand.news:
            for at in range(stand.before + 1, stand.reached):
                session.add(_warning(clock, names[at], (), now=now))
            _tell(session, district, case, clock, ladder.rungs[stand.reached], names[stand.reached], now=now)
            clock.warned = names[stand.reached]
            told += 1
        if stand.late:
            for ticket in case.tickets:
                facts.refresh(session, district, ticket, now=now)
        if stand.reached == len(names) - 1 and now > clock.due_at:
            clock.warned = ALL_TOLD
    return told


@dataclass(frozen=True, slots=True)
class _Stand:
    """Where a clock stands on its ladder: the rung told last and the highest reached, -1 for none."""

    before: int
    reached: int
    late: bool
    """It has run out, and that was not noted."""

    @property
    def news(self) -> bool:
        return self.reached > self.before


def _stand(rules: RuleBook, clock: Clock, *, now: datetime) -> _Stand:
    ladder = rules.clocks.ladder(clock.name)
    before = ladder.names.index(clock.warned) if clock.warned in ladder.names else -1
    late = now > clock.due_at and not clock.warned.startswith("overdue")
    return _Stand(before, _reached(rules, ladder, clock, now=now), late)


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
