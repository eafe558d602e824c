"""Working time: 调休 days of 2026, lunch, midnight, years not yet published, and deadlines that give back what they took."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from district.calendar import Calendars
from district.errors import NaiveTime, UnknownName
from district.schemas import Allowance, CalendarRule

ZONE = ZoneInfo("Asia/Shanghai")
CALENDARS = Calendars(
    CalendarRule.model_validate(rule)
    for rule in (
        {"name": "always", "label": "自然时间", "hours": ["00:00-24:00"]},
        {"name": "desk", "label": "热线时间", "hours": ["08:00-22:00"]},
        {
            "name": "office",
            "label": "工作时间",
            "weekdays": [1, 2, 3, 4, 5],
            "hours": ["09:00-12:00", "13:30-18:00"],
            "holidays": True,
        },
        {
            "name": "stated",
            "label": "规则包写明的年度",
            "weekdays": [1, 2, 3, 4, 5],
            "hours": ["09:00-17:00"],
            "holidays": True,
            "closed_on": ["2027-02-08"],
            "open_on": ["2027-02-13", "2026-10-01"],
            "years": [2027],
        },
        {"name": "night", "label": "夜间", "hours": ["00:00-06:00", "22:00-24:00"]},
    )
)


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE)


def due(start: str, allowance: str) -> str:
    deadline = CALENDARS.add(at(start), Allowance.model_validate(allowance))
    return f"{deadline.due_at.astimezone(ZONE):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_a_weekend_day_that_makes_up_for_a_holiday_is_open(day: str) -> None:
    assert date.fromisoformat(day).isoweekday() > 5
    assert CALENDARS.get("office").is_open_on(date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2026-01-01", "2026-02-17", "2026-04-06", "2026-05-05", "2026-06-19", "2026-10-07"])
def test_a_weekday_of_a_public_holiday_is_closed_to_offices_only(day: str) -> None:
    assert date.fromisoformat(day).isoweekday() < 6
    assert not CALENDARS.get("office").is_open_on(date.fromisoformat(day))
    assert CALENDARS.get("desk").is_open_on(date.fromisoformat(day))


@pytest.mark.parametrize(
    ("start", "allowance", "end"),
    [
        ("2026-03-24 09:30", "2 wh office", "2026-03-24 11:30"),
        ("2026-03-24 11:00", "2 wh office", "2026-03-24 14:30"),  # lunch does not count
        ("2026-03-24 12:10", "2 wh office", "2026-03-24 15:30"),  # moved to the end of lunch
        ("2026-03-24 17:00", "4 wh office", "2026-03-25 12:00"),  # over the night; closing time is the last moment
        ("2026-03-27 17:30", "1 wh office", "2026-03-30 09:30"),  # over a weekend
        ("2026-09-30 17:00", "2 wh office", "2026-10-08 10:00"),  # over the National Day week
        ("2026-10-09 17:00", "2 wh office", "2026-10-10 10:00"),  # 调休: the Saturday after it is worked
        ("2026-03-24 21:30", "2 h desk", "2026-03-25 09:30"),
        ("2026-03-24 23:50", "30 min desk", "2026-03-25 08:30"),
        ("2026-03-24 23:50", "30 min always", "2026-03-25 00:20"),
        ("2026-03-28 12:00", "24 h always", "2026-03-29 12:00"),
    ],
)
def test_hours_count_while_the_calendar_is_open(start: str, allowance: str, end: str) -> None:
    assert due(start, allowance) == end


@pytest.mark.parametrize(
    ("start", "allowance", "end"),
    [
        ("2026-03-24 09:30", "1 wd office", "2026-03-25 09:30"),
        ("2026-03-24 10:15", "5 wd office", "2026-03-31 10:15"),
        ("2026-03-24 12:30", "1 wd office", "2026-03-25 13:30"),  # started at lunch: moved to its end
        ("2026-03-27 18:00", "1 wd office", "2026-03-31 09:00"),  # closing time is closed: Monday 9:00 starts
        ("2026-09-29 11:00", "3 wd office", "2026-10-09 11:00"),
        ("2026-10-09 11:00", "1 wd office", "2026-10-10 11:00"),
        ("2026-02-13 16:00", "2 wd office", "2026-02-24 16:00"),  # 14th worked, 15th to 23rd off
        ("2026-03-24 23:00", "2 wd desk", "2026-03-27 08:00"),
    ],
)
def test_a_working_day_clock_ends_at_the_time_of_day_it_started_at(start: str, allowance: str, end: str) -> None:
    assert due(start, allowance) == end


def test_a_calendar_may_be_open_over_midnight_by_two_hours_of_a_day() -> None:
    deadline = CALENDARS.add(at("2026-03-24 23:00"), Allowance.model_validate("3 h night"))
    assert deadline.due_at == at("2026-03-25 02:00")
    (stretch,) = deadline.intervals
    assert (stretch.start, stretch.end) == (at("2026-03-24 23:00"), at("2026-03-25 02:00"))


def test_a_deadline_shows_the_open_time_it_counted() -> None:
    deadline = CALENDARS.add(at("2026-03-24 11:00"), Allowance.model_validate("2 wh office"))
    assert [(each.start, each.end) for each in deadline.intervals] == [
        (at("2026-03-24 11:00"), at("2026-03-24 12:00")),
        (at("2026-03-24 13:30"), at("2026-03-24 14:30")),
    ]


@pytest.mark.parametrize(
    ("start", "allowance", "provisional"),
    [
        ("2026-12-28 10:00", "3 wd office", False),
        ("2026-12-30 10:00", "3 wd office", True),  # ends in 2027
        ("2027-03-01 10:00", "1 wh office", True),
        ("2031-03-03 10:00", "5 wd office", True),
        ("2027-03-01 10:00", "2 h desk", False),  # holidays do not count on this calendar
        ("2027-03-01 10:00", "1 wd stated", False),  # the pack states 2027
        ("2028-03-01 10:00", "1 wd stated", True),
    ],
)
def test_a_deadline_in_a_year_not_yet_published_is_provisional(start: str, allowance: str, provisional: bool) -> None:
    assert CALENDARS.add(at(start), Allowance.model_validate(allowance)).provisional is provisional


def test_an_unpublished_year_is_counted_on_plain_weekdays() -> None:
    assert due("2031-10-01 09:00", "1 wd office") == "2031-10-02 09:00"


def test_days_of_the_pack_go_before_the_published_ones() -> None:
    stated = CALENDARS.get("stated")
    assert stated.is_open_on(date(2026, 10, 1))
    assert not stated.is_open_on(date(2027, 2, 8))
    assert stated.is_open_on(date(2027, 2, 13))


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31)).map(lambda local: local.replace(tzinfo=ZONE))
ALLOWANCES = st.builds(
    lambda amount, kind: Allowance.model_validate(f"{amount} {kind}"),
    st.integers(1, 200),
    st.sampled_from(
        ["min desk", "h always", "min office", "wh office", "wd office", "wd desk", "h night", "wd stated"]
    ),
)


@settings(deadline=None)
@given(start=MOMENTS, allowance=ALLOWANCES)
def test_the_open_time_up_to_a_deadline_is_the_allowance(start: datetime, allowance: Allowance) -> None:
    deadline = CALENDARS.add(start, allowance)
    counted = sum((each.end - each.start for each in deadline.intervals), timedelta())
    whole = CALENDARS.duration(allowance)
    assert CALENDARS.elapsed(start, deadline.due_at, allowance.calendar) == whole == counted
    assert CALENDARS.remaining(start, deadline.due_at, allowance.calendar) == whole
    assert deadline.due_at >= start


@settings(deadline=None)
@given(one=MOMENTS, other=MOMENTS, calendar=st.sampled_from(["office", "desk", "always", "night"]))
def test_open_time_is_the_same_forwards_and_backwards(one: datetime, other: datetime, calendar: str) -> None:
    assert CALENDARS.elapsed(one, other, calendar) == -CALENDARS.elapsed(other, one, calendar)


@settings(deadline=None)
@given(start=MOMENTS, middle=MOMENTS, end=MOMENTS, calendar=st.sampled_from(["office", "desk", "night"]))
def test_open_time_adds_up(start: datetime, middle: datetime, end: datetime, calendar: str) -> None:
    parts = CALENDARS.elapsed(start, middle, calendar) + CALENDARS.elapsed(middle, end, calendar)
    assert parts == CALENDARS.elapsed(start, end, calendar)


def test_time_left_is_negative_by_the_open_time_since_the_deadline() -> None:
    left = CALENDARS.remaining(at("2026-03-25 09:30"), at("2026-03-24 17:30"), "office")
    assert left == -timedelta(hours=1)


def test_nothing_to_advance_gives_the_moment_itself() -> None:
    start = at("2026-03-24 03:00")
    assert CALENDARS.advance(start, timedelta(), "office").due_at == start


def test_deadlines_are_told_in_utc() -> None:
    deadline = CALENDARS.add(at("2026-03-24 09:30"), Allowance.model_validate("30 min always"))
    assert deadline.due_at.tzinfo is UTC


def test_a_time_without_zone_and_an_unknown_calendar_are_refused() -> None:
    with pytest.raises(NaiveTime):
        CALENDARS.add(datetime(2026, 3, 24, 9), Allowance.model_validate("1 h always"))
    with pytest.raises(UnknownName, match="moon"):
        CALENDARS.add(at("2026-03-24 09:00"), Allowance.model_validate("1 h moon"))
