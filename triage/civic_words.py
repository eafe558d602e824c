"""What residents say for what a taxonomy calls by its official name: 房产证 for 产权交易, 补课 for 学生负担.

The words stand in ``civic_words.txt``, by term. A term speaks wherever it is part of a name in the taxonomy at hand,
so the file knows no class and serves any city's taxonomy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from triage.examples import Heading

FILE = Path(__file__).with_name("civic_words.txt")
DECISIVE = "!"
"""Ends a word in the file that decides."""


@cache
def entries() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Terms of official names with the words residents use for them, in the order of the file."""
    return tuple((term, tuple(word.rstrip(DECISIVE) for word in words)) for term, words in _written())


@cache
def decisive() -> frozenset[str]:
    """Words that name a matter by themselves, wherever it happens: 电梯 beside 小区 and 业主."""
    return frozenset(word.rstrip(DECISIVE) for _, words in _written() for word in words if word.endswith(DECISIVE))


def _written() -> list[tuple[str, list[str]]]:
    lines = (line for line in FILE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return [(term.strip(), words.split()) for term, words in (line.split(":", 1) for line in lines)]


def said(headings: Sequence[tuple[str, Heading]]) -> list[tuple[str, Heading]]:
    """A line more for each term found in the name of a node of the taxonomy: the node with the term's words.

    ``headings`` are (label, line of the taxonomy). Nodes above the labels, which belong to several, say nothing.
    """
    labels: dict[tuple[str, ...], set[str]] = {}
    for label, heading in headings:
        for size in range(1, len(heading.path) + 1):
            labels.setdefault(heading.path[:size], set()).add(label)
    return [
        (label, Heading(path, keywords=words))
        for path, (label, *others) in ((path, sorted(found)) for path, found in labels.items())
        if not others
        for term, words in entries()
        if term in path[-1]
    ]
