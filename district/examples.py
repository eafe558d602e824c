"""Example sentences of a pack (``examples.csv``): what residents write, with how urgent it is and what it asks for.

Triage learns urgency and request type from them when a process starts, beside the signs and cues that the pack's rules
name. Ten thousand of them by many hands tell more than any rule.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from district.reading import Problems, read_rows

FILE = "examples.csv"
COLUMNS = ("text", "urgency", "request_type")
FOREIGN = "foreign"
LEVELS = ("emergency", "urgent", "normal", FOREIGN)
"""From the gravest on. ``foreign`` is what no desk could act on: chatter, advertising, verse, code."""


class Example(NamedTuple):
    """One sentence or short letter, and the line it stands on. An empty label: nothing is learnt of that from it.

    No model of pydantic like other pieces of a pack: ten thousand took every command a third of a second.
    """

    text: str
    urgency: str = ""
    request_type: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Examples:
    """All of a pack; equal to others of the same ``version``, which is a digest of the rows."""

    version: str = ""
    rows: tuple[Example, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, rows: tuple[Example, ...]) -> Examples:
        """These rows, with their digest."""
        told = "\0".join(f"{row.text}\0{row.urgency}\0{row.request_type}" for row in rows)
        return cls(hashlib.sha256(told.encode()).hexdigest(), rows)


NONE = Examples()
"""Of a pack that has none."""


def read_examples(folder: Path, problems: Problems) -> list[Example]:
    """The pack's ``examples.csv``; empty where it has none. What is wrong with a line is noted."""
    if not (folder / FILE).exists():
        return []
    rows = [Example(**row.cells, line=row.line) for row in read_rows(folder, FILE, COLUMNS, problems)]
    first: dict[str, int] = {}
    for row in rows:
        if not row.text:
            problems.add(FILE, row.line, "“text”没有填")
        elif first.setdefault(row.text, row.line) != row.line:
            problems.add(FILE, row.line, f"与第 {first[row.text]} 行重复")
        if row.urgency not in ("", *LEVELS):
            problems.add(FILE, row.line, f"“{row.urgency}”不在可选范围：{'、'.join(LEVELS)}")
        if not row.urgency and not row.request_type:
            problems.add(FILE, row.line, "urgency 与 request_type 都没有填")
    return rows
