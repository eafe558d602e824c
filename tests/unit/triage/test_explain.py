"""Reasons as they are read: a mark grows to the words that it cuts, and to nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from triage.explain import in_whole_words
from triage.text import Lexicon

LEXICON = Lexicon(
    {"老板": 9, "拖着": 5, "工资": 9, "路灯": 9, "社会保障局": 9, "不亮": 4}
    | dict.fromkeys("老板说三个月一直了路灯", 1)
)


def grown(text: str, marked: str) -> list[str]:
    """The spans of ``text`` for marks where ``marked`` has a cross."""
    marks = np.array([mark == "x" for mark in marked.ljust(len(text), ".")])
    return [text[start:end] for start, end in in_whole_words(text, marks, LEXICON)]


@pytest.mark.parametrize(
    ("text", "marked", "told"),
    [
        ("老板说工资一直拖着", ".x.......", ["老板"]),
        ("老板说工资一直拖着", "x......x.", ["老板", "拖着"]),
        ("老板说工资一直拖着", "...xx....", ["工资"]),  # whole already
        ("老板说工资一直拖着", "..x......", ["说"]),  # a word by itself
        ("三个月工资", "..xx.", ["月工资"]),  # over the edge of two words
        ("路灯路灯不亮", "..x.x.", ["路灯不亮"]),  # two that touch are one
        ("找社会保障局", ".xx...", ["社会"]),  # of a long name what spoke
        ("路灯", "..", []),
        ("", "", []),
    ],
)
def test_a_mark_grows_to_the_words_it_cuts(text: str, marked: str, told: list[str]) -> None:
    assert grown(text, marked) == told


def test_where_the_mark_stands_in_a_long_text_does_not_matter() -> None:
    far = "一直" * 700
    assert grown(f"{far}老板说{far}", f"{'.' * len(far)}.x") == ["老板"]
