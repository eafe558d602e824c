"""What is shown of bytes that nobody could read."""

from __future__ import annotations

import pytest

from api import payload_view


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_text_is_shown_as_text_with_its_numbers_masked(encoding: str) -> None:
    seen = payload_view.of("张先生来电，电话 13800005678，路灯不亮".encode(encoding))
    assert "路灯不亮" in seen.text
    assert "13800005678" not in seen.text
    assert seen.kind.startswith("文字")


def test_what_is_no_text_is_shown_as_figures_without_letters() -> None:
    seen = payload_view.of(bytes(range(256)) * 8 + b"13800005678")
    assert seen.text.startswith("000000  00 01 02")
    assert seen.cut == 256 * 8 + 11 - payload_view.MOST_BYTES


def test_signs_that_turn_text_about_are_shown_as_dots() -> None:
    assert payload_view.of("路灯\u202e不亮\x1b[31m，请尽快修好它，谢谢你们的工作".encode()).text.startswith(
        "路灯·不亮·[31m"
    )


def test_long_text_is_cut_and_says_by_how_much() -> None:
    assert payload_view.of(b"a" * (payload_view.MOST_TEXT + 5)).cut == 5


def test_nothing_is_shown_of_nothing() -> None:
    assert payload_view.of(b"").text == ""
