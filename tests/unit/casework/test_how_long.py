"""Since when a matter has been so, as the summary tells it to the resident under 时间."""

from __future__ import annotations

from typing import Any, cast

import pytest

from casework.dialogue.answering import _summary, how_long
from casework.tables import Ticket
from triage.assessment import Assessment, Entity


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("玉泉大街30号院门口的路灯三天不亮了，晚上看不清路", "三天"),
        ("家里停水两个多小时了", "两个多小时"),
        ("垃圾一周没人清", "一周"),
        ("已经半个月，没人管", "半个月"),
        ("连着10天，夜里施工", "10天"),
        ("请三天内答复", ""),
        ("孩子上三年级", ""),
        ("第三天了还没来", ""),
        ("三月没供暖", ""),
        ("2026年了", ""),
        ("路灯不亮", ""),
    ],
)
def test_a_length_of_time_up_to_now_is_told_by_what_stands_around_it(text: str, long: str) -> None:
    assert how_long(text) == long


def summed(text: str, *times: Entity) -> dict[str, str]:
    assessment = cast(Assessment, type("Judged", (), {"entities": times}))
    return dict(_summary(Ticket(title="", text=text), assessment, answers=()))


def at(word: str, **value: Any) -> Entity:
    return Entity("time", word, 0, len(word), value)


def test_since_when_says_more_than_a_part_of_the_day_and_less_than_a_date() -> None:
    lamp = "玉泉大街30号院门口的路灯三天不亮了，晚上看不清路"
    assert summed(lamp, at("晚上"))["time"] == "三天"
    assert summed(lamp, at("上周五", start="2026-11-27T00:00:00+08:00"))["time"] == "上周五"
    assert summed("晚上看不清路", at("晚上"))["time"] == "晚上"
