"""Periods of the rates and of other figures, as days are asked for."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import Query

from api.desk import Desk
from casework.deadline_errors import PeriodNotStarted
from casework.errors import BadPeriod, TooManyPeriods
from district import formulas

YEARS = (1970, 2999)
"""No desk has figures of another year, and near the ends of the calendar a day has none before or after it."""


Day = Annotated[str, Query(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]
"""A day as an address gives it; empty: none is asked for."""


def given_day(text: str) -> date | None:
    """The day that an address gives; None for none, and for one that is in no calendar."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def span(desk: Desk, first: date | None, last: date | None) -> tuple[datetime, datetime]:
    """The moments of a period given by assessment days, both counted; without days the current assessment period.

    An assessment day (考核日) is called by the date it starts on, at the formula's cut-off hour. Raises ``BadPeriod``,
    and ``PeriodNotStarted`` where the first day lies ahead.
    """
    _check(first, last)
    zone = desk.district.calendars.zone
    if first is None and last is None:
        return formulas.period(desk.now(), desk.district.formulas, zone)
    rules = desk.district.formulas
    today = formulas.assessment_day(desk.now(), rules, zone)
    if (first or last or today) > today:
        raise PeriodNotStarted((first or last or today).isoformat())
    return formulas.day_span(first or last or today, rules, zone)[0], formulas.day_span(last or today, rules, zone)[1]


def _check(first: date | None, last: date | None) -> None:
    for each in (first, last):
        if each is not None and not YEARS[0] <= each.year <= YEARS[1]:
            raise BadPeriod(str(first), str(last))
    if first is not None and last is not None and last < first:
        raise BadPeriod(str(first), str(last))


Step = Literal["week", "month"]
LATEST = 12
"""Weeks or months up to today that are shown where no day is given."""
MOST = 120


def calendar_days(desk: Desk, first: date | None, last: date | None, step: Step) -> tuple[datetime, datetime]:
    """The moments of days as the calendar counts them, both counted; else the ``LATEST`` weeks or months to ``last``.

    Raises ``BadPeriod``.
    """
    _check(first, last)
    zone = desk.district.calendars.zone
    last = last or max(desk.now().astimezone(zone).date(), first or date.min)
    if first is None:
        first = _stepped(last, step, 1 - LATEST)
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def starts(start: datetime, end: datetime, step: Step, zone: ZoneInfo) -> list[datetime]:
    """Where the weeks (from Monday) or months within these moments begin; the first is cut by ``start`` itself.

    Raises ``TooManyPeriods``.
    """
    found = [start]
    day = _stepped(start.astimezone(zone).date(), step, 1)
    while (at := _midnight(day, zone)) < end:
        found.append(at)
        day = _stepped(day, step, 1)
    if len(found) > MOST:
        raise TooManyPeriods(len(found), MOST)
    return found


def _stepped(day: date, step: Step, by: int) -> date:
    """The first day of the week or month that lies ``by`` of them from the day's own."""
    if step == "week":
        return day - timedelta(days=day.weekday()) + timedelta(weeks=by)
    months = day.year * 12 + day.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
