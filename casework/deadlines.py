"""Clocks (时限) of a case: started and stopped by its moves, paused by requests, moved by extensions.

A clock's arithmetic is the calendar's (``district.calendar``); here it is kept, and told when it runs low.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from casework import clock_history, deadline_words
from casework.clock_history import Pause
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district.calendar import Deadline
from district.schemas import RequestKind

DAYS_OF_WEEK = 7
ALL_TOLD = "all"
"""``Clock.warned`` of a clock whose ladder has no further rung."""
WITHDRAWN = "withdrawn"
RUNS = Clock.state == "running"


def over(at: datetime) -> ColumnElement[bool]:
    """Whether a clock that runs was due before this moment (逾期)."""
    return and_(RUNS, Clock.due_at < at)


def overdue(at: datetime) -> ColumnElement[bool]:
    """Whether such a clock runs on the case."""
    return Case.id.in_(select(Clock.case_id).where(over(at)))  # by ``exists`` all clocks are looked through for each


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as the pages show it.

    ``left`` is open time of its calendar, wall time where an order's deadline binds; negative when overdue.

    ``due_at`` is what binds: the earlier of ``own_due_at`` and of ``external_due_at``, an order's own deadline.
    """

    name: str
    label: str
    state: str
    due_at: datetime
    left: timedelta
    level: str
    provisional: bool
    sentence: str
    own_due_at: datetime
    external_due_at: datetime | None
    basis: str = ""
    """The calendar whose open time ``left`` is counted in, by its label; empty: wall time."""


def running(case: Case, name: str) -> Clock | None:
    """The clock of this name that has not ended, or None."""
    return next((clock for clock in case.clocks if clock.name == name and not clock.ended), None)


def latest(case: Case, name: str) -> Clock | None:
    """The last run of this clock, ended or not; one that was withdrawn counts for nothing."""
    runs = (clock for clock in reversed(case.clocks) if clock.name == name and clock.state != WITHDRAWN)
    return next(runs, None)


def binding(case: Case) -> Clock | None:
    """The clock that runs out first among those that run, or None."""
    alive = [clock for clock in case.clocks if clock.state == "running"]
    return min(alive, key=lambda clock: clock.due_at, default=None)


def _set(rules: RuleBook, case: Case, clock: Clock, own: Deadline) -> None:
    """A clock's own deadline; an order's (上级时限) binds it too, and the earlier one counts."""
    clock.own_due_at, clock.due_at, clock.provisional = own.due_at, own.due_at, own.provisional
    external = external_of(rules, case, clock)
    if external is not None and external < own.due_at:
        clock.due_at = external


def external_of(rules: RuleBook, case: Case, clock: Clock) -> datetime | None:
    """The deadline that an order sets to this clock, or None; also for a clock that later rules have no more."""
    known = clock.name in rules.clocks
    return case.external_due_at if known and rules.clocks.get(clock.name).external else None


def bound(rules: RuleBook, case: Case) -> list[Clock]:
    """The clocks not yet ended that an order's deadline binds."""
    return [clock for clock in case.clocks if not clock.ended and rules.clocks.get(clock.name).external]


def bind(rules: RuleBook, case: Case, *, external: datetime | None) -> None:
    """The case's orders set this deadline now, or none: running clocks that it binds are set anew, and warn anew."""
    case.external_due_at = external
    for clock in bound(rules, case):
        before = clock.due_at
        _set(rules, case, clock, Deadline(clock.own_due_at, clock.provisional, ()))
        if clock.due_at != before:
            clock.warned = ""


def start(rules: RuleBook, case: Case, name: str, *, now: datetime) -> Clock:
    """Start a clock with what its rule allows in the case's column; one that still runs is stopped first."""
    stop(rules, case, name, now=now)
    column = rules.clocks.column(urgency=case.urgency, hard=case.hard, request_type=case.request_type)
    allowance = rules.clocks.allowance(name, column)
    deadline = rules.calendars.add(now, allowance)
    clock = Clock(
        name=name,
        label=rules.clocks.get(name).label,
        state="running",
        amount=allowance.amount,
        unit=allowance.unit,
        calendar=allowance.calendar,
        extra=0,
        started_at=now,
        warned="",
        history=[],
    )
    _set(rules, case, clock, deadline)
    case.clocks.append(clock)
    return clock


def stop(rules: RuleBook, case: Case, name: str, *, now: datetime) -> None:
    """Stop a clock; nothing happens when it does not run. The time it stood still is not counted against anybody."""
    _end(rules, case, name, "stopped", now=now)


def withdraw(rules: RuleBook, case: Case, name: str, *, now: datetime) -> None:
    """End a clock with the dispatch that started it (撤回派单): it was neither met nor missed. Else as ``stop``."""
    _end(rules, case, name, WITHDRAWN, now=now)


def _end(rules: RuleBook, case: Case, name: str, state: str, *, now: datetime) -> None:
    resume(rules, case, name, now=now)
    clock = running(case, name)
    if clock is not None:
        clock.state, clock.stopped_at = state, now


def pause(case: Case, name: str, *, now: datetime, why: str = "") -> None:
    """Let a clock stand still while a request is decided; ``why`` is told with the deadline."""
    clock = running(case, name)
    if clock is not None and clock.state == "running":
        clock_history.add(clock, Pause(now, None, why))
        clock.state, clock.paused_at = "paused", now


def resume(rules: RuleBook, case: Case, name: str, *, now: datetime) -> None:
    """Let a paused clock go on: its deadline moves by the open time that passed meanwhile."""
    clock = running(case, name)
    if clock is None or clock.state != "paused" or clock.paused_at is None:
        return
    clock_history.end_pause(clock, now=now)
    clock.state, clock.paused_at = "running", None
    _set(rules, case, clock, clock_history.counted(rules.calendars, clock))


def release(rules: RuleBook, case: Case, kind: RequestKind, *, now: datetime) -> None:
    """Let the clocks that a request of this kind held go on; not those that another pending one holds, too."""
    kinds = {each.name: each for each in rules.workflow.requests}
    pending = [kinds[each.kind] for each in case.requests if each.state == "pending" and each.kind in kinds]
    held = {clock for each in pending for clock in each.pauses}
    for clock in kind.pauses:
        if clock not in held:
            resume(rules, case, clock, now=now)


def extend(rules: RuleBook, case: Case, name: str, *, now: datetime) -> None:
    """Grant a clock its own allowance once more, counted from the deadline it has (延期). It warns anew."""
    clock = running(case, name)
    if clock is None:
        return
    clock_history.extend(clock, clock.amount, now=now)
    clock.warned = ""
    _set(rules, case, clock, clock_history.counted(rules.calendars, clock))


def if_extended(rules: RuleBook, case: Case, clock: Clock) -> datetime:
    """When the clock would be due if it were extended now. Nothing is changed."""
    granted = clock_history.allowed(clock, clock.amount)
    own = rules.calendars.add(clock_history.counted(rules.calendars, clock).due_at, granted).due_at
    external = external_of(rules, case, clock)
    return own if external is None else min(own, external)


def reallow(rules: RuleBook, case: Case) -> None:
    """Count the running clocks anew, from where each began, by the column the case has come to (疑难, 紧急, 突发).

    What extensions have granted stays granted, and time that pauses took stays given back.
    """
    column = rules.clocks.column(urgency=case.urgency, hard=case.hard, request_type=case.request_type)
    for clock in case.clocks:
        if clock.ended:
            continue
        clock_history.reallow(clock, rules.clocks.allowance(clock.name, column))
        clock.warned = ""
        _set(rules, case, clock, clock_history.counted(rules.calendars, clock))


def tighten(rules: RuleBook, case: Case, *, now: datetime) -> None:
    """Restart the running clocks with what the stricter column of the case allows, counted from now.

    No deadline becomes later than it was: a clock that runs out sooner is left as it is.
    """
    column = rules.clocks.column(urgency=case.urgency, hard=case.hard, request_type=case.request_type)
    for clock in case.clocks:
        if clock.ended:
            continue
        allowance = rules.clocks.allowance(clock.name, column)
        moved = rules.calendars.add(now, allowance)
        if moved.due_at >= clock.own_due_at:
            continue
        clock.amount, clock.unit, clock.calendar, clock.extra = allowance.amount, allowance.unit, allowance.calendar, 0
        clock.started_at, clock.warned = now, ""
        clock_history.begin_anew(clock, now=now)
        _set(rules, case, clock, moved)


def recounted(rules: RuleBook, clock: Clock) -> Deadline | None:
    """The clock's own deadline by the days off as they are known now, where it is another than it has; else None.

    None also for a clock that began before its history was kept: what moved it is not on record.
    """
    if clock.history is None or clock.ended:
        return None
    found = clock_history.counted(rules.calendars, clock)
    return found if (found.due_at, found.provisional) != (clock.own_due_at, clock.provisional) else None


def recount(rules: RuleBook, case: Case, clock: Clock) -> None:
    """Count the clock anew from its beginning, with what moved it; it warns anew where that moves its deadline."""
    before = clock.due_at
    _set(rules, case, clock, clock_history.counted(rules.calendars, clock))
    if clock.due_at != before:
        clock.warned = ""


def level(rules: RuleBook, clock: Clock, *, now: datetime) -> str:
    """``done``, ``late`` (stopped late), ``withdrawn``, ``paused``, ``green``, ``yellow``, ``red`` or ``overdue``."""
    if clock.state == WITHDRAWN:
        return WITHDRAWN
    if clock.state == "stopped":
        return "late" if clock.stopped_at is not None and clock.stopped_at > clock.due_at else "done"
    if clock.state == "paused":
        return "paused"
    if now > clock.due_at:
        return "overdue"
    whole = _open_time(rules, clock, clock.started_at, clock.due_at).total_seconds()
    left = _open_time(rules, clock, now, clock.due_at).total_seconds()
    warn = rules.clocks.get(clock.name).warn
    share = left / whole if whole else 0.0
    return "red" if share <= warn.red else "yellow" if share <= warn.yellow else "green"


def _open_time(rules: RuleBook, clock: Clock, start: datetime, end: datetime) -> timedelta:
    """Time of the clock's calendar; of a clock that an order binds wall time, for the city counts no office hours."""
    if clock.due_at < clock.own_due_at:
        return end - start
    return rules.calendars.elapsed(start, end, clock.calendar)


def explain(rules: RuleBook, case: Case, clock: Clock) -> str:
    """Why this deadline, as a Chinese sentence: every interval that counted, what moved it, what else binds."""
    before = [each for each in case.clocks if each.name == clock.name and each.started_at < clock.started_at]
    told = (deadline_words.tell(rules.calendars, clock, before), _beside(rules, case, clock))
    return "；".join(part for part in told if part)


def _beside(rules: RuleBook, case: Case, clock: Clock) -> str:
    external = external_of(rules, case, clock)
    if external is None:
        return ""
    until = f"{external.astimezone(rules.calendars.zone):%m月%d日 %H:%M}"
    if external < clock.own_due_at:
        return f"市平台要求 {until} 前办结，早于本区时限，以市平台为准"
    return f"市平台要求 {until} 前办结，晚于本区时限，以本区为准"


def view(rules: RuleBook, case: Case, clock: Clock, *, now: datetime) -> ClockView:
    """The clock with what is left of it, for a page or the API."""
    until = clock.stopped_at or (clock.paused_at if clock.state == "paused" else None) or now
    left = _open_time(rules, clock, until, clock.due_at)
    return ClockView(
        name=clock.name,
        label=clock.label,
        state=clock.state,
        due_at=clock.due_at,
        left=left,
        level=level(rules, clock, now=now),
        provisional=clock.provisional,
        sentence=explain(rules, case, clock),
        own_due_at=clock.own_due_at,
        external_due_at=external_of(rules, case, clock),
        basis=_basis(rules, clock),
    )


def _basis(rules: RuleBook, clock: Clock) -> str:
    if clock.due_at < clock.own_due_at:
        return ""
    calendar = rules.calendars.get(clock.calendar)
    every_hour = calendar.day_length == timedelta(days=1) and len(calendar.rule.weekdays) == DAYS_OF_WEEK
    return "" if every_hour and not calendar.rule.holidays else calendar.label


def running_clocks(session: Session, *, limit: int = 2000) -> list[tuple[Clock, Case]]:
    """Running clocks with their cases, the nearest deadline first: what the clock check walks over."""
    query = (
        select(Clock, Case)
        .join(Case, Case.id == Clock.case_id)
        .where(RUNS, Clock.warned != ALL_TOLD)
        .order_by(Clock.due_at)
        .limit(limit)
    )
    return [(clock, case) for clock, case in session.execute(query)]
