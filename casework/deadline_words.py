"""Why a deadline is what it is, as a Chinese sentence in which every interval that counted can be added up again.

Working days are told by number (``10月08日至09日 计第2至3日``), open time by its hours (``09:00–12:00 计3小时``), days
that do not count by their reason (``10月01日至07日 国庆节放假不计``); each pause and each extension is a part by itself
that begins where the part before it ended. Moments are told to the minute, cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from casework import clock_history
from casework.clock_history import Carried, Leg, Pause
from casework.tables import Clock
from district.calendar import Calendar, Calendars, Deadline

UNITS = {"min": "分钟", "h": "小时", "wh": "个工作小时", "wd": "个工作日"}
"""The word of each unit, after its number."""
_WEEKDAYS = ("（周一）", "（周二）", "（周三）", "（周四）", "（周五）", "（周六）", "（周日）")
_DAY_OF_MONTH, _DAY_OF_YEAR, _DAY_OF_ANY = "%d日", "%m月%d日", "%Y年%m月%d日"
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


def tell(calendars: Calendars, clock: Clock, before: Sequence[Clock] = ()) -> str:
    """The sentence of a clock's own deadline; ``before`` are earlier runs of the same clock on its case."""
    way = list(clock_history.legs(calendars, clock))
    words = _Words(calendars, calendars.get(clock.calendar), clock.started_at.astimezone(calendars.zone).year)
    told = [words.head(clock, before), *(part for leg in way for part in words.leg(leg))]
    if way[-1].deadline.due_at != clock.own_due_at:  # days off were announced and it is not counted anew yet
        told.append(f"原定 {words.at(clock.own_due_at, weekday=True)} 届满，放假安排有变，待重新计算")
    if clock.state == "paused" and clock.paused_at is not None:
        told.append(words.standing(clock, clock.paused_at))
    if clock.provisional:
        years = words.unpublished(clock.started_at, clock.own_due_at)
        told.append(f"{years}放假安排尚未公布，暂按普通工作日计算")
    return "；".join(part for part in told if part)


@dataclass(frozen=True, slots=True)
class _Words:
    """Dates in the words of one sentence: the year is said where it is not the one the clock began in."""

    calendars: Calendars
    calendar: Calendar
    year: int

    def head(self, clock: Clock, before: Sequence[Clock]) -> str:
        amount, extra = (f"{each}{UNITS[clock.unit]}" for each in (clock.amount, clock.extra))
        allowed = f"{clock.label}时限 {amount}（{self.calendar.label}）"
        if clock.extra:
            allowed = f"{allowed}，另批准延期 {extra}"
        if before:
            allowed = f"{allowed}，第{len(before) + 1}次起算"
        return f"{allowed}：自 {self.at(clock.started_at, weekday=True)} 起算"

    def leg(self, leg: Leg) -> Iterator[str]:
        """The parts of the sentence that tell one leg."""
        ends = f"至 {self.at(leg.deadline.due_at, weekday=True)} 届满"
        if isinstance(leg.event, Carried):
            yield f"此前的停表和延期已计入，{ends}"
            return
        if isinstance(leg.event, Pause):
            yield from self._paused(leg, leg.event, ends)
            return
        if leg.event is not None and leg.allowance is not None:
            more = f"{leg.allowance.amount}{UNITS[leg.allowance.unit]}"
            yield f"延期 {more}，自 {self.at(leg.start)} 续算"
        if leg.allowance is not None and leg.allowance.unit == "wd":
            yield from self._days(leg)
        else:
            yield from self._hours(leg.start, leg.deadline)
        yield ends

    def _paused(self, leg: Leg, pause: Pause, ends: str) -> Iterator[str]:
        at, until = self.at(pause.start), self.at(pause.end) if pause.end else ""
        stood = f"{at} 至 {until} 停表（{pause.why}）" if pause.why else f"{at} 至 {until} 停表"
        if pause.start >= leg.start:
            yield f"{stood}，其时已届满，不顺延"
            return
        lost = self._open_minutes(leg.start, leg.deadline.due_at)
        if not lost:
            yield f"{stood}，不在{self.calendar.label}内，不顺延"
            return
        yield f"{stood}，其间 {_length(lost)} 不计，自 {self.at(leg.start)} 顺延"
        yield from self._hours(leg.start, leg.deadline)
        yield ends

    def standing(self, clock: Clock, since: datetime) -> str:
        """What is said of a clock that stands still."""
        last = next(iter(reversed(clock_history.events(clock))), None)
        at, why = self.at(since), last.why if isinstance(last, Pause) else ""
        stood = f"{at} 起停表（{why}）" if why else f"{at} 起停表"
        return f"{stood}，恢复后按停表的时间顺延"

    def unpublished(self, start: datetime, due: datetime) -> str:
        """The years on the way whose days off nobody has published."""
        one, other = (self.calendars.local(each).year for each in (start, due))
        years = [year for year in range(one, other + 1) if self.calendar.is_provisional(date(year, 1, 1))]
        return "、".join(f"{year}年" for year in years) or "所及年度"

    def _days(self, leg: Leg) -> Iterator[str]:
        """Working days: the first begins at the next opening, each open day after it is one more."""
        asked, due = self.calendars.local(leg.start), self.calendars.local(leg.deadline.due_at)
        first = self.calendar.next_opening(asked)
        yield from self._skipped(asked.date(), first.date())
        if _cut(first) != _cut(asked):
            yield f"{self._moment(first)} 开始计时"
        number = 0
        for kind, days in groupby(_range(first.date() + _DAY, due.date() + _DAY), self._kind):
            run = list(days)
            if kind not in _COUNTED:
                yield self._not_counted(run, kind)
                continue
            numbers = "至".join(str(each) for each in sorted({number + 1, number + len(run)}))
            number += len(run)
            yield f"{self._run(run, kind)} 计第{numbers}日"

    def _kind(self, day: date) -> str:
        return self.calendar.why_closed(day) or (_MADE_UP if self.calendar.is_made_up(day) else "")

    def _hours(self, start: datetime, deadline: Deadline) -> Iterator[str]:
        """Open time: the intervals of each day; equal days that follow each other are told at once."""
        after = self.calendars.local(start).date()
        spans = [
            (self.calendars.local(each.start), self.calendars.local(each.end))
            for each in deadline.intervals
            if self._open_minutes(each.start, each.end)
        ]
        by_day = [_Stretch(day, day, tuple(found)) for day, found in groupby(spans, lambda span: span[0].date())]
        for stretch in _joined(by_day, self.calendar):
            yield from self._skipped(after, stretch.first)
            yield self._stretch(stretch)
            after = stretch.last + _DAY

    def _stretch(self, stretch: _Stretch) -> str:
        days = (stretch.last - stretch.first).days + 1
        length = _length(sum((_cut(end) - _cut(start) for start, end in stretch.spans), timedelta(0)) * days)
        start, end = stretch.spans[0][0], stretch.spans[-1][1]
        if end > datetime.combine(stretch.first + _DAY, datetime.min.time()):  # over midnight
            hours = "、".join(f"{self._moment(one)} 至 {self._moment(other)}" for one, other in stretch.spans)
            return f"{hours} 计{length}"
        hours = "、".join(f"{one:%H:%M}–{_closing(other, stretch.first)}" for one, other in stretch.spans)
        run = self._run([stretch.first, stretch.last], self._kind(start.date()))
        return f"{run} 每日 {hours} 计{length}" if days > 1 else f"{run} {hours} 计{length}"

    def _skipped(self, start: date, end: date) -> Iterator[str]:
        """The days from ``start`` up to, not including, ``end`` on which the calendar does not open, by reason."""
        for why, days in groupby(_range(start, end), self.calendar.why_closed):
            if why:
                yield self._not_counted(list(days), why)

    def _not_counted(self, days: Sequence[date], why: str) -> str:
        return f"{self._run(days)} {why}不计"

    def _open_minutes(self, start: datetime, end: datetime) -> timedelta:
        one, other = (self.calendars.utc(_cut(self.calendars.local(each))) for each in (start, end))
        return self.calendars.elapsed(one, other, self.calendar.name)

    def at(self, moment: datetime, *, weekday: bool = False) -> str:
        """A moment to the minute, cut off."""
        return self._moment(self.calendars.local(moment), weekday=weekday)

    def _moment(self, local: datetime, *, weekday: bool = False) -> str:
        named = _WEEKDAYS[local.weekday()] if weekday else ""
        return f"{self._day(local.date())}{named} {local:%H:%M}"

    def _day(self, day: date) -> str:
        return f"{day:{_DAY_OF_YEAR if day.year == self.year else _DAY_OF_ANY}}"

    def _run(self, days: Sequence[date], kind: str = "") -> str:
        """The days from the first to the last, with what they are where it is ``_MADE_UP``."""
        first, last = days[0], days[-1]
        run = self._day(first)
        if first != last:
            short = (first.year, first.month) == (last.year, last.month)
            run = "至".join((run, f"{last:{_DAY_OF_MONTH}}" if short else self._day(last)))
        return f"{run}（调休上班）" if kind == _MADE_UP else run


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The open time that counted on each of the days from ``first`` to ``last``; the times are of the first."""

    first: date
    last: date
    spans: tuple[tuple[datetime, datetime], ...]


_MADE_UP = "made up"
_COUNTED = ("", _MADE_UP)


def _joined(days: Sequence[_Stretch], calendar: Calendar) -> Iterator[_Stretch]:
    """Days with the same hours, one after the other, as one; a made-up day (调休) is told for itself."""
    held: _Stretch | None = None
    for each in days:
        alike = held is not None and calendar.is_made_up(each.first) == calendar.is_made_up(held.first)
        if held is not None and alike and each.first == held.last + _DAY and _hours_of(each) == _hours_of(held):
            held = _Stretch(held.first, each.last, held.spans)
            continue
        if held is not None:
            yield held
        held = each
    if held is not None:
        yield held


def _hours_of(stretch: _Stretch) -> Sequence[timedelta]:
    midnight = datetime.combine(stretch.first, datetime.min.time())
    return [each - midnight for span in stretch.spans for each in span]


def _range(start: date, end: date) -> Iterator[date]:
    while start < end:
        yield start
        start += _DAY


def _cut(local: datetime) -> datetime:
    return local.replace(second=0, microsecond=0)


def _closing(end: datetime, day: date) -> str:
    return f"{end:%H:%M}" if end.date() == day else "24:00"


def _length(time: timedelta) -> str:
    hours, minutes = divmod(int(time / _MINUTE), 60)
    return "".join((f"{hours}小时" if hours else "", f"{minutes}分" if minutes or not hours else ""))
