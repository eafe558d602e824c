"""Working time: when the desk and the offices are open, and what a deadline is.

Base: the State Council's days off and make-up days (调休) as the ``chinesecalendar`` package has them, plus the
pack's own days, which may state a whole year. In a year that neither knows, working days are plain weekdays and
every deadline that rests on one is *provisional*.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import accumulate
from zoneinfo import ZoneInfo

from chinese_calendar.constants import Holiday
from chinese_calendar.constants import holidays as published_holidays
from chinese_calendar.constants import workdays as published_workdays

from district.errors import CalendarNeverOpens, NaiveTime, UnknownName
from district.schemas import Allowance, CalendarRule

_DAY = timedelta(days=1)
_NOTHING = timedelta(0)
_NAMES = {each.value: each.chinese for each in Holiday}
_SEARCH = 731  # days: more than two years without an opening is a mistake in the pack


@dataclass(frozen=True, slots=True)
class Interval:
    """Open time from ``start`` to ``end``, both in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """When an allowance runs out, in UTC, and the open time that was counted for it.

    ``provisional``: some day between rests on plain weekdays because its year is not published yet.
    """

    due_at: datetime
    provisional: bool
    intervals: tuple[Interval, ...]


@lru_cache(maxsize=1)
def published_years() -> frozenset[int]:
    """Years whose notice on days off the chinesecalendar package contains."""
    return frozenset(day.year for day in published_holidays)


class Calendar:
    """One calendar of the pack. Day kinds are worked out a year at a time and kept; local times are naive."""

    def __init__(self, rule: CalendarRule) -> None:
        self.rule = rule
        self.name = rule.name
        self.label = rule.label
        self.hours = tuple((timedelta(minutes=each.start), timedelta(minutes=each.end)) for each in rule.hours)
        self.day_length: timedelta = sum((end - start for start, end in self.hours), _NOTHING)
        self._open_on = frozenset(map(date.fromisoformat, rule.open_on))
        self._closed_on = frozenset(map(date.fromisoformat, rule.closed_on))
        self._years: dict[int, tuple[int, ...]] = {}

    @cached_property
    def certain_years(self) -> frozenset[int] | None:
        """Years whose working days are published or stated by the pack; None: all, as holidays do not count."""
        return published_years() | self.rule.years if self.rule.holidays else None

    def is_provisional(self, day: date) -> bool:
        """Whether the day's kind is only assumed."""
        return self.certain_years is not None and day.year not in self.certain_years

    def is_open_on(self, day: date) -> bool:
        """Whether the calendar opens at all on this day (local date)."""
        if day in self._open_on:
            return True
        if day in self._closed_on:
            return False
        if self.rule.holidays and day.year not in self.rule.years:
            if day in published_workdays:
                return True
            if day in published_holidays:
                return False
        return day.isoweekday() in self.rule.weekdays

    def why_closed(self, day: date) -> str:
        """Why the calendar does not open on this day, in Chinese; empty where it does."""
        if self.is_open_on(day):
            return ""
        if day in self._closed_on:
            return "放假"
        if self.rule.holidays and day.year not in self.rule.years and day in published_holidays:
            label = _NAMES.get(published_holidays[day], "")
            return f"{label}放假"
        return "周末" if day.isoweekday() in (6, 7) else "休息"

    def is_made_up(self, day: date) -> bool:
        """Whether the calendar opens on this day although its weekday is one of rest (调休)."""
        return day.isoweekday() not in self.rule.weekdays and self.is_open_on(day)

    def open_days_before(self, day: date) -> int:
        """Open days of the day's year that lie before it."""
        counts = self._years.get(day.year)
        if counts is None:
            first = date(day.year, 1, 1)
            days = (first + timedelta(days=each) for each in range((date(day.year, 12, 31) - first).days + 1))
            counts = (0, *accumulate(int(self.is_open_on(each)) for each in days))
            self._years[day.year] = counts
        return counts[day.timetuple().tm_yday - 1]

    def open_days(self, start: date, end: date) -> int:
        """Number of open days from ``start`` up to, not including, ``end``."""
        years = range(start.year, end.year)
        whole = sum(
            self.open_days_before(date(year, 12, 31)) + int(self.is_open_on(date(year, 12, 31))) for year in years
        )
        return whole + self.open_days_before(end) - self.open_days_before(start)

    def open_until(self, moment: timedelta) -> timedelta:
        """Open time of an open day before this time of day."""
        return sum((min(end, moment) - start for start, end in self.hours if start < moment), _NOTHING)

    def next_open_day(self, day: date) -> date:
        """The day itself if open, else the next that is."""
        for ahead in range(_SEARCH):
            if self.is_open_on(found := day + timedelta(days=ahead)):
                return found
        raise CalendarNeverOpens(self.name)

    def next_opening(self, local: datetime) -> datetime:
        """The moment itself if open, else the next opening. The moment of closing is closed."""
        day = self.next_open_day(local.date())
        moment = local - _midnight(local.date()) if day == local.date() else _NOTHING
        at = bisect_right([end for _, end in self.hours], moment)
        if at < len(self.hours):
            return _midnight(day) + max(moment, self.hours[at][0])
        return _midnight(self.next_open_day(day + _DAY)) + self.hours[0][0]

    def stretches(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Open stretches from a moment on, without end; each lies within one day."""
        day = local.date()
        while True:
            day = self.next_open_day(day)
            for start, end in self.hours:
                begin = max(_midnight(day) + start, local)
                if begin < (close := _midnight(day) + end):
                    yield begin, close
            day += _DAY


class Calendars:
    """The calendars of a pack, in its time zone. Times given must be aware; times returned are in UTC."""

    def __init__(self, rules: Iterable[CalendarRule], timezone: str = "Asia/Shanghai") -> None:
        self.zone = ZoneInfo(timezone)
        self._calendars = {rule.name: Calendar(rule) for rule in rules}

    def __iter__(self) -> Iterator[Calendar]:
        return iter(self._calendars.values())

    def __contains__(self, name: object) -> bool:
        return name in self._calendars

    def get(self, name: str) -> Calendar:
        """The calendar of this name; raises ``UnknownName``."""
        try:
            return self._calendars[name]
        except KeyError:
            raise UnknownName("日历", name) from None

    def local(self, at: datetime) -> datetime:
        """The district's wall time, without zone; raises ``NaiveTime``."""
        if at.tzinfo is None:
            raise NaiveTime(at)
        return at.astimezone(self.zone).replace(tzinfo=None)

    def utc(self, local: datetime) -> datetime:
        """Back from the district's wall time."""
        return local.replace(tzinfo=self.zone).astimezone(UTC)

    def duration(self, allowance: Allowance) -> timedelta:
        """An allowance as open time of its calendar; a working day is the calendar's open time of a day."""
        amounts = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "wh": timedelta(hours=1)}
        unit = amounts.get(allowance.unit) or self.get(allowance.calendar).day_length
        return allowance.amount * unit

    def add(self, start: datetime, allowance: Allowance) -> Deadline:
        """When the allowance runs out.

        ``wh``, ``h`` and ``min`` count the calendar's open time. ``wd`` moves the start into open time and ends at
        that time of day, so many open days later. ``elapsed`` gives the allowance back in either case.
        """
        calendar = self.get(allowance.calendar)
        if allowance.unit != "wd":
            return self.advance(start, self.duration(allowance), allowance.calendar)
        first = calendar.next_opening(self.local(start))
        day = first.date()
        for _ in range(allowance.amount):
            day = calendar.next_open_day(day + _DAY)
        due = _midnight(day) + (first - _midnight(first.date()))
        return self._deadline(calendar, self.local(start), first, due)

    def advance(self, start: datetime, open_time: timedelta, calendar: str) -> Deadline:
        """The moment at which so much open time has passed since ``start``; never before ``start``."""
        chosen = self.get(calendar)
        local = self.local(start)
        if open_time <= _NOTHING:
            return Deadline(self.utc(local), chosen.is_provisional(local.date()), ())
        left, due, first = open_time, local, None
        for begin, end in chosen.stretches(local):
            first = first or begin
            due = min(end, begin + left)
            left -= due - begin
            if left <= _NOTHING:
                break
        return self._deadline(chosen, local, first or local, due)

    def elapsed(self, start: datetime, end: datetime, calendar: str) -> timedelta:
        """Open time between two moments; negative where ``end`` lies before ``start``."""
        chosen = self.get(calendar)
        one, other = self.local(start), self.local(end)
        if other < one:
            return -self.elapsed(end, start, calendar)
        days = chosen.open_days(one.date(), other.date())
        return days * chosen.day_length + _into_day(chosen, other) - _into_day(chosen, one)

    def remaining(self, now: datetime, due_at: datetime, calendar: str) -> timedelta:
        """Open time left until ``due_at``; negative by the open time since then once it has passed."""
        return self.elapsed(now, due_at, calendar)

    def _deadline(self, calendar: Calendar, asked: datetime, first: datetime, due: datetime) -> Deadline:
        intervals: list[Interval] = []
        for begin, end in calendar.stretches(first):
            if begin >= due:
                break
            one = Interval(self.utc(begin), self.utc(min(end, due)))
            if intervals and intervals[-1].end == one.start:  # midnight does not divide a stretch that goes on
                one = Interval(intervals.pop().start, one.end)
            intervals.append(one)
        years = range(asked.year, due.year + 1)
        provisional = any(calendar.is_provisional(date(year, 1, 1)) for year in years)
        return Deadline(self.utc(due), provisional, tuple(intervals))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _into_day(calendar: Calendar, local: datetime) -> timedelta:
    if not calendar.is_open_on(local.date()):
        return _NOTHING
    return calendar.open_until(local - _midnight(local.date()))
