"""Sheets as text: comma, tab or semicolon, in any charset that Chinese offices save in.

Quoting follows RFC 4180. A row whose quotes do not fit is given with a fault, and reading goes on in the next line:
Python's reader would take the rest of the file for one cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from channels.errors import UnreadableMessage
from channels.sheets import heading as headings
from channels.sheets.heading import Heading, Words
from channels.sheets.table import MAX_CELL, MAX_COLUMNS, MAX_ROWS, Row, Table, is_blank, width

DELIMITERS = ",\t;"
_WIDEST = 16_384  # what a spreadsheet can write: trailing delimiters up to here are no columns
_LINES = 1_048_576
_QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"[ \u00a0]*')
_PLAIN = {delimiter: re.compile(f"[^{delimiter}\n]*+") for delimiter in DELIMITERS}
_BLANK_LINES = re.compile("(?:[ \u00a0\u3000]*+\n)++")
_TRIED = headings.HEADING_WITHIN
_HEAD = 400_000  # characters in which the heading stands
_BROKEN_QUOTES = "引号不成对，这一行与后面的行分不开，请检查这一行的双引号"
_BEYOND = "没有写在一格里：比表头多出 {more} 格，内容里的逗号或引号可能没有处理好"


def read(payload: bytes, words: Words) -> Table:
    """A text sheet. Raises ``UnreadableMessage`` if no charset and delimiter make a heading of its first rows."""
    problem = UnreadableMessage(
        "", f"不是登记表：前几行里找不到“{words.example}”这样的表头，或文件不是 CSV、XLSX、JSON"
    )
    for text in _readings(payload):
        best: tuple[str, Heading] | None = None
        for delimiter in DELIMITERS:
            try:
                found = headings.find(list(islice(_records(text[:_HEAD], delimiter, None), _TRIED)), words)
            except UnreadableMessage as too_wide:  # by this delimiter: another may be the right one
                problem = too_wide
                continue
            if found is not None and (wide := width(found[1].row.cells)) > MAX_COLUMNS:
                problem = UnreadableMessage("", f"超过 {MAX_COLUMNS} 列（表头有 {wide} 列），请删去多余的列")
            elif found is not None and (best is None or len(found[1].fields) > len(best[1].fields)):
                best = delimiter, found[1]
        if best is not None:
            return Table(_bounded(_records(text, best[0], best[1].row)))
    raise problem


def _readings(payload: bytes) -> Iterator[str]:
    """The payload in each charset it may be in, the likeliest first; at last with places that cannot be read."""
    marked = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    for mark, charset in marked.items():
        if payload.startswith(mark):
            yield _lines(payload.decode(charset, "replace"))
            return
    wide = ("utf-16-le", "utf-16-be") if b"\0" in payload[:4_000] else ()
    for charset in (*wide, "utf-8", "gb18030", "big5hkscs"):
        try:
            yield _lines(payload.decode(charset))
        except UnicodeError:
            continue
    for charset in ("utf-8", "gb18030"):
        yield _lines(payload.decode(charset, "replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _bounded(rows: Iterator[Row]) -> list[Row]:
    taken: list[Row] = []
    for row in rows:
        if not row.fault and not any(not is_blank(cell) for cell in row.cells):
            continue
        taken.append(row)
        if len(taken) > MAX_ROWS + headings.HEADING_WITHIN:
            raise UnreadableMessage("", f"超过 {MAX_ROWS} 行，请分成几个文件")
    return taken


def _records(text: str, delimiter: str, heading: Row | None) -> Iterator[Row]:
    """Rows, numbered as a spreadsheet shows them: a cell of several lines is one row, a blank line is one too.

    Blank lines are counted and not given: a file may hold a million of them. With the heading
    known, a row of several lines with another number of cells swallowed its neighbours.
    """
    at, number, wide = 0, 0, width(heading.cells) if heading else 0
    while at < len(text):
        if blank := _BLANK_LINES.match(text, at):
            at, number = blank.end(), number + text.count("\n", at, blank.end())
            continue
        number += 1
        if number > _LINES:
            raise UnreadableMessage("", f"超过 {MAX_ROWS} 行，请分成几个文件")
        cells, end = _record(text, at, delimiter)
        swallowed = heading is not None and end is not None and "\n" in text[at : end - 1].rstrip("\n")
        if end is None or (swallowed and not wide <= len(cells) <= max(wide, len(heading.cells if heading else ()))):
            end = _next_line(text, at)
            yield Row(
                number, text[at : min(end, at + MAX_CELL)].rstrip("\n").split(delimiter)[:_WIDEST], _BROKEN_QUOTES
            )
        elif heading is not None and width(cells) > len(heading.cells):
            yield Row(number, cells[:MAX_COLUMNS], _BEYOND.format(more=width(cells) - len(heading.cells)))
        else:
            yield Row(number, cells)
        at = end


def _next_line(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _record(text: str, at: int, delimiter: str) -> tuple[Sequence[str], int | None]:
    """The cells of the row that starts at ``at`` and where the next starts; None where its quotes do not fit."""
    line = _next_line(text, at)
    if text.find('"', at, line) < 0:
        cells = text[at:line].removesuffix("\n").split(delimiter, _WIDEST + 1)
        if len(cells) > _WIDEST:
            raise UnreadableMessage("", f"超过 {MAX_COLUMNS} 列")
        return cells, max(line, at + 1)
    cells = []
    plain = _PLAIN[delimiter]
    while True:
        if text.startswith('"', at):
            found = _QUOTED.match(text, at, min(len(text), at + 2 * MAX_CELL))
            if found is None:
                return cells, None
            cells.append(found[1].replace('""', '"'))
        else:
            found = plain.match(text, at)
            cells.append(found[0] if found else "")
        at = found.end() if found else at
        if len(cells) > _WIDEST:
            raise UnreadableMessage("", f"超过 {MAX_COLUMNS} 列")
        if at >= len(text) or text[at] == "\n":
            return cells, at + 1
        if text[at] != delimiter:
            return cells, None
        at += 1
