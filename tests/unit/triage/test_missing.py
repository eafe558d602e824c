"""What a dispatcher would ask for is named, and nothing else."""

from __future__ import annotations

import pytest

from district.asks import Ask
from triage.missing import Questions

QUESTIONS = Questions(
    [
        Ask(missing="time", categories=("0301",), request_types=("投诉",), entities=("time",), found=("每天|半夜",)),
        Ask(missing="object", categories=("03", "0401"), found=(r"\d+路",), entities=("plate",)),
        Ask(missing="contact", categories=("03",), channels=("mailbox",), entities=("phone",)),
    ]
)


def missing(
    text: str,
    category: str = "030101",
    request_type: str = "投诉",
    channel: str = "wechat",
    named: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    return QUESTIONS.missing(text, category=category, request_type=request_type, channel=channel, named=named)


def test_what_neither_an_entity_nor_a_pattern_names_is_missing() -> None:
    assert missing("司机不停车") == ("time", "object")


@pytest.mark.parametrize(
    ("text", "named", "left"),
    [
        ("12路司机不停车", frozenset(), ("time",)),
        ("１２路司机每天不停车", frozenset(), ()),
        ("司机半夜不停车", frozenset({"plate"}), ()),
        ("司机不停车", frozenset({"time"}), ("object",)),
    ],
)
def test_what_is_named_is_not_asked_for(text: str, named: frozenset[str], left: tuple[str, ...]) -> None:
    assert missing(text, named=named) == left


def test_other_categories_types_and_channels_are_not_asked() -> None:
    assert missing("司机不停车", category="020101") == ()
    assert missing("司机不停车", request_type="建议") == ("object",)
    assert missing("12路每天不停车", channel="mailbox") == ("contact",)


def test_one_thing_is_asked_for_once() -> None:
    twice = Questions([Ask(missing="time", categories=(code,), found=("点",)) for code in ("03", "0301")])
    assert twice.missing("不停车", category="030101", request_type="", channel="", named=set()) == ("time",)
