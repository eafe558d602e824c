"""Cells of a sheet that leaves the desk: what began as text stays text, in whatever program opens the file.

The one place for it; whoever writes a CSV or an XLSX writes its cells through here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

_TAKEN_FOR_A_FORMULA = re.compile(r"[\t\r\n]|[\s\0\ufeff\u200b-\u200f\u2060]*[=+\-@＝＋－＠﹦﹢﹣﹫−]")
"""OWASP's list of beginnings, their full-width and small forms, and blanks or unseen marks before them."""
_NUMBER = re.compile(r"-(?:\d{1,11}(?:\.\d{1,6})?|\d{1,3}(?:,\d{3}){1,3})%?", re.ASCII)
"""A number below zero, as a cell may hold it. ``+86…`` is none: a spreadsheet that takes it for one drops the plus
and, past eleven digits, writes powers of ten."""


def guarded(text: str) -> str:
    """The text for a CSV cell: with an apostrophe before it where a spreadsheet would take it for a formula.

    A CSV file has no types, so this is the accepted way (OWASP, CSV Injection); the apostrophe is seen in some
    programs and stands for "this is text" in others.
    """
    return f"'{text}" if _TAKEN_FOR_A_FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def write_csv(stream: TextIO, rows: Iterable[Sequence[str]]) -> None:
    """Write rows, each cell guarded and in quotes: a program that parts cells at semicolons too finds no new one."""
    csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([guarded(cell) for cell in row] for row in rows)


def write_workbook(name: str, rows: Iterable[Sequence[str]], *, headed: bool = True) -> bytes:
    """An XLSX of one sheet, as ``write_sheets`` writes several."""
    return write_sheets([(name, rows)], headed=headed)


def write_sheets(sheets: Iterable[tuple[str, Iterable[Sequence[str]]]], *, headed: bool = True) -> bytes:
    """An XLSX of sheets (name and rows), each cell a text (``mark_as_text``), an empty one left out.

    With ``headed`` the first row stays in sight. Raise before it is called, not from within ``rows``: a book that is
    left half-written leaves its file behind.
    """
    from openpyxl import Workbook  # type: ignore[import-untyped]  # a quarter of a second to import
    from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]

    book = Workbook(write_only=True)
    for name, rows in sheets:
        page = book.create_sheet(name)
        if headed:
            page.freeze_panes = "A2"
        for row in rows:
            cells = [WriteOnlyCell(page, text) if text else None for text in row]
            for cell in filter(None, cells):
                mark_as_text(cell)
            page.append(cells)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def mark_as_text(cell: Any) -> None:
    """Make an openpyxl cell that holds a text one that no program evaluates; the text itself stays as it is.

    The type is a string, not a formula, and ``quotePrefix`` keeps it so when somebody edits the cell.
    """
    cell.data_type = "s"  # openpyxl takes a text that begins with = for a formula
    cell.number_format = "@"
    cell.quotePrefix = True
