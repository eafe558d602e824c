"""XLSX workbooks: every visible sheet as rows of values, with merged cells and formulas told apart.

openpyxl reads the workbook, its shared strings and its formats. The cells are read here: its read-only mode gives
neither merged ranges nor, together with values, formulas; and it prints cells that it cannot read.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring, iterparse
from openpyxl.reader.strings import read_string_table  # type: ignore[import-untyped]
from openpyxl.reader.workbook import WorkbookParser  # type: ignore[import-untyped]
from openpyxl.styles.stylesheet import Stylesheet  # type: ignore[import-untyped]
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel  # type: ignore[import-untyped]

from channels.errors import UnreadableMessage
from channels.sheets.package import Parts, open_package
from channels.sheets.table import MAX_COLUMNS, MAX_ROWS, Formula, Row, Table, Unfit, Value, is_blank

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DATA, _ROW, _CELL, _MERGE = (f"{_MAIN}{name}" for name in ("sheetData", "row", "c", "mergeCell"))
_VALUE, _FORMULA, _INLINE, _TEXT, _PHONETIC = (f"{_MAIN}{name}" for name in ("v", "f", "is", "t", "rPh"))
_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Formats of dates whose looks depend on the country (ECMA-376 part 1, 18.8.30): 2026年3月5日 is one of them.
_CHINESE_DATES = frozenset({*range(27, 37), *range(50, 59)})
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_384
_HEAD_ROOM = 200  # rows of titles beside those of data


@dataclass(frozen=True, slots=True)
class _Book:
    """What cells refer to."""

    strings: Sequence[str]
    dates: frozenset[int]
    durations: frozenset[int]
    epoch: datetime


def read(payload: bytes) -> list[Table]:
    """The visible sheets that hold anything. Raises ``UnreadableMessage``."""
    parts = open_package(payload)
    try:
        return _tables(parts)
    except UnreadableMessage:
        raise
    except Exception as problem:  # a library over hostile XML: any error says that it is no workbook
        raise UnreadableMessage(
            "xlsx", f"工作簿的内容不合规范（{type(problem).__name__}），请另存为 .xlsx 再试"
        ) from problem


def _tables(parts: Parts) -> list[Table]:
    parser = WorkbookParser(parts, "xl/workbook.xml", keep_links=False)
    parser.parse()
    names = {name.lower(): name for name in parts.contents}
    book = _book(parts, names, parser.wb.epoch)
    found = []
    for sheet, relation in parser.find_sheets():
        part = names.get(str(relation.target).lower())
        if part is None or sheet.state in {"hidden", "veryHidden"} or not part.lower().startswith("xl/worksheets/"):
            continue
        rows = _rows(parts.read(part), book)
        if rows:
            found.append(Table(rows, str(sheet.name)[:60], epoch_1904=book.epoch == CALENDAR_MAC_1904))
    if not found:
        raise UnreadableMessage("xlsx", "工作簿里没有写着内容的工作表")
    return found


def _book(parts: Parts, names: Mapping[str, str], epoch: datetime) -> _Book:
    strings = parts.contents.get(names.get("xl/sharedstrings.xml", ""))
    styles = parts.contents.get(names.get("xl/styles.xml", ""))
    dates: set[int] = set()
    durations: set[int] = set()
    if styles is not None:
        sheet = Stylesheet.from_tree(fromstring(styles))
        dates |= sheet.date_formats
        dates |= {at for at, style in enumerate(sheet.cell_styles) if style.numFmtId in _CHINESE_DATES}
        durations |= sheet.timedelta_formats
    read_strings = read_string_table(io.BytesIO(strings)) if strings is not None else []
    return _Book([_unescaped(each) for each in read_strings], frozenset(dates), frozenset(durations), epoch)


def _unescaped(text: str) -> str:
    """``_x000D_`` is how a workbook writes a character that XML cannot hold."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _rows(source: bytes, book: _Book) -> list[Row]:
    rows: dict[int, dict[int, Value]] = {}
    merged: list[str] = []
    data: Element | None = None
    last = 0
    for event, element in iterparse(io.BytesIO(source), events=("start", "end")):
        if event == "start":
            data = element if element.tag == _DATA else data
        elif element.tag == _ROW:
            last = _row_number(element, last)
            if cells := {column: value for column, value in _cells(element, book) if not is_blank(value)}:
                rows[last] = cells
                _check(rows, cells)
            if data is not None:
                data.clear()  # the row is read
        elif element.tag == _MERGE:
            merged.append(str(element.get("ref", "")))
    _repeat_down(rows, merged)
    return [Row(number, [cells.get(column) for column in range(max(cells) + 1)]) for number, cells in rows.items()]


def _check(rows: Mapping[int, Any], cells: Mapping[int, Value]) -> None:
    if max(cells) >= MAX_COLUMNS:
        raise UnreadableMessage("", f"超过 {MAX_COLUMNS} 列（第 {max(cells) + 1} 列还有内容），请删去多余的列")
    if len(rows) > MAX_ROWS + _HEAD_ROOM:
        raise UnreadableMessage("", f"超过 {MAX_ROWS} 行，请分成几个文件")


def _row_number(element: Element, last: int) -> int:
    number = int(element.get("r") or last + 1)
    if not last < number <= _LAST_ROW:
        raise UnreadableMessage("xlsx", "行号不按顺序，请在表格软件中打开后另存")
    return number


def _cells(row: Element, book: _Book) -> Iterator[tuple[int, Value]]:
    column = -1
    for cell in row.iter(_CELL):
        found = _REFERENCE.fullmatch(cell.get("r", ""))
        column = _column(found[1]) if found else column + 1
        if 0 <= column < _LAST_COLUMN:
            yield column, _value(cell, book)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _value(cell: Element, book: _Book) -> Value:
    written = cell.findtext(_VALUE) or ""
    formula = cell.find(_FORMULA)
    if formula is not None:
        return Formula(f"={(formula.text or '')[:200]}")
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _inline(cell)
    return _READ.get(kind, _number)(written, int(cell.get("s") or 0), book) if written.strip() else None


def _shared(written: str, style: int, book: _Book) -> Value:
    del style
    return book.strings[int(written)]


def _number(written: str, style: int, book: _Book) -> Value:
    """A number, or the time it is shown as. One that no calendar holds stays a number: a telephone number, perhaps."""
    number = float(written) if re.search("[.eEnN]", written) else int(written[:40])
    if not abs(number) < 1e18:  # also what is not a number
        return Unfit(written[:20])
    if style in book.durations:
        return f"{timedelta(days=float(number))}" if abs(number) < 10_000 else number
    if style not in book.dates:
        return number
    try:
        found = from_excel(number, book.epoch)
    except (OverflowError, ValueError):
        return number
    return found if isinstance(found, datetime | time) else number


_READ: Mapping[str, Callable[[str, int, _Book], Value]] = {
    "s": _shared,
    "str": lambda written, *_: _unescaped(written),
    "d": lambda written, *_: written,
    "b": lambda written, *_: "是" if written.strip() == "1" else "否",
    "e": lambda written, *_: Unfit(written[:20]),
}
"""By the type of a cell; what is of none of these types is a number."""


def _inline(cell: Element) -> str:
    """The runs of a text without its reading aids."""
    held = cell.find(_INLINE)
    if held is None:
        return ""
    aids = {id(text) for aid in held.iter(_PHONETIC) for text in aid.iter(_TEXT)}
    return _unescaped("".join(text.text or "" for text in held.iter(_TEXT) if id(text) not in aids))


def _repeat_down(rows: dict[int, dict[int, Value]], merged: Sequence[str]) -> None:
    """Give the value of a cell merged over several rows to each of them that says something itself.

    A cell merged over columns only (a title) keeps its one place. Raises ``UnreadableMessage`` for absurd ranges.
    """
    numbers = list(rows)
    left = MAX_ROWS * 20
    for reference in merged:
        first, _, last = reference.partition(":")
        top, bottom = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if top is None or bottom is None or top[2] == bottom[2]:
            continue
        column, value = _column(top[1]), rows.get(int(top[2]), {}).get(_column(top[1]))
        covered = numbers[bisect_right(numbers, int(top[2])) : bisect_left(numbers, int(bottom[2]) + 1)]
        left -= len(covered) + 1
        if left < 0:
            raise UnreadableMessage("xlsx", "合并单元格过多，请取消合并后再上传")
        for number in covered if value is not None else ():
            rows[number].setdefault(column, value)
