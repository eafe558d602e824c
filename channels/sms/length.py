"""How a text is counted: 70 UTF-16 units in one part, parts of 67 where it is longer (GSM 03.40, UCS-2)."""

from __future__ import annotations

ONE, EACH = 70, 67
LONGEST = 500
"""Units of one text with its heading, by default; providers refuse longer ones."""


def units(text: str) -> int:
    """UTF-16 units: an emoji has two."""
    return len(text.encode("utf-16-le", "replace")) // 2


def parts_of(text: str) -> int:
    """How many parts are paid for this text, its heading included."""
    length = units(text)
    return 1 if length <= ONE else -(-length // EACH)


def fitting(most: int, text: str) -> int:
    """How many leading characters have at most so many units; at least one."""
    taken = 0
    for count, character in enumerate(text):
        taken += 2 if ord(character) > 0xFFFF else 1
        if taken > most:
            return max(1, count)
    return max(1, len(text))
