"""How long personal data are kept: the pack's file, its defaults, and what is wrong with it by file and line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from district.errors import PackError
from district.pack import load

SMALLEST = Path(__file__).parent / "smallest"


def pack(tmp_path: Path, written: str = "") -> Path:
    folder = Path(shutil.copytree(SMALLEST, tmp_path / "pack"))
    if written:
        (folder / "retention.yaml").write_text(written, encoding="utf-8")
    return folder


def test_without_the_file_three_years_and_the_grounds_of_the_law(tmp_path: Path) -> None:
    rules = load(pack(tmp_path)).retention
    assert rules.closed_years == 3
    assert [each.code for each in rules.grounds if each.within_term] == ["unlawful"]


def test_a_district_states_its_own_years(tmp_path: Path) -> None:
    assert load(pack(tmp_path, "closed_years: 10\n")).retention.closed_years == 10


@pytest.mark.parametrize(
    ("written", "line", "said"),
    [
        ("keeps: [category, unit]\n", 1, "不能删除"),
        ("closed_years: 3\nexport_days: 0\n", 2, "export_days"),
        ("closed_years: 3\ngrounds: []\n", 2, "grounds"),
        ("keeps: [category, unit, clocks, facts, audit, phone]\n", 1, "keeps"),
        ("grounds:\n  - {code: a_b, label: 甲, basis: 乙}\n  - {code: a_b, label: 丙, basis: 丁}\n", 1, "重复"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, written: str, line: int, said: str) -> None:
    with pytest.raises(PackError) as refused:
        load(pack(tmp_path, written))
    (problem,) = [each for each in refused.value.problems if each.file == "retention.yaml"]
    assert problem.line == line
    assert said in str(problem)
