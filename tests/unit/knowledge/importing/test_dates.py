"""A day that is none keeps its row out, with the cell's name; it never becomes another day or none."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any

import pytest

from knowledge.importing import reading
from knowledge.importing.dates import read_day
from tests.unit.knowledge.importing import office


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-10-01", date(2026, 10, 1)),
        ("2026年3月5日", date(2026, 3, 5)),
        ("2026/3/5 08:30", date(2026, 3, 5)),
        ("2026-03-05 起", date(2026, 3, 5)),
        ("20260305", date(2026, 3, 5)),
        ("46086", date(2026, 3, 5)),
        ("9999-12-31", date(9999, 12, 31)),
        ("长期", None),
    ],
)
def test_days_are_read_as_people_and_spreadsheets_write_them(written: str, day: date | None) -> None:
    assert read_day(written) == day


@pytest.mark.parametrize(
    "bad",
    [
        "明年",
        "2026-02-30",
        "2026年13月1日",
        "2026-01-01 至 2026-12-31",
        99999,
        12345,
        7,
        time(3, 4),
        datetime(1900, 1, 1),
    ],
)
def test_a_day_that_is_none_is_named_with_its_row_and_column(bad: Any) -> None:
    rows = (
        ("编号", "问题", "答案", "有效期止"),
        ("A-1", "怎样办？", "这样。", bad),
        ("A-2", "怎样退？", "那样。", None),
    )
    taken = reading.read("a.xlsx", office.xlsx(*rows))
    assert [draft.fields["id"] for draft in taken.drafts] == ["A-2"]
    (fault,) = taken.faults
    assert (fault.place.row, fault.place.column) == (2, "有效期止")
    assert "不是日期" in fault.message


@pytest.mark.parametrize("bad", ["2026-02-30", "46086", 46086, 0, 1767225600, True, "2026-01-01T05:00:00"])
def test_a_day_of_json_lines_is_a_day_and_never_a_number(bad: Any) -> None:
    row = {"id": "A-1", "question": "怎样办？", "short_answer": "这样。", "category": "", "unit": "", "valid_from": bad}
    taken = reading.read("a.jsonl", json.dumps(row).encode())
    assert not taken.drafts
    assert "“valid_from”" in taken.faults[0].message
    assert "应是日期，例如 2026-10-01" in taken.faults[0].message
