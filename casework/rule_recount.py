"""Counting the running clocks of a case by other rules, from where each began (时限重算)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from casework import clock_history, deadlines
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district.calendar import Deadline
from district.schemas import Allowance


@dataclass(frozen=True, slots=True)
class Recounted:
    """A clock by the new rules: what it allows there, and the deadline of our own rule that comes of it."""

    clock: Clock
    allowance: Allowance
    own: Deadline


def count(new: RuleBook, case: Case) -> list[Recounted]:
    """What each clock that has not ended comes to by the new rules; nothing is changed. Raises ``UnknownName``.

    Each extension that was granted grants the new allowance, and time the clock stood still stays uncounted. A clock
    that began before pauses were kept is left out: what moved it is not on record.
    """
    column = new.clocks.column(urgency=case.urgency, hard=case.hard, request_type=case.request_type)
    found = []
    for clock in case.clocks:
        if clock.ended or clock.history is None:
            continue
        allowance = new.clocks.allowance(clock.name, column)
        tried = _copy(clock)
        clock_history.reallow(tried, allowance)
        found.append(Recounted(clock, allowance, clock_history.counted(new.calendars, tried)))
    return found


def _copy(clock: Clock) -> Clock:
    """The same clock beside the session, to count with."""
    return Clock(
        name=clock.name,
        state=clock.state,
        amount=clock.amount,
        unit=clock.unit,
        calendar=clock.calendar,
        extra=clock.extra,
        started_at=clock.started_at,
        own_due_at=clock.own_due_at,
        paused_at=clock.paused_at,
        history=clock.history,
    )


def take_over(new: RuleBook, case: Case, one: Recounted) -> bool:
    """Let the clock run by the new count; a deadline that moves warns anew. Whether it moved."""
    before = one.clock.due_at
    one.clock.label = new.clocks.get(one.clock.name).label
    clock_history.reallow(one.clock, one.allowance)
    deadlines.recount(new, case, one.clock)
    return one.clock.due_at != before


def binding(new: RuleBook, case: Case, one: Recounted) -> datetime:
    """The deadline that would bind: an order's own (上级时限) where that is earlier."""
    external = deadlines.external_of(new, case, one.clock)
    return min(one.own.due_at, external) if external is not None else one.own.due_at
