"""Finding the row that stands over the columns of a sheet, among titles and instructions, by the words in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channels.sheets.table import Row, Value, shown, width
from district.sheets import bare_heading

DROPPED = "dropped"
"""Columns of a form that say nothing of the matter: running numbers, the reason of a returned row."""

HEADING_WITHIN = 40
"""Rows from the top among which the heading is looked for: titles and instructions stand above it."""


@dataclass(frozen=True, slots=True)
class Words:
    """What columns are called. ``fields``: bare heading → field; a heading names one of the ``contents`` fields.

    ``example`` is a heading that people know, for telling them what was looked for.
    """

    fields: Mapping[str, str]
    contents: frozenset[str]
    example: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The row over the columns. ``fields`` gives a column's field; ``names`` what is written over each column."""

    row: Row
    fields: Mapping[int, str]
    names: Sequence[str]

    def name(self, column: int) -> str:
        return self.names[column] if column < len(self.names) else ""


def find(rows: Sequence[Row], words: Words, *, keyed: bool = False) -> tuple[int, Heading] | None:
    """The place of the heading among the first rows, and it; None if no row names a column of contents.

    It is the first such row, or the one below it if that names more fields: a heading may have two storeys.
    """
    best: tuple[int, Heading] | None = None
    for at, row in enumerate(rows[: 1 if keyed else HEADING_WITHIN]):
        found = read(row, words)
        if _names_contents(found, words, alone=keyed) and (best is None or len(found.fields) > len(best[1].fields)):
            best = at, found
        if best is not None and at > best[0]:
            break
    return best


def read(row: Row, words: Words) -> Heading:
    """A row as a heading. Of two columns for one field the first has it; the other is a column of its own."""
    names = [" ".join(shown(cell)[:60].split()) for cell in row.cells[: width(row.cells)]]
    fields: dict[int, str] = {}
    for column, name in enumerate(names):
        field = words.fields.get(bare_heading(name), "")
        if field and (field == DROPPED or field not in fields.values()):
            fields[column] = field
    return Heading(row, fields, names)


def repeats(row: Row, heading: Heading) -> bool:
    """Whether the row is the heading over again, as on every printed page."""
    return all(bare_heading(shown(row.at(column))) == bare_heading(heading.name(column)) for column in heading.fields)


def _names_contents(found: Heading, words: Words, *, alone: bool) -> bool:
    """A row of data that happens to hold one such word ("问题") is no heading: it names several, or nothing else."""
    named = set(found.fields.values())
    if not named & words.contents:
        return False
    written = sum(bool(name) for name in found.names)
    return alone or len(named - {DROPPED}) >= 2 or written == len(found.fields)


def written_over(rows: Sequence[Row]) -> list[Value]:
    """All that stands in the rows above a heading."""
    return [cell for row in rows for cell in row.cells if cell is not None]
