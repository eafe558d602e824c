"""What of a text can be seen: spaces, joiners, byte order marks and marks of direction say nothing by themselves."""

from __future__ import annotations

import unicodedata

_SHOWS_NOTHING = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks by Unicode's categories that are drawn as nothing."""


def stripped(text: str) -> str:
    """The text from its first to its last character that can be seen; empty if there is none."""
    first, last = 0, len(text)
    while first < last and _is_blank(text[first]):
        first += 1
    while first < last and _is_blank(text[last - 1]):
        last -= 1
    return text[first:last]


def _is_blank(character: str) -> bool:
    if character in _BLANKS or "\ufe00" <= character <= "\ufe0f":  # variation selectors
        return True
    return unicodedata.category(character) in _SHOWS_NOTHING
