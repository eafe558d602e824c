"""``supervision.yaml`` and ``inspection.yaml``: what they say, what is refused with its line, and what holds without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from district.inspection import InspectionRules, check_inspection, read_inspection
from district.reading import Problems
from district.supervision import SupervisionRules, check_supervision, read_supervision

CALENDARS = {"office", "always"}
LEVELS = "levels:\n  - {name: yellow, label: 黄, term: 2 wd office}\n  - {name: red, label: 红, term: 1 wd office}\n"
SHEET = "sheets:\n  - kind: answer\n    label: 答复\n    items:\n      - {code: A1, label: 准确, points: 100}\n"


def supervision(folder: Path, written: str) -> tuple[SupervisionRules | None, list[tuple[int, str]]]:
    (folder / "supervision.yaml").write_text(written, encoding="utf-8")
    problems = Problems()
    stated = read_supervision(folder, problems)
    if stated is not None:
        check_supervision(stated, CALENDARS, problems)
    return stated.rule if stated else None, [(each.line, each.message) for each in problems.sorted()]


def inspection(folder: Path, written: str) -> tuple[InspectionRules | None, list[tuple[int, str]]]:
    (folder / "inspection.yaml").write_text(written, encoding="utf-8")
    problems = Problems()
    stated = read_inspection(folder, problems)
    check_inspection(stated, CALENDARS, problems)
    return stated.rule if stated else None, [(each.line, each.message) for each in problems.sorted()]


def test_levels_stand_one_above_the_other(tmp_path: Path) -> None:
    rules, problems = supervision(tmp_path, LEVELS)
    assert problems == []
    assert rules is not None
    assert [each.name if each else None for each in (rules.below("yellow"), rules.below("red"))] == [None, "yellow"]
    assert [each.name if each else None for each in (rules.above("yellow"), rules.above("red"))] == ["red", None]
    assert rules.above("gone") is None


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        ("levels:\n  - {name: yellow, label: 黄, term: 2 days}\n", 2, "时限应写作"),
        ("levels:\n  - {name: yellow, label: 黄, term: 2 wd moon}\n", 2, "没有日历“moon”"),
        (f"{LEVELS}  - {{name: red, label: 又红, term: 1 wd office}}\n", 1, "重复"),
        (f"issued_by: [unit_lead]\n{LEVELS}", 1, "不能签发督办"),
        (f"issued_by: [auditor]\n{LEVELS}", 1, "不能签发督办"),
        ("levels: []\n", 1, "至少要有 1 项"),
        (f"{LEVELS}follow_up:\n  returns: 0\n", 5, "应不小于 1"),
        (f"{LEVELS}follow_up:\n  urging: 3\n", 5, "不认识的字段“urging”"),
    ],
)
def test_breaches_of_supervision_name_their_line(tmp_path: Path, written: str, line: int, said: str) -> None:
    _, problems = supervision(tmp_path, written)
    assert [found[0] for found in problems if said in found[1]] == [line], problems


def test_a_pack_without_the_files_has_yellow_and_red_and_inspects_nothing(tmp_path: Path) -> None:
    problems = Problems()
    assert read_supervision(tmp_path, problems) is None
    assert read_inspection(tmp_path, problems) is None
    check_supervision(None, CALENDARS, problems)
    assert problems.found == []
    assert [level.name for level in SupervisionRules().levels] == ["yellow", "red"]
    assert InspectionRules().sheets == ()


def test_a_pack_without_the_file_and_the_calendar_of_its_defaults_is_told(tmp_path: Path) -> None:
    problems = Problems()
    check_supervision(read_supervision(tmp_path, problems), {"always"}, problems)
    assert len(problems.found) == 2
    assert all("supervision.yaml" in each.message for each in problems.found)


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        (SHEET.replace("100", "90"), 2, "合计应为 100，现为 90"),
        (SHEET.replace("kind: answer", "kind: tea"), 2, "不在可选范围"),
        (f"{SHEET}    critical:\n      - {{code: A1, label: 泄露}}\n", 2, "代码重复：A1"),
        (SHEET + SHEET.removeprefix("sheets:\n"), 1, "只能有一张评分表"),
        (f'share: "1.5"\n{SHEET}', 1, "应不大于 1"),
        (f"objection: 5 wd moon\n{SHEET}", 1, "没有日历“moon”"),
    ],
)
def test_breaches_of_inspection_name_their_line(tmp_path: Path, written: str, line: int, said: str) -> None:
    _, problems = inspection(tmp_path, written)
    assert [found[0] for found in problems if said in found[1]] == [line], problems


def test_a_sound_sheet_is_found_by_its_kind(tmp_path: Path) -> None:
    rules, problems = inspection(tmp_path, SHEET)
    assert problems == []
    assert rules is not None
    sheet = rules.sheet("answer")
    assert sheet is not None
    assert sheet.items[0].points == 100
    assert rules.sheet("callback") is None
