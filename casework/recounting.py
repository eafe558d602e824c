"""Counting the running clocks of a case anew by other rules, from where each began (时限重算)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from casework import deadlines
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district.calendar import Deadline
from district.schemas import Allowance

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True)
class Recounted:
    """A clock by the new rules. ``extra`` is what its extensions come to; ``own`` is the deadline of our own rule."""

    clock: Clock
    allowance: Allowance
    extra: int
    own: Deadline


def count(old: RuleBook, new: RuleBook, case: Case) -> list[Recounted]:
    """What each clock that is not stopped comes to by the new rules; nothing is changed. Raises ``UnknownName``.

    What extensions granted stays granted, in proportion to the allowance. Time the clock stood still stays uncounted:
    it is what the deadline lies behind the one that the old rules give, in open time of the clock's calendar.
    """
    column = new.clocks.column(urgency=case.urgency, hard=case.hard, request_type=case.request_type)
    found = []
    for clock in case.clocks:
        if clock.state == "stopped":
            continue
        allowance = new.clocks.allowance(clock.name, column)
        extra = -(-clock.extra * allowance.amount // clock.amount) if clock.amount else 0
        own = new.calendars.add(clock.started_at, _of(allowance.amount + extra, allowance.unit, allowance.calendar))
        stood = _stood_still(old, clock)
        if stood > _NOTHING:
            own = new.calendars.advance(own.due_at, stood, allowance.calendar)
        found.append(Recounted(clock, allowance, extra, own))
    return found


def _of(amount: int, unit: str, calendar: str) -> Allowance:
    return Allowance.model_validate({"amount": amount, "unit": unit, "calendar": calendar})


def _stood_still(old: RuleBook, clock: Clock) -> timedelta:
    """Never below nothing: a deadline from before a holiday was announced may lie before today's count of it."""
    base = old.calendars.add(clock.started_at, _of(clock.amount + clock.extra, clock.unit, clock.calendar))
    return max(_NOTHING, old.calendars.elapsed(base.due_at, clock.own_due_at, clock.calendar))


def take_over(new: RuleBook, case: Case, one: Recounted) -> bool:
    """Let the clock run by the new count; a deadline that moves warns anew. Whether it moved."""
    clock, before = one.clock, one.clock.due_at
    clock.label = new.clocks.get(clock.name).label
    clock.amount, clock.unit, clock.calendar = one.allowance.amount, one.allowance.unit, one.allowance.calendar
    clock.extra = one.extra
    clock.own_due_at, clock.provisional = one.own.due_at, one.own.provisional
    clock.due_at = binding(new, case, one)
    if clock.due_at != before:
        clock.warned = ""
    return clock.due_at != before


def binding(new: RuleBook, case: Case, one: Recounted) -> datetime:
    """The deadline that would bind: an order's own (上级时限) where that is earlier."""
    external = deadlines.external_of(new, case, one.clock)
    return min(one.own.due_at, external) if external is not None else one.own.due_at
