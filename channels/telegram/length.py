"""Texts under the platform's limit of 4096 UTF-16 units (Bot API, sendMessage): an emoji takes two."""

from __future__ import annotations

LIMIT_UNITS = 4096

# Where a text may be parted, best first; a weaker place is taken only when the better one wastes half the room.
_PLACES = ("\n", "。！？!?；;", "，,、：: ", "")


def units(text: str) -> int:
    """How long the platform counts the text."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = LIMIT_UNITS) -> list[str]:
    """Part the text, in order, into pieces of at most ``limit`` units; only white space at the seams is lost."""
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        at = _cut(rest, limit)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return pieces


def _cut(text: str, limit: int) -> int:
    """The number of characters of the first piece, at least one."""
    most = min(len(text), limit)
    while most > 1 and units(text[:most]) > limit:
        most -= max(1, (units(text[:most]) - limit) // 2)
    if most == len(text):
        return most
    for marks in _PLACES:
        at = max((text.rfind(mark, 0, most) + 1 for mark in marks), default=0)
        if at * 2 >= most:
            return at
    return most
