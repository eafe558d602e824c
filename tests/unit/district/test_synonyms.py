"""``synonyms.yaml``: a word means one thing and stands in one group."""

from __future__ import annotations

from pathlib import Path

import pytest

import packs
from district.reading import Problems
from district.synonyms import OneWay, SynonymRules, plain, read_synonyms

DEMO = Path(packs.__file__).parent / "demo"


def read(folder: Path, written: str) -> tuple[SynonymRules | None, list[tuple[int, str]]]:
    (folder / "synonyms.yaml").write_text(written, encoding="utf-8")
    problems = Problems()
    stated = read_synonyms(folder, problems)
    return stated.rule if stated else None, [(each.line, each.message) for each in problems.sorted()]


def test_a_pack_without_the_file_has_no_synonyms(tmp_path: Path) -> None:
    problems = Problems()
    assert read_synonyms(tmp_path, problems) is None
    assert problems.found == []


def test_groups_and_directions_are_read(tmp_path: Path) -> None:
    written = "weight: 0.4\nsame:\n  - [公积金, 住房公积金]\none_way:\n  - {said: [入户], find: [落户], weight: 0.2}\n"
    rules, problems = read(tmp_path, written)
    assert problems == []
    assert rules == SynonymRules(
        weight=0.4, same=(("公积金", "住房公积金"),), one_way=(OneWay(said=("入户",), find=("落户",), weight=0.2),)
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[车, 汽车]", "“车”应是 2 至 20 个"),
        ("[停 车, 泊车]", "“停 车”应是"),
        ("[停车, 停車]", "“停車”在一组里写了两次"),
        ("[停车]", "一组应有 2 至 12 个说法"),
        ("[低保, 最低生活保障]\n  - [五保, 低保]", "“低保”已在“低保”一组里"),
    ],
)
def test_a_group_that_would_do_harm_is_refused_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    _, problems = read(tmp_path, f"same:\n  - {line}\n")
    assert len(problems) == 1
    assert said in problems[0][1]
    assert problems[0][0] == (3 if "\n" in line else 2)


@pytest.mark.parametrize("weight", ["0", "1.5", "-0.1"])
def test_a_weight_lies_above_nought_and_up_to_one(tmp_path: Path, weight: str) -> None:
    rules, problems = read(tmp_path, f"weight: {weight}\n")
    assert rules is None
    assert [line for line, _ in problems] == [1]


def test_the_demo_has_its_groups() -> None:
    problems = Problems()
    stated = read_synonyms(DEMO, problems)
    assert problems.found == []
    assert stated is not None
    assert len(stated.rule.same) + len(stated.rule.one_way) >= 250


def test_words_are_compared_in_one_spelling() -> None:
    assert plain("ＫＴＶ噪聲") == "ktv噪声"
