"""Years whose notice on days off (放假安排) is not loaded: what rests on them is provisional and is not published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.deadline_errors import ProvisionalDays
from casework.tables import ALIVE, Clock
from district.calendar import Calendars
from district.pack import District

NOTICE_MONTH = 10
"""From October on next year's notice is waited for; the State Council publishes it in November."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A year whose notice is waited for, and how many open deadlines are provisional."""

    year: int
    provisional: int

    @property
    def sentence(self) -> str:
        """In Chinese, for a page or a line."""
        if not self.provisional:
            return f"{self.year} 年放假安排尚未载入，目前没有时限落在该年"
        return f"{self.year} 年放假安排尚未载入，{self.provisional} 个时限为暂定"


def missing_year(calendars: Calendars, *, now: datetime) -> int | None:
    """The first year that is waited for: this one, and from October the next. None where all are loaded."""
    today = now.astimezone(calendars.zone).date()
    waited = [today.year, *([today.year + 1] if today.month >= NOTICE_MONTH else [])]
    return next((year for year in waited if year in _unpublished(calendars, date(year, 1, 1), date(year, 1, 1))), None)


def missing_notice(session: Session, district: District, *, now: datetime) -> Missing | None:
    """The notice the desk waits for, with what rests on it; None where none is."""
    year = missing_year(district.calendars, now=now)
    if year is None:
        return None
    counted = select(func.count(Clock.id)).where(Clock.state.in_(ALIVE), Clock.provisional)
    return Missing(year, session.scalar(counted) or 0)


def check_publishable(district: District, *, start: datetime, end: datetime, now: datetime) -> None:
    """Refuse a report on a period of which days of an unpublished year have come. Raises ``ProvisionalDays``.

    Days still to come change nothing that is reported: whether an answer was in time by now rests on days till now.
    """
    first = district.calendars.local(start).date()
    last = max(district.calendars.local(min(end, now)).date(), first)
    if years := _unpublished(district.calendars, first, last):
        raise ProvisionalDays(years)


def _unpublished(calendars: Calendars, first: date, last: date) -> list[int]:
    years = range(first.year, last.year + 1)
    return [year for year in years if any(each.is_provisional(date(year, 1, 1)) for each in calendars)]
