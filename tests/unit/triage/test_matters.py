"""Where one message is cut into several matters."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from triage import matters
from triage.assessment import CategoryGuess
from triage.matters import Kind

LAMP = CategoryGuess("010101", ("市政", "路灯", "路灯不亮"), 0.9)
REFUND = CategoryGuess("040101", ("市场", "消费", "退款纠纷"), 0.9)
RUBBISH = CategoryGuess("020101", ("环卫", "垃圾", "垃圾没清"), 0.2)


def judge(part: str) -> Kind:
    """Lamps, refunds, and what is neither is unsure."""
    if "退款" in part:
        return Kind(REFUND, np.array([0.05, 0.05, 0.9]), 0.9)
    if "灯" in part:
        return Kind(LAMP, np.array([0.9, 0.05, 0.05]), 0.9)
    return Kind(RUBBISH, np.array([0.35, 0.35, 0.3]), 0.2)


def codes(text: str) -> list[str]:
    return [each.category.code for each in matters.split(text, LAMP, judge)]


@pytest.mark.parametrize(
    "text",
    [
        "门口的路灯一直不亮，另外商家不给退款怎么办",
        "门口的路灯一直不亮。还有一个，商家不给退款怎么办",
        "反映两件事：1、门口的路灯一直不亮；2、商家不给退款怎么办",
        "两个问题，一是门口的路灯一直不亮，二是商家不给退款怎么办",
        "门口的路灯一直不亮\n顺便问问商家不给退款怎么办",
        "门口的路灯一直不亮。商家总是不给退款怎么办",
        "门口的路灯一直不亮 商家不给退款怎么办",
        "門口的路燈一直不亮，另外商家不給退款怎麼辦".replace("燈", "灯"),
    ],
)
def test_a_turn_to_another_kind_begins_another_matter_marked_or_not(text: str) -> None:
    found = matters.split(text, LAMP, judge)
    assert len(found) == 2
    assert "退" in text[found[1].start : found[1].end]
    assert "退" not in text[found[0].start : found[0].end]


@pytest.mark.parametrize(
    "text",
    [
        "门口的路灯一直不亮，另外灯杆也歪了没人管",
        "门口的路灯一直不亮，另外物业态度不怎么样",
        "门口的路灯一直不亮，另外",
        "门口的路灯一直不亮。他说退款也不给",
        "您好，我是一名老住户。路灯一直不亮",
        "路灯不亮",
        "",
    ],
)
def test_what_is_of_the_same_kind_unsure_or_goes_on_is_no_other_matter(text: str) -> None:
    assert matters.split(text, LAMP, judge) == (matters.Matter(0, len(text), LAMP),)


def test_numbered_points_of_one_request_stay_one() -> None:
    assert codes("咨询路灯报修的事：1、路灯坏了打哪个电话；2、退款多久到账；3、要带什么") == ["010101"]


def test_who_says_it_is_one_matter_is_believed() -> None:
    assert codes("就这一件事：路灯不亮。商家不给退款怎么办") == ["010101"]


def test_a_long_story_wanders_without_becoming_several() -> None:
    assert codes("路灯坏了。走了一趟。淋了雨。绕了路。退款没谈拢。回来晚了。") == ["010101"]


def test_the_parts_cover_the_text_in_order_and_are_bounded() -> None:
    text = "门口的路灯一直不亮呀，另外商家不给退款怎么办呢，" * 400
    asked: list[str] = []

    def counting(part: str) -> Kind:
        asked.append(part)
        return judge(part)

    found = matters.split(text, LAMP, counting)
    assert len(found) <= matters.MOST
    assert sum(map(len, asked)) < 40 * matters.LOOKED_AT
    assert (found[0].start, found[-1].end) == (0, len(text))
    assert all(one.end == other.start for one, other in pairwise(found))


def test_returning_to_the_first_matter_adds_no_third() -> None:
    assert codes("门口的路灯一直不亮。另外商家不给退款怎么办。还有就是路灯晚上全都不亮") == ["010101", "040101"]
