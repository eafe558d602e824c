"""Texts under the platform's limit of 4096 UTF-16 units (Bot API, sendMessage): an emoji takes two."""

from __future__ import annotations

from channels.parting import part

LIMIT_UNITS = 4096


def units(text: str) -> int:
    """How long the platform counts the text."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str, limit: int = LIMIT_UNITS) -> list[str]:
    """Part the text, in order, into pieces of at most ``limit`` units; only white space at the seams is lost."""
    return part(text, lambda rest: _characters(rest, limit))


def _characters(text: str, limit: int) -> int:
    """How many leading characters take at most ``limit`` units; at least one, so that parting ends."""
    most = min(len(text), limit)
    while most > 1 and units(text[:most]) > limit:
        most -= max(1, (units(text[:most]) - limit) // 2)
    return most
