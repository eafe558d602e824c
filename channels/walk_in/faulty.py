"""The sheet that goes back to the counter: the rows that could not be taken, each with its reason."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook  # type: ignore[import-untyped]
from openpyxl.cell import WriteOnlyCell  # type: ignore[import-untyped]
from openpyxl.styles import Font  # type: ignore[import-untyped]

from channels.cleaning import clean_text
from channels.message import Account, Refused
from channels.plain_cells import mark_as_text
from channels.walk_in.parse import CHANNEL_NAME, Sheet, sheets_of
from channels.walk_in.table import MAX_CELL, Row, shown, width

ROW, REASON = "原行号", "退回原因"
"""Columns added to the counter's own; a sheet that comes back with them is read without them."""

_BY_DEFAULT = Account(CHANNEL_NAME, "")
_BOLD = Font(bold=True)


def faulty_sheet(payload: bytes, refused: Iterable[Refused], account: Account = _BY_DEFAULT) -> bytes:
    """An XLSX of the refused rows of a payload under their own headings, the reason in the last column.

    ``account`` is the one the payload was parsed for, whose headings may be its own. Each cell is text and marked as
    such, so no program that opens the sheet takes a resident's ``=…`` for a formula. Raises ``UnreadableMessage`` if
    the payload holds no sheet.
    """
    wanted = {each.delivery_id: each.why for each in refused}
    book = Workbook(write_only=True)
    for number, sheet in enumerate(sheets_of(payload, account), 1):
        rows = [(entry.row, wanted[identifier]) for entry, identifier in sheet.entries if identifier in wanted]
        if rows:
            _write(book, sheet, rows, f"{number}")
    if not book.worksheets:
        book.create_sheet("没有退回的行")
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _write(book: Workbook, sheet: Sheet, rows: Sequence[tuple[Row, str]], number: str) -> None:
    target = book.create_sheet(f"退回{number}")
    wide = max(len(sheet.heading.names), *(width(row.cells) for row, _ in rows))
    names = [sheet.heading.name(column) for column in range(wide)]
    target.append([_cell(target, text, bold=True) for text in (*names, ROW, REASON)])
    for row, reason in rows:
        own = [shown(row.at(column)) for column in range(wide)]
        target.append([_cell(target, text) for text in (*own, str(row.number), reason)])


def _cell(sheet: object, text: str, *, bold: bool = False) -> WriteOnlyCell | None:
    if not text:
        return None
    cell = WriteOnlyCell(sheet, clean_text(text)[:MAX_CELL])
    mark_as_text(cell)
    if bold:
        cell.font = _BOLD
    return cell
