"""Texts under the platform's limit of 4096 UTF-16 units (Bot API, sendMessage): an emoji takes two."""

from __future__ import annotations

from channels.parting import fitting, part, utf16_units

LIMIT_UNITS = 4096


def units(text: str) -> int:
    """How long the platform counts the text."""
    return utf16_units(text)


def split(text: str, limit: int = LIMIT_UNITS) -> list[str]:
    """Part the text, in order, into pieces of at most ``limit`` units; only white space at the seams is lost."""
    return part(text, fitting("utf16", limit))
