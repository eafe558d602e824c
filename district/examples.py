"""Example sentences of a pack (``examples.csv``): what residents write, with how urgent it is and what it asks for.

Triage learns urgency and request type from them when a process starts, beside the signs and cues that the pack's rules
name. Thousands of them by many hands tell more than any rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import Field

from district.reading import Problems, Stated, build_rows, read_rows
from district.rule import Rule

FILE = "examples.csv"
COLUMNS = ("text", "urgency", "request_type")


class Example(Rule):
    """One sentence or short letter. An empty label: nothing is learnt of that from it.

    ``foreign`` is what no desk could act on: chatter, advertising, verse, code.
    """

    text: str = Field(min_length=1)
    urgency: Literal["", "emergency", "urgent", "normal", "foreign"] = ""
    request_type: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """All of a pack; equal to others of the same ``version``, which is a digest of the rows."""

    version: str = ""
    rows: tuple[Example, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, rows: tuple[Example, ...]) -> Examples:
        """These rows, with their digest."""
        digest = hashlib.sha256()
        for row in rows:
            digest.update(f"{row.text}\0{row.urgency}\0{row.request_type}\0".encode())
        return cls(digest.hexdigest(), rows)

    def by_urgency(self, *levels: str) -> list[str]:
        """The texts of these levels, level by level."""
        return [row.text for level in levels for row in self.rows if row.urgency == level]


NONE = Examples()
"""Of a pack that has none."""


def read_examples(folder: Path, problems: Problems) -> list[Stated[Example]]:
    """The pack's ``examples.csv``; empty where it has none. A text that is there twice is noted."""
    if not (folder / FILE).exists():
        return []
    stated = build_rows(Example, read_rows(folder, FILE, COLUMNS, problems), _fields, problems)
    lines: dict[str, int] = {}
    for each in stated:
        if (first := lines.setdefault(each.rule.text, each.document.line())) != each.document.line():
            each.note(problems, f"与第 {first} 行重复")
        if not each.rule.urgency and not each.rule.request_type:
            each.note(problems, "urgency 与 request_type 都没有填")
    return stated


def _fields(cells: Mapping[str, str]) -> dict[str, str]:
    return dict(cells)
