"""What moved a clock (时限) since it began: its pauses and extensions in order, and its deadline counted from them.

They stand on the clock's own row, because they are always read with it: a deadline is told, and counted anew when days
off are announced, from nothing else. A clock begun before they were kept has None; the first that is added to it is
preceded by the deadline it had by then (``Carried``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from casework.tables import Clock
from district.calendar import Calendars, Deadline
from district.schemas import Allowance


@dataclass(frozen=True, slots=True)
class Pause:
    """停表: the clock stood still from ``start`` to ``end`` (None: it still does). ``why`` is Chinese."""

    start: datetime
    end: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Extension:
    """延期: so much more, in the clock's own unit, counted from the deadline it had."""

    at: datetime
    amount: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The deadline it had when its history began to be kept."""

    due_at: datetime


Event = Pause | Extension | Carried


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of the way to a deadline: from ``start``, the deadline before, to ``deadline``.

    ``allowance`` is what was added; None where open time that a pause took was added again, or nothing was counted.
    """

    start: datetime
    deadline: Deadline
    allowance: Allowance | None
    event: Event | None


def events(clock: Clock) -> Sequence[Event]:
    """What moved the clock, oldest first."""
    return [_read(each) for each in clock.history or ()]


def _read(row: dict[str, Any]) -> Event:
    if row["kind"] == "pause":
        end = datetime.fromisoformat(row["to"]) if row["to"] else None
        return Pause(datetime.fromisoformat(row["from"]), end, row["why"])
    if row["kind"] == "extension":
        return Extension(datetime.fromisoformat(row["at"]), row["amount"])
    return Carried(datetime.fromisoformat(row["due_at"]))


def write(clock: Clock, *happened: Event) -> None:
    """Put these on record in place of all that was."""
    clock.history = [_written(each) for each in happened]


def _written(event: Event) -> dict[str, Any]:
    if isinstance(event, Pause):
        end = event.end.isoformat() if event.end else None
        return {"kind": "pause", "from": event.start.isoformat(), "to": end, "why": event.why}
    if isinstance(event, Extension):
        return {"kind": "extension", "at": event.at.isoformat(), "amount": event.amount}
    return {"kind": "carried", "due_at": event.due_at.isoformat()}


def add(clock: Clock, event: Event) -> None:
    """Put one more on record."""
    before: Sequence[Event] = events(clock) if clock.history is not None else [Carried(clock.own_due_at)]
    write(clock, *before, event)


def end_pause(clock: Clock, *, now: datetime) -> None:
    """The pause that still runs is over. One that began before pauses were kept is put on record whole."""
    known = list(events(clock))
    if known and isinstance(known[-1], Pause) and known[-1].end is None:
        write(clock, *known[:-1], Pause(known[-1].start, now, known[-1].why))
    elif clock.paused_at is not None:
        add(clock, Pause(clock.paused_at, now, ""))


def extend(clock: Clock, amount: int, *, now: datetime) -> None:
    """Put on record that so much more was granted."""
    add(clock, Extension(now, amount))
    clock.extra += amount


def reallow(clock: Clock, allowance: Allowance) -> None:
    """From its beginning the clock allows this; each extension granted the old allowance and now grants the new one."""
    old = clock.amount
    clock.amount, clock.unit, clock.calendar = allowance.amount, allowance.unit, allowance.calendar
    clock.extra = clock.extra // old * allowance.amount
    if clock.history is None:
        return
    kept = [each for each in events(clock) if not isinstance(each, Carried)]
    write(
        clock,
        *(
            Extension(each.at, each.amount // old * allowance.amount) if isinstance(each, Extension) else each
            for each in kept
        ),
    )


def begin_anew(clock: Clock, *, now: datetime) -> None:
    """The clock is counted from now: what moved it before is past. One that stands still does so from now."""
    last = next(iter(reversed(events(clock))), None)
    write(clock)
    if clock.state == "paused":
        clock.paused_at = now
        write(clock, Pause(now, None, last.why if isinstance(last, Pause) else ""))


def allowed(clock: Clock, amount: int) -> Allowance:
    """So much of the clock's own unit, on its own calendar."""
    return Allowance.model_validate({"amount": amount, "unit": clock.unit, "calendar": clock.calendar})


def legs(calendars: Calendars, clock: Clock) -> Iterator[Leg]:
    """The way to the clock's own deadline, part by part; the last part ends at it. Pauses not yet over add nothing."""
    happened = events(clock)
    recorded = sum(each.amount for each in happened if isinstance(each, Extension))
    first = allowed(clock, clock.amount + clock.extra - recorded)
    at = calendars.add(clock.started_at, first)
    if happened and isinstance(happened[0], Carried):
        due = happened[0].due_at
        at = Deadline(due, calendars.advance(due, timedelta(0), clock.calendar).provisional, ())
        yield Leg(clock.started_at, at, None, happened[0])
    else:
        yield Leg(clock.started_at, at, first, None)
    for event in happened:
        start = at.due_at
        if isinstance(event, Extension):
            more = allowed(clock, event.amount)
            at = calendars.add(start, more)
            yield Leg(start, at, more, event)
        elif isinstance(event, Pause) and event.end is not None:
            at = _resumed(calendars, clock, event, start)
            yield Leg(start, at, None, event)


def _resumed(calendars: Calendars, clock: Clock, pause: Pause, due: datetime) -> Deadline:
    """A pause gives back the open time it took; one that began when the clock had run out gives nothing back."""
    if pause.end is None or pause.start >= due:
        return calendars.advance(due, timedelta(0), clock.calendar)
    return calendars.advance(due, calendars.elapsed(pause.start, pause.end, clock.calendar), clock.calendar)


def counted(calendars: Calendars, clock: Clock) -> Deadline:
    """The clock's own deadline, counted from all that is on record; provisional where any part of the way is."""
    way = list(legs(calendars, clock))
    return Deadline(way[-1].deadline.due_at, any(leg.deadline.provisional for leg in way), ())
