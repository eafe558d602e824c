"""Sheets of questions and answers (XLSX, CSV): an article a row, columns found by what stands over them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knowledge.content import DAYS, LISTS
from knowledge.errors import UnfitFile
from knowledge.importing import delimited, html, workbook
from knowledge.importing.cleaning import one_line, safe_markdown, tidy
from knowledge.importing.columns import fields_of, heading_among
from knowledge.importing.dates import read_day
from knowledge.importing.material import Draft, Place, Reading, number_of_question
from knowledge.importing.workbook import Row, Sheet

_PARTS = re.compile(r"\s*[\n|｜]\s*")
_PARTS_IN_LINE = re.compile(r"\s*[;；]\s*")
_COUNTED = re.compile(r"^(?:\d{1,2}[.、．)）]|[（(]\d{1,2}[）)]|[①-⑳]|[-•·●])\s*")
_NO_HEADING = "找不到表头：前几行里要有“标准问题”（或“问题”）和“答案”（或“回复”）两列"
_SHOWN = 8


def read_workbook(file: str, payload: bytes) -> Reading:
    """The rows of all sheets that have a heading. Raises ``UnfitFile``."""
    return _read(file, workbook.read(payload))


def read_csv(file: str, payload: bytes) -> Reading:
    """The rows of a text sheet. Raises ``UnfitFile``."""
    return _read(file, delimited.read(payload))


def _read(file: str, sheets: list[Sheet]) -> Reading:
    reading = Reading(file)
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        reading.refuse("表格是空的")
        return reading
    headed = [(sheet, at) for sheet in filled if (at := heading_among([row.cells for row in sheet.rows])) is not None]
    for sheet, at in headed:
        _Taker(reading, sheet, at).take()
    without = [sheet.name for sheet in filled if all(sheet is not each for each, _ in headed)]
    if not headed:
        reading.refuse(_NO_HEADING, sheet=without[0] if len(without) == 1 else "", row=filled[0].rows[0].number)
    elif without:
        reading.notes.append(f"工作表{'、'.join(f'“{name}”' for name in without[:_SHOWN])}没有问答的表头，没有导入")
    return reading


@dataclass(slots=True)
class _Taker:
    """Takes the rows of one sheet, below its heading at place ``at``."""

    reading: Reading
    sheet: Sheet
    at: int

    def take(self) -> None:
        heading = self.sheet.rows[self.at]
        columns = fields_of(heading.cells)
        used = set(columns.values())
        unused = [name for column, name in enumerate(heading.cells) if name and column not in used]
        if unused:
            more = f"等 {len(unused)} 列" if len(unused) > _SHOWN else ""
            names = "、".join(f"“{one_line(name)[:20]}”" for name in unused[:_SHOWN])
            self.reading.notes.append(f"{self._where()}没有用到的列：{names}{more}")
        rows = self.sheet.rows[self.at + 1 :]
        if not rows:
            self.reading.refuse("表头下面没有内容", sheet=self.sheet.name, row=heading.number)
        for row in rows:
            if row.cells != heading.cells:  # repeated on every printed page
                self._row(row, columns, heading)

    def _where(self) -> str:
        return f"工作表“{self.sheet.name}”" if self.sheet.name else ""

    def _row(self, row: Row, columns: Mapping[str, int], heading: Row) -> None:
        fields, sound = self._fields(row, columns, heading)
        if not sound or not fields:
            return
        lacking = _lacking(fields)
        if lacking:
            column = columns["question"] if "问题" in lacking else columns.get("body", columns.get("short_answer", 0))
            self._refuse(row, heading.at(column), lacking)
            return
        fields.setdefault("body", fields.get("short_answer", ""))
        number = fields.pop("id", "") or number_of_question(fields["question"])
        place = Place(self.reading.file, self.sheet.name, row.number)
        self.reading.drafts.append(Draft({"id": number} | fields, place))

    def _fields(self, row: Row, columns: Mapping[str, int], heading: Row) -> tuple[dict[str, Any], bool]:
        """What the cells say, an empty one nothing; and whether all of them could be read."""
        fields: dict[str, Any] = {}
        sound = True
        for field, column in columns.items():
            text = row.at(column)
            why = row.unfit.get(column, "")
            if text and not why:
                fields[field], why = self._value(field, text)
            if why:
                sound = False
                self._refuse(row, heading.at(column), why)
        return fields, sound

    def _refuse(self, row: Row, column: str, why: str) -> None:
        self.reading.refuse(why, sheet=self.sheet.name, row=row.number, column=one_line(column)[:20])

    def _value(self, field: str, text: str) -> tuple[Any, str]:
        """What a cell says, and what is wrong with it."""
        if field in DAYS:
            try:
                return read_day(text), ""
            except (ValueError, OverflowError):
                return None, f"“{text[:20]}”不是日期，请写成 2026-10-01 这样"
        if html.looks_like_markup(text):
            try:
                text = html.to_markdown(text)
            except UnfitFile as problem:
                return None, problem.why
        if field in LISTS:
            return _parts(text, one_by_line=field in {"materials", "steps"}), ""
        return (safe_markdown(tidy(text)).strip() if field == "body" else one_line(text)), ""


def _lacking(fields: Mapping[str, Any]) -> str:
    """What a row must say and does not."""
    answered = fields.get("body") or fields.get("short_answer")
    if not fields.get("question"):
        return "没有填写问题" if answered else "问题和答案都没有填写"
    return "" if answered else "没有填写答案"


def _parts(text: str, *, one_by_line: bool) -> tuple[str, ...]:
    """The entries of a cell: a line each, or parted by a bar, else by semicolons; numbers before them are dropped."""
    parts = _PARTS.split(text.strip())
    if len(parts) == 1:
        parts = _PARTS_IN_LINE.split(text.strip())
    entries = (one_line(_COUNTED.sub("", part)) if one_by_line else one_line(part) for part in parts)
    return tuple(dict.fromkeys(entry for entry in entries if entry))
