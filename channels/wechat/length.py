"""Texts under the platform's limit of 2048 bytes of UTF-8: about 680 Chinese characters."""

from __future__ import annotations

LIMIT_BYTES = 2048
POINTER = "……\n（内容较长，全文随后发给您）"

# Where a text may be parted, best first; a weaker place is taken only when the better one wastes half the room.
_PLACES = ("\n", "。！？!?；;", "，,、：: ", "")


def fits_passive(text: str) -> bool:
    """Whether the text fits into one passive reply or customer-service message as it is."""
    return len(text.encode("utf-8", "replace")) <= LIMIT_BYTES


def shorten(text: str, limit: int = LIMIT_BYTES) -> str:
    """The text itself, or its beginning up to a sentence's end with a pointer to the full text."""
    if len(text.encode("utf-8", "replace")) <= limit:
        return text
    room = limit - len(POINTER.encode())
    return text[: _cut(text, room)].rstrip() + POINTER


def split(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """Part the text, in order, into pieces of at most ``limit`` bytes; only white space at the seams is lost."""
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        at = _cut(rest, limit)
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return pieces


def _cut(text: str, limit: int) -> int:
    """The number of characters of the first piece."""
    most = _characters(text, limit)
    if most == len(text):
        return most
    for marks in _PLACES:
        at = max((text.rfind(mark, 0, most) + 1 for mark in marks), default=0)
        if at * 2 >= most:
            return at
    return most


def _characters(text: str, limit: int) -> int:
    """How many leading characters take at most ``limit`` bytes; at least one, so that parting ends."""
    head = text[:limit].encode("utf-8", "replace")[:limit]
    return max(1, len(head.decode("utf-8", "ignore")))
