"""Texts under the platform's limit of 2048 bytes of UTF-8: about 680 Chinese characters."""

from __future__ import annotations

from channels.parting import cut, fitting, part

LIMIT_BYTES = 2048
POINTER = "……\n（内容较长，全文随后发给您）"


def fits_passive(text: str) -> bool:
    """Whether the text fits into one passive reply or customer-service message as it is."""
    return len(text.encode("utf-8", "replace")) <= LIMIT_BYTES


def shorten(text: str, limit: int = LIMIT_BYTES) -> str:
    """The text itself, or its beginning up to a sentence's end with a pointer to the full text."""
    if len(text.encode("utf-8", "replace")) <= limit:
        return text
    room = limit - len(POINTER.encode())
    return text[: cut(text, fitting("bytes", room)(text))].rstrip() + POINTER


def split(text: str, limit: int = LIMIT_BYTES) -> list[str]:
    """Part the text, in order, into pieces of at most ``limit`` bytes; only white space at the seams is lost."""
    return part(text, fitting("bytes", limit))
