"""Paragraphs, list entries, tables and headings: what every kind of document is read as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list entry or table. ``level`` is that of a heading of the document's own, 1 the highest."""

    text: str
    level: int = 0
    at: int = 0
    is_item: bool = False
    is_table: bool = False


def as_text(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown: an empty line between them, none between the entries of a list."""
    text = ""
    for before, block in zip((None, *blocks), blocks, strict=False):
        close = before is not None and before.is_item and block.is_item
        text += ("" if before is None else "\n" if close else "\n\n") + block.text
    return text
