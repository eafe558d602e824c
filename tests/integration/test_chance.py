"""What is left out where the end of a number is looked for."""

from __future__ import annotations

import pytest

from tests.integration.chance import BY_CHANCE


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("电话138****4791。", True),
        ("尾号4791", True),
        ("tel-4791x", True),
        ("01a22967-4791-77ca-8f39-a4744c192309", False),
        ("2026-11-29T10:02:03.914791+00:00", False),
        ('<input type="hidden" name="csrf" value="Ab4791-x">4790', False),
    ],
)
def test_the_end_of_a_number_is_seen_wherever_it_has_not_come_up_by_chance(words: str, seen: bool) -> None:
    assert ("4791" in BY_CHANCE.sub("", words)) is seen
