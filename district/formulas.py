"""Rates as ratios of sums over ``ticket_facts``, and the assessment day and period they are counted in.

Arithmetic is decimal and exact until shown; what is shown is rounded half up to two places.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from district.errors import NaiveTime, UnknownName
from district.schemas import Composite, Formulas, Rate, Term

COLUMNS = frozenset(
    {
        "contacted_in_time",
        "effective_callback",
        "resolved",
        "satisfied",
        "basically_satisfied",
        "accepted",
        "closed",
        "on_time",
        "answered",
        "ever_answered",
        "first_dispatch_right",
        "dispatched",
        "returned",
        "reworked",
        "overdue",
        "direct_answer",
        "city_verdict",
        "city_contacted",
        "city_resolved",
        "city_satisfied",
        "city_basically_satisfied",
    }
)
"""Columns of ``ticket_facts`` that a formula may name; each is 0 or 1 for a ticket (``returned`` may be more)."""

NO_DATA = "无数据"
CHINA = ZoneInfo("Asia/Shanghai")
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class RateValue:
    """A computed rate. ``value`` is a share (0.9 is 90%); None where the denominator is zero."""

    numerator: Decimal
    denominator: Decimal
    value: Decimal | None


def compute(rate: Rate, sums: Mapping[str, int | Decimal]) -> RateValue:
    """The rate over sums of ``ticket_facts`` columns; raises ``UnknownName`` where a column's sum is not given."""
    numerator, denominator = _weighted(rate.numerator, sums), _weighted(rate.denominator, sums)
    return RateValue(numerator, denominator, numerator / denominator if denominator else None)


def composite(formula: Composite, values: Mapping[str, RateValue]) -> Decimal | None:
    """Weighted sum of rates × 100, unrounded; None where one of its rates has no data."""
    total = Decimal(0)
    for name, weight in formula.weights.items():
        if name not in values:
            raise UnknownName("指标", name, values)
        value = values[name].value
        if value is None:
            return None
        total += weight * value
    return total * 100


def rounded(number: Decimal) -> Decimal:
    """Half up to two places."""
    return number.quantize(_HUNDREDTH, rounding=ROUND_HALF_UP)


def percent(share: Decimal | None) -> str:
    """A share for people: ``93.75%``, or 无数据."""
    return NO_DATA if share is None else f"{rounded(share * 100)}%"


def points(score: Decimal | None) -> str:
    """A score for people: ``93.75``, or 无数据."""
    return NO_DATA if score is None else str(rounded(score))


def assessment_day(at: datetime, formulas: Formulas, zone: ZoneInfo = CHINA) -> date:
    """The assessment day an instant belongs to, named by the date it starts on: noon of that day to the next noon."""
    return (_local(at, zone) - timedelta(hours=formulas.cut_off_hour)).date()


def day_span(day: date, formulas: Formulas, zone: ZoneInfo = CHINA) -> tuple[datetime, datetime]:
    """Start and end (excluded) in UTC of an assessment day: from the cut-off hour to that of the next day."""
    hour = time(formulas.cut_off_hour)
    start, end = (datetime.combine(each, hour, zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return start, end


def period(at: datetime, formulas: Formulas, zone: ZoneInfo = CHINA) -> tuple[datetime, datetime]:
    """Start and end (excluded) in UTC of the assessment period an instant belongs to."""
    return month_period(*period_month(at, formulas, zone), formulas, zone)


def period_month(at: datetime, formulas: Formulas, zone: ZoneInfo = CHINA) -> tuple[int, int]:
    """Year and month a period is called by: the one it ends in, as it starts in the month before."""
    day = assessment_day(at, formulas, zone)
    return _month(day.year, day.month + 1) if day.day >= formulas.start_day else (day.year, day.month)


def month_period(year: int, month: int, formulas: Formulas, zone: ZoneInfo = CHINA) -> tuple[datetime, datetime]:
    """Start and end (excluded) in UTC of the period called by this month."""
    before = date(*_month(year, month - 1), formulas.start_day)
    end = date(year, month, formulas.start_day)
    moment = time(formulas.cut_off_hour)
    start_at, end_at = (datetime.combine(day, moment, zone).astimezone(UTC) for day in (before, end))
    return start_at, end_at


def _weighted(terms: Iterable[Term], sums: Mapping[str, int | Decimal]) -> Decimal:
    total = Decimal(0)
    for term in terms:
        if term.column not in sums:
            raise UnknownName("统计列", term.column, sums)
        total += term.weight * sums[term.column]
    return total


def _month(year: int, month: int) -> tuple[int, int]:
    """A month that may be 0 or 13 as year and month."""
    return year + (month - 1) // 12, (month - 1) % 12 + 1


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    if at.tzinfo is None:
        raise NaiveTime(at)
    return at.astimezone(zone)
