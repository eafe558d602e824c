"""XLSX: the visible sheets as rows of text, formulas as the values they last had."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook  # type: ignore[import-untyped]
from openpyxl.utils import range_boundaries  # type: ignore[import-untyped]

from district.office_package import repacked
from knowledge.errors import UnfitFile
from knowledge.importing.cleaning import clean
from knowledge.importing.package import open_package

MAX_ROWS = 20_000
MAX_COLUMNS = 256
MAX_SHEETS = 100
MAX_CHARACTERS = 20_000_000
"""Of a whole file: one shared string may stand in every cell of a small workbook."""
_MERGED = re.compile(rb'<(?:\w{1,9}:)?mergeCell\s[^>]{0,99}?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_FORMULA = re.compile(rb"<(?:\w{1,9}:)?f[\s>/]")
_MAX_MERGED = 20_000


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its number as the file shows it. ``unfit`` says of a column why its cell says nothing."""

    number: int
    cells: Sequence[str]
    unfit: Mapping[int, str] = field(default_factory=dict)

    def at(self, column: int) -> str:
        """The cell of a column, counted from 0; empty beyond the last."""
        return self.cells[column] if column < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its rows that hold anything. ``name`` is empty where a file has only one."""

    name: str
    rows: Sequence[Row]


def read(payload: bytes) -> list[Sheet]:
    """The visible sheets. Raises ``UnfitFile``."""
    parts = open_package(payload, "xl/", "XLSX 表格")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of extensions that it leaves out
            return list(_sheets(parts))
    except UnfitFile:
        raise
    except Exception as problem:  # a library over hostile XML: any error says that it is no workbook
        raise UnfitFile("工作簿的内容不合规范，请在表格软件中打开后另存为 .xlsx 再导入") from problem


def _sheets(parts: Mapping[str, bytes]) -> Iterator[Sheet]:
    measured = repacked(parts)
    book = load_workbook(measured, read_only=True, data_only=True, keep_links=False)
    formulas: Any = None
    left = MAX_CHARACTERS
    if len(book.worksheets) > MAX_SHEETS:
        raise UnfitFile(f"有 {len(book.worksheets)} 个工作表，超过 {MAX_SHEETS} 个，请分成几个文件")
    for page in book.worksheets:
        if page.sheet_state != "visible":
            continue
        source = parts.get(page._worksheet_path, b"")  # noqa: SLF001  (openpyxl names the part nowhere else)
        if formulas is None and _FORMULA.search(source):  # values and formulas are never read together
            formulas = load_workbook(measured, read_only=True, keep_links=False)
        computed = _computed(formulas[page.title]) if _FORMULA.search(source) else frozenset()
        rows = _rows(page, computed)
        left -= sum(len(cell) for row in rows.values() for cell in row.cells)
        if left < 0:
            raise UnfitFile(f"文字超过 {MAX_CHARACTERS // 10_000} 万字，请分成几个文件")
        _repeat_down(rows, _MERGED.findall(source))
        yield Sheet(clean(page.title)[:60], [row for row in rows.values() if any(row.cells) or row.unfit])


def _computed(page: Any) -> frozenset[tuple[int, int]]:
    """The places of formulas in a sheet, by row and column from 1."""
    return frozenset((cell.row, cell.column) for row in _bounded(page) for cell in row if cell.data_type == "f")


def _bounded(page: Any) -> Any:
    page.reset_dimensions()  # what a sheet states of its size may be anything
    return page.iter_rows(max_row=MAX_ROWS + 100, max_col=MAX_COLUMNS + 1)


def _rows(page: Any, computed: frozenset[tuple[int, int]]) -> dict[int, Row]:
    rows: dict[int, Row] = {}
    for number, cells in enumerate(_bounded(page), 1):
        texts = [shown(cell.value) for cell in cells]
        unfit = {
            column: f"单元格是错误值 {texts[column][:20]}" for column, cell in enumerate(cells) if cell.data_type == "e"
        }
        unfit |= {
            column: "公式没有算出的值，请在表格软件中打开、保存后再导入"
            for column, text in enumerate(texts)
            if not text and (number, column + 1) in computed
        }
        while texts and not texts[-1]:
            texts.pop()
        if texts or unfit:
            rows[number] = Row(number, texts, unfit)
        if len(texts) > MAX_COLUMNS:
            raise UnfitFile(f"超过 {MAX_COLUMNS} 列，请删去多余的列")
        if number > MAX_ROWS:
            raise UnfitFile(f"超过 {MAX_ROWS} 行，请分成几个文件")
    return rows


def shown(value: object) -> str:
    """A cell as a person reads it: no ``.0`` behind a whole number, a date without midnight."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return clean(str(value)).strip()


def _repeat_down(rows: dict[int, Row], merged: Sequence[bytes]) -> None:
    """Give the value of a cell merged over several rows (a category, say) to each of them that says something."""
    if len(merged) > _MAX_MERGED:
        raise UnfitFile("合并单元格过多，请取消合并后再导入")
    left = MAX_ROWS * 20
    for reference in merged:
        column, top, _, bottom = range_boundaries(reference.decode())
        first = rows.get(top)
        value = first.at(column - 1) if first else ""
        bottom = min(bottom, MAX_ROWS)
        left -= max(0, bottom - top)
        if left < 0:
            raise UnfitFile("合并单元格过多，请取消合并后再导入")
        for number in range(top + 1, bottom + 1) if value else ():
            row = rows.get(number)
            if row is not None and not row.at(column - 1):
                cells = [*row.cells, *[""] * (column - len(row.cells))]
                cells[column - 1] = value
                rows[number] = Row(number, cells, row.unfit)
