"""Units that were renamed, merged, split or closed: what a pack may say of them, and who has their work when."""

from __future__ import annotations

from datetime import date, time
from pathlib import Path

import pytest

from district.checks import check
from district.duty import DutyRules
from district.pack import District, load
from district.unit_changes import UnitChange, UnitChanges

HEAD = "day,kind,from,to,note\n"
BEFORE, DAY, AFTER = date(2026, 6, 30), date(2026, 7, 1), date(2027, 1, 1)


def changes(*lines: str) -> UnitChanges:
    rows = [dict(zip(("day", "kind", "from", "to"), line.split(","), strict=True)) for line in lines]
    return UnitChanges([UnitChange.model_validate(row) for row in rows])


def test_a_unit_goes_on_until_the_day_and_its_successor_has_the_work_from_then() -> None:
    found = changes("2026-07-01,rename,U001,U002")
    assert [found.ended("U001", day) for day in (BEFORE, DAY, AFTER)] == [False, True, True]
    assert [found.successor("U001", day) for day in (BEFORE, DAY)] == ["U001", "U002"]
    assert (found.ended_on("U001"), found.ended_on("U002")) == (DAY, None)


def test_a_successor_that_ended_in_turn_is_followed_to_the_end() -> None:
    found = changes("2026-07-01,merge,U001,U002", "2026-07-01,merge,U003,U002", "2027-01-01,rename,U002,U004")
    assert [found.successor(code, DAY) for code in ("U001", "U003")] == ["U002", "U002"]
    assert [found.successor(code, AFTER) for code in ("U001", "U003", "U002")] == ["U004"] * 3


def test_a_split_has_several_successors_and_an_end_has_none() -> None:
    found = changes("2026-07-01,split,U001,U002", "2026-07-01,split,U001,U003", "2026-07-01,end,U004,")
    assert found.successors("U001", DAY) == ("U002", "U003")
    assert found.successor("U001", DAY) == ""
    assert found.successors("U004", DAY) == ()


@pytest.mark.parametrize(
    ("lines", "at", "told"),
    [
        ("2026-07-01,merge,U002,U999,\n", 2, "没有单位“U999”"),
        ("2026-07-01,merge,U002,,\n", 2, "其他变更须填 to"),
        ("2026-07-01,end,U002,U100,\n", 2, "不填 to"),
        ("2026-07-01,swallow,U002,U100,\n", 2, "不在可选范围"),
        ("2026-13-01,merge,U002,U100,\n", 2, "应是日期"),
        ("2026-07-01,merge,U002,U100,\n2026-07-01,merge,U002,U100,\n", 3, "重复"),
        ("2026-07-01,split,U002,U100,\n2026-07-02,split,U002,U1001,\n", 3, "须在同一天"),
        ("2026-07-01,split,U002,U100,\n2026-07-01,split,U002,U100,\n", 3, "重复"),
        ("2026-07-01,merge,U002,U100,\n2026-08-01,merge,U100,U002,\n", 2, "绕了一圈"),
        ("2026-07-01,merge,U002,U100,\n2026-06-01,end,U100,,\n", 2, "已在 2026-06-01 撤销"),
    ],
)
def test_a_breach_is_told_with_its_line(copy: Path, lines: str, at: int, told: str) -> None:
    (copy / "unit_changes.csv").write_text(HEAD + lines, encoding="utf-8")
    found = [each for each in check(copy).problems if each.file == "unit_changes.csv"]
    assert any(each.line == at and told in each.message for each in found), found


def test_a_pack_without_the_files_has_no_changes_and_the_default_duty(smallest: District) -> None:
    assert not smallest.unit_changes
    assert smallest.duty == DutyRules()
    assert smallest.duty.minutes("emergency") == 5


def test_the_files_of_a_pack_are_what_the_district_has(copy: Path) -> None:
    (copy / "unit_changes.csv").write_text(HEAD + "2026-07-01,rename,U002,U100,更名\n", encoding="utf-8")
    (copy / "duty.yaml").write_text('acknowledge_minutes: {emergency: 3}\nnight_from: "21:30"\n', encoding="utf-8")
    found = load(copy)
    assert found.unit_changes.successor("U002", DAY) == "U100"
    assert [found.duty.minutes(kind) for kind in ("emergency", "red_deadline")] == [3, 15]


@pytest.mark.parametrize(
    ("old", "told"), [('night_from: "25:00"', "格式不对"), ("silent_minutes: 0", "应不小于 1"), ("wakes: 3", "不认识")]
)
def test_a_breach_of_the_duty_rules_is_told(copy: Path, old: str, told: str) -> None:
    (copy / "duty.yaml").write_text(f"{old}\n", encoding="utf-8")
    found = [each for each in check(copy).problems if each.file == "duty.yaml"]
    assert [each.line for each in found] == [1]
    assert told in found[0].message


@pytest.mark.parametrize(
    ("first", "last", "at", "night"),
    [
        ("22:00", "08:00", "21:59", False),
        ("22:00", "08:00", "22:00", True),
        ("22:00", "08:00", "07:59", True),
        ("22:00", "08:00", "08:00", False),
        ("00:00", "06:00", "23:59", False),
        ("00:00", "06:00", "00:00", True),
    ],
)
def test_the_night_has_its_first_minute_and_not_its_last(first: str, last: str, at: str, *, night: bool) -> None:
    assert DutyRules(night_from=first, night_to=last).is_night(time.fromisoformat(at)) is night
