"""``reply_check.yaml``: expressions are sound, kinds are named once, and a pack may go without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from district.reading import Problems
from district.replies import BUILT_IN, FILE, ReplyRules, read_replies

PHRASE = {"kind": "vague", "label": "没有期限", "sentence": "写明日期", "words": ["尽快"]}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"deeds": ["修("]}, "“修\\(”不是正则表达式"),
        ({"signs": ["我局|"]}, "“我局|”会匹配空白"),
        ({"phrases": [PHRASE | {"words": ["尽快("]}]}, "不是正则表达式"),
        ({"phrases": [PHRASE | {"unless": ["a*"]}]}, "会匹配空白"),
        ({"questions": [{"label": "费用", "asked": ["多少钱"], "answered": ["x*"]}]}, "会匹配空白"),
        ({"phrases": [PHRASE, PHRASE]}, "“vague”重复"),
        ({"phrases": [PHRASE | {"kind": "personal"}]}, "“personal”重复，或与内置的检查同名"),
        ({"without": ["tone"]}, "without 中的“tone”不是内置的检查"),
        ({"copied": 101}, "copied"),
        ({"phrases": [PHRASE | {"words": []}]}, "words"),
        ({"phrases": [PHRASE | {"within": "letter"}]}, "within"),
        ({"tone": []}, "tone"),
    ],
)
def test_an_unsound_file_is_told_why(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ReplyRules.model_validate(given)


def test_every_own_check_may_be_switched_off() -> None:
    assert ReplyRules.model_validate({"without": list(BUILT_IN)}).without == tuple(BUILT_IN)


def test_a_pack_without_the_file_has_no_rules_and_no_problem(tmp_path: Path) -> None:
    problems = Problems()
    assert read_replies(tmp_path, problems) is None
    assert problems.found == []


def test_a_fault_names_the_file_and_its_line(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("shortest: 30\ncopied: 20\n", encoding="utf-8")
    problems = Problems()
    assert read_replies(tmp_path, problems) is None
    assert [(each.file, each.line) for each in problems.found] == [(FILE, 2)]
