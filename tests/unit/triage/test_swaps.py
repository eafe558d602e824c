"""Copies in which another name or number was put, and names read by their endings."""

from __future__ import annotations

import pytest

from triage.naming import ROAD, SPOT, names
from triage.swaps import stripped, swapped


def _told(one: str, other: str) -> float:
    there_and_back = {swapped(stripped(x), stripped(y)) for x, y in ((one, other), (other, one))}
    assert len(there_and_back) == 1
    return there_and_back.pop()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("民生街52号二层违法搭建彩钢房", "民生街25号二层违法搭建彩钢房"),
        ("长安里农贸市场门口摊贩占用盲道", "长庆里农贸市场门口摊贩占用盲道"),
        ("云溪路工地夜间十点后仍在浇筑混凝土", "鹤鸣路工地夜间十点后仍在浇筑混凝土"),
        ("泰和东里健身路径上的双杠断了", "泰和西里健身路径上的双杠断了"),
        ("枣林街55号有人占道停放僵尸车", "枣林街155号有人占道停放僵尸车"),
    ],
)
def test_another_name_or_number_in_the_same_words_is_a_swap(one: str, other: str) -> None:
    assert _told(one, other) > 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("民生街52号二层违法搭建彩钢房", "民生街五十二号二层违法搭建彩钢房"),  # one number in two ways
        ("来电人反映民生街路灯不亮，要求维修", "民生街路灯不亮了，维修"),  # words of the form
        ("民生街路灯不亮好几天", "民生街路灯不亮好些天"),  # another word, no name
        ("路灯", "电梯"),  # too short
        ("民生街路灯不亮", "望塔花园的广场舞音响太响，老人晚上睡不着"),  # no copies
    ],
)
def test_what_is_no_name_and_no_number_is_no_swap(one: str, other: str) -> None:
    assert _told(one, other) == 0.0


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("我们玺悦嘉园的保安", {(SPOT, "玺悦")}),
        ("来电人反映河湾路利群网吧允许未成年人上网", {(ROAD, "河湾"), (SPOT, "利群")}),
        ("家住鹤鸣路", {(ROAD, "鹤鸣")}),
        ("整个小区都黑了，路边社区医院也是", set()),
    ],
)
def test_names_are_read_by_their_endings(text: str, found: set[tuple[str, str]]) -> None:
    assert {(kind, name) for kind, name, _ in names(text)} == found
    assert all(text[start:end] == name[-2:] for _, name, (start, end) in names(text))
