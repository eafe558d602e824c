"""Deadlines worked out by hand, in ``worked_deadlines.csv``: from the State Council's notices on days off for 2024, 2025
and 2026 and from the domain's rules, by somebody who had not seen the code. Why each is so stands in its row.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import cast

import pytest

from casework import deadlines
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district import calendar
from district.calendar import Calendars
from district.pack import District
from district.schemas import Allowance

Row = dict[str, str]
ROWS: list[Row] = list(
    csv.DictReader(Path(__file__).with_name("worked_deadlines.csv").read_text(encoding="utf-8").splitlines())
)
COVERED = {
    *("new_year", "spring_festival", "qingming", "labour_day", "dragon_boat", "mid_autumn_national", "make_up_day"),
    *("noon", "closing", "night", "weekend", "emergency", "extension", "suspension", "pending_return"),
    *("late_notice", "unpublished_year", "ordinary"),
}


def name(row: Row) -> str:
    return f"{row['group']} {row['start']} {row['allowance']} {row['extension']} {row['paused_from']}"


def moment(calendars: Calendars, text: str) -> datetime:
    return calendars.utc(datetime.fromisoformat(text))


def allowance(text: str, *, more: int = 0) -> Allowance:
    amount, unit, named = text.split()
    return Allowance.model_validate({"amount": int(amount) + more, "unit": unit, "calendar": named})


def clock_of(district: District, row: Row) -> Clock:
    """The clock after all that befell it."""
    calendars = district.calendars
    began, given = moment(calendars, row["start"]), allowance(row["allowance"])
    extra = int(row["extension"] or 0)
    first = calendars.add(began, allowance(row["allowance"], more=extra))
    clock = Clock(
        name="sign",  # which no order's deadline binds
        label="签收",
        state="running",
        amount=given.amount,
        unit=given.unit,
        calendar=given.calendar,
        extra=extra,
        started_at=began,
        own_due_at=first.due_at,
        due_at=first.due_at,
        provisional=first.provisional,
        warned="",
    )
    case, rules = (
        Case(clocks=[clock]),
        cast("RuleBook", district),
    )  # of the rules a pause asks calendars and clocks only
    if row["paused_from"]:
        deadlines.pause(case, "sign", now=moment(calendars, row["paused_from"]))
        assert clock.state == "paused"
        deadlines.resume(rules, case, "sign", now=moment(calendars, row["paused_to"]))
    return clock


def told(rules: District, at: datetime) -> str:
    return f"{at.astimezone(rules.calendars.zone):%Y-%m-%d %H:%M}"


@contextmanager
def before_the_notice_of(years: set[int], patch: pytest.MonkeyPatch) -> Iterator[None]:
    """As long as these years' days off had not been announced."""
    with patch.context() as given:
        for table in ("published_holidays", "published_workdays"):
            known = {day: what for day, what in getattr(calendar, table).items() if day.year not in years}
            given.setattr(calendar, table, known)
        calendar.published_years.cache_clear()
        yield
    calendar.published_years.cache_clear()


def test_the_table_is_as_wide_as_promised() -> None:
    groups = Counter(row["group"] for row in ROWS)
    assert set(groups) == COVERED
    assert len(ROWS) >= 300
    assert min(groups.values()) >= 10
    assert all(row["why"] for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=name)
def test_a_deadline_is_what_a_clerk_works_out_by_hand(district: District, row: Row) -> None:
    clock = clock_of(district, row)
    assert (told(district, clock.due_at), clock.provisional) == (row["due"], row["provisional"] == "yes"), row["why"]


@pytest.mark.parametrize("row", [row for row in ROWS if row["before"]], ids=name)
def test_what_a_notice_moves_was_marked_provisional_before_it(
    district: District, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    years = {datetime.fromisoformat(row[column]).year for column in ("due", "before")}
    with before_the_notice_of(years, monkeypatch):
        fresh = Calendars([each.rule for each in district.calendars])
        clock = clock_of(replace(district, calendars=fresh), row)
    assert clock.provisional
    assert told(district, clock.due_at) == row["before"], row["why"]
