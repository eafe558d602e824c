"""Rates: exact decimals shown half up, no data, the period from the 19th at noon."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from district import formulas
from district.errors import NaiveTime, UnknownName
from district.formulas import RateValue
from district.pack import District

ZONE = ZoneInfo("Asia/Shanghai")
SUMS = {"contacted_in_time": 15, "effective_callback": 16, "satisfied": 10, "basically_satisfied": 3}


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE)


def computed(district: District, sums: dict[str, int]) -> dict[str, RateValue]:
    return {rate.name: formulas.compute(rate, sums) for rate in district.formulas.rates}


def test_a_rate_weighs_its_columns(smallest: District) -> None:
    found = computed(smallest, SUMS)
    assert found["response_rate"] == RateValue(Decimal(15), Decimal(16), Decimal("0.9375"))
    assert found["satisfaction_rate"].numerator == Decimal("12.7")


def test_the_composite_weighs_the_rates(smallest: District) -> None:
    found = computed(smallest, SUMS)
    score = formulas.composite(smallest.formulas.composite, found)
    assert formulas.points(score) == "85.13"  # (0.4 × 0.9375 + 0.6 × 0.79375) × 100 = 85.125


@pytest.mark.parametrize(
    ("share", "shown"),
    [("0.125", "12.50%"), ("0.12345", "12.35%"), ("0.123449", "12.34%"), ("0.00005", "0.01%"), ("1", "100.00%")],
)
def test_a_share_is_shown_half_up_to_two_places(share: str, shown: str) -> None:
    assert formulas.percent(Decimal(share)) == shown


def test_a_denominator_of_zero_is_no_data_and_no_error(smallest: District) -> None:
    found = computed(smallest, dict.fromkeys(SUMS, 0))
    assert found["response_rate"].value is None
    assert formulas.percent(found["response_rate"].value) == "无数据"
    assert formulas.points(formulas.composite(smallest.formulas.composite, found)) == "无数据"


def test_a_column_without_a_sum_is_refused(smallest: District) -> None:
    with pytest.raises(UnknownName, match="effective_callback"):
        computed(smallest, {"contacted_in_time": 1})


def test_a_day_and_a_period_agree_on_where_they_begin(smallest: District) -> None:
    start, _ = formulas.period(at("2026-04-01 09:00"), smallest.formulas)
    assert formulas.day_span(date(2026, 3, smallest.formulas.start_day), smallest.formulas)[0] == start


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-04-19 11:59", "2026-04-18"), ("2026-04-19 12:00", "2026-04-19"), ("2026-04-20 00:30", "2026-04-19")],
)
def test_an_assessment_day_runs_from_noon_to_noon(smallest: District, moment: str, day: str) -> None:
    assert formulas.assessment_day(at(moment), smallest.formulas) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("moment", "start", "end"),
    [
        ("2026-04-19 11:59", "2026-03-19 12:00", "2026-04-19 12:00"),
        ("2026-04-19 12:00", "2026-04-19 12:00", "2026-05-19 12:00"),
        ("2026-12-31 09:00", "2026-12-19 12:00", "2027-01-19 12:00"),
        ("2027-01-01 09:00", "2026-12-19 12:00", "2027-01-19 12:00"),
        ("2026-02-28 23:00", "2026-02-19 12:00", "2026-03-19 12:00"),
    ],
)
def test_a_period_starts_at_noon_on_the_19th_of_the_month_before(
    smallest: District, moment: str, start: str, end: str
) -> None:
    assert formulas.period(at(moment), smallest.formulas) == (at(start), at(end))


def test_a_period_is_called_by_the_month_it_ends_in(smallest: District) -> None:
    assert formulas.period_month(at("2026-12-25 09:00"), smallest.formulas) == (2027, 1)
    assert formulas.month_period(2027, 1, smallest.formulas)[0] == at("2026-12-19 12:00").astimezone(UTC)


def test_a_time_without_zone_is_refused(smallest: District) -> None:
    with pytest.raises(NaiveTime):
        formulas.period(datetime(2026, 4, 19), smallest.formulas)
