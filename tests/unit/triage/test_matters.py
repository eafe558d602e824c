"""Where one message is cut into several matters."""

from __future__ import annotations

from itertools import pairwise

import pytest

from triage import matters
from triage.assessment import CategoryGuess

WHOLE = CategoryGuess("010101", ("市政", "路灯", "路灯不亮"), 0.7)
REFUND = CategoryGuess("040101", ("市场", "消费", "退款纠纷"), 0.9)


def judge(part: str) -> CategoryGuess:
    """Lamps, refunds, and what is neither is unsure."""
    if "退款" in part:
        return REFUND
    return WHOLE if "灯" in part else CategoryGuess("020101", ("环卫", "垃圾", "垃圾没清"), 0.2)


@pytest.mark.parametrize(
    "text",
    [
        "门口的路灯一直不亮，另外商家不给退款怎么办",
        "门口的路灯一直不亮。还有一个，商家不给退款怎么办",
        "反映两件事：1、门口的路灯一直不亮；2、商家不给退款怎么办",
        "一是门口的路灯一直不亮，二是商家不给退款怎么办",
        "门口的路灯一直不亮\n顺便问问商家不给退款怎么办",
    ],
)
def test_a_turn_to_another_kind_begins_another_matter(text: str) -> None:
    found = matters.split(text, WHOLE, judge)
    assert [each.category.code for each in found] == ["010101", "040101"]
    assert "退款" in text[found[1].start : found[1].end]
    assert "退款" not in text[found[0].start : found[0].end]


@pytest.mark.parametrize(
    "text",
    [
        "门口的路灯一直不亮，另外灯杆也歪了没人管",
        "门口的路灯一直不亮，另外物业态度也不怎么样",
        "门口的路灯一直不亮，另外",
        "路灯不亮",
        "",
    ],
)
def test_what_is_of_the_same_kind_or_unsure_is_no_other_matter(text: str) -> None:
    assert matters.split(text, WHOLE, judge) == (matters.Matter(0, len(text), WHOLE),)


def test_the_parts_cover_the_text_in_order_and_are_bounded() -> None:
    text = "门口的路灯一直不亮呀，另外商家不给退款怎么办呢，" * 400
    asked: list[str] = []

    def counting(part: str) -> CategoryGuess:
        asked.append(part)
        return judge(part)

    found = matters.split(text, WHOLE, counting)
    assert len(asked) <= matters.MOST
    assert (found[0].start, found[-1].end) == (0, len(text))
    assert all(one.end == other.start for one, other in pairwise(found))


def test_returning_to_the_first_matter_adds_no_third() -> None:
    text = "门口的路灯一直不亮。另外商家不给退款怎么办。还有就是路灯晚上全都不亮"
    assert [each.category.code for each in matters.split(text, WHOLE, judge)] == ["010101", "040101"]
