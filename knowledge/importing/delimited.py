"""CSV: comma, tab or semicolon, in UTF-8 or GB18030."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from knowledge.errors import UnfitFile
from knowledge.importing.charsets import decode
from knowledge.importing.cleaning import clean
from knowledge.importing.columns import HEADING_WITHIN, heading_among
from knowledge.importing.workbook import MAX_COLUMNS, MAX_ROWS, Row, Sheet

DELIMITERS = ",\t;"
_HEAD = 200_000
_GUARDED = ("'=", "'+", "'-", "'@", "'＝", "'＋", "'－", "'＠")


def read(payload: bytes) -> list[Sheet]:
    """The one sheet that the text is. Raises ``UnfitFile``, naming the row where quotes do not fit."""
    text = clean(decode(payload))
    for delimiter in DELIMITERS:
        head = [row.cells for row in _leading(text, delimiter)]
        if heading_among(head) is not None:
            return [Sheet("", list(_rows(text, delimiter)))]
    return [Sheet("", list(_rows(text, ",")))]


def _leading(text: str, delimiter: str) -> list[Row]:
    """The first rows, as far as they can be read."""
    found: list[Row] = []
    try:
        for row in _rows(text[:_HEAD], delimiter):
            found.append(row)
            if len(found) > HEADING_WITHIN:
                break
    except UnfitFile:
        pass  # by this delimiter; what is wrong by the right one is said when the whole is read
    return found


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number, line = 0, 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            raise UnfitFile(f"第 {line + 1} 行起双引号不成对，或一格文字过长，请检查这一行") from problem
        line = reader.line_num
        texts = [_unguarded(cell.strip()) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        if len(texts) > MAX_COLUMNS:
            raise UnfitFile(f"超过 {MAX_COLUMNS} 列，请删去多余的列")
        if number > MAX_ROWS:
            raise UnfitFile(f"超过 {MAX_ROWS} 行，请分成几个文件")
        if texts:
            yield Row(number, texts)


def _unguarded(text: str) -> str:
    """The cell without the apostrophe that the export set before what a spreadsheet would take for a formula."""
    return text[1:] if text.startswith(_GUARDED) else text
