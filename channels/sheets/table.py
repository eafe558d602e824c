"""A sheet as read from any file: rows of cells, not yet understood; and the limits that hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time

MAX_BYTES = 20_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL = 32_767
"""Characters of one cell: what Excel itself holds."""

MAX_TEXT = 30_000_000
"""Characters of a whole file: one shared string may stand in every cell of a small workbook."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that computes instead of saying something. It is never evaluated."""

    source: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """A cell that holds no value a person wrote: an error such as #N/A, or a nested part of a JSON record."""

    shown: str


Value = str | int | float | datetime | time | Formula | Unfit | None
"""Times of a sheet have no zone: they are what stands there."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as the file shows it, from 1. ``fault`` says why its cells cannot be trusted."""

    number: int
    cells: Sequence[Value]
    fault: str = ""

    def at(self, column: int) -> Value:
        """The cell of a column, counted from 0; None beyond the last."""
        return self.cells[column] if column < len(self.cells) else None


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet. ``name`` is empty where the file has only one; ``epoch_1904``: dates count from 1904 (old Macs).

    ``keyed``: the first row holds the keys of a record (JSON), and whatever they are it is the heading.
    """

    rows: Sequence[Row]
    name: str = ""
    epoch_1904: bool = False
    keyed: bool = False


def shown(value: Value) -> str:
    """A cell as a person reads it: no ``.0`` behind a whole number, times without seconds of zero."""
    if value is None:
        return ""
    if isinstance(value, Formula | Unfit):
        return value.source if isinstance(value, Formula) else value.shown
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00").removesuffix(" 00:00")
    if isinstance(value, time):
        return f"{value:%H:%M:%S}".removesuffix(":00")
    return str(value)


def is_blank(value: Value) -> bool:
    """Nothing a person would see."""
    return value is None or (isinstance(value, str) and not value.strip("\0\ufeff \t\r\n\u00a0\u3000\u200b"))


def width(cells: Sequence[Value]) -> int:
    """The number of cells up to the last that is not blank."""
    last = len(cells)
    while last and is_blank(cells[last - 1]):
        last -= 1
    return last


def cell_name(column: int, row: int) -> str:
    """As a spreadsheet calls it: column 0 of row 7 is A7."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"
