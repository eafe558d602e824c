"""Rows under a heading made into what a counter wrote down: one entry a row, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time

from channels.cleaning import clean_line, tidy
from channels.sheets import heading as sheet_heading
from channels.sheets import moments, phones
from channels.sheets.heading import Heading
from channels.sheets.moments import Moment, MomentUnclear
from channels.sheets.phones import PhoneUnfit
from channels.sheets.table import MAX_CELL, Formula, Row, Table, Unfit, Value, cell_name, is_blank, shown, width
from channels.walk_in import headings

_TOTAL = re.compile(r"(?:本页|本日|当日|本周|本月)?(?:合计|总计|小计|共计)[:：]?\s*\d*\s*[件条人次个]*")
_COUNT = re.compile(r"\d{0,4}\s*[件条人次个]*")
_FOOT = re.compile(r"(?:填表人|制表人|制表|填报人|填报单位|审核人|审核|负责人|备注|说明|注)\s*[:：]")
_SAID = frozenset({headings.TEXT, headings.TITLE, headings.PHONE})
_BLANKS = "\ufeff \t\r\n\u00a0\u3000\0"
_LINES = (headings.NAME, headings.CATEGORY, headings.REQUEST_TYPE, headings.REPLY, headings.COUNTER, headings.CLERK)
_LINE_LIMIT = {headings.NAME: 60, headings.TITLE: 200, headings.PLACE: 300, headings.NUMBER: 100}
_LINE_LIMIT_ELSE = 200


@dataclass(slots=True)
class Entry:
    """What one row says. ``words`` are the cleaned values by field; ``beside`` what stands in columns of no field.

    ``faults`` are pairs of a column's name and a Chinese reason; with any of them the row cannot be taken.
    """

    row: Row
    words: dict[str, str] = field(default_factory=dict)
    beside: list[tuple[str, str]] = field(default_factory=list)
    moment: Moment | None = None
    notes: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)

    @property
    def names_itself(self) -> bool:
        """Whether the row tells which visit it is: a person at a time of day, or the counter's number on a day."""
        if self.moment is None:
            return False
        person = self.words.get(headings.PHONE) or self.words.get(headings.NAME)
        return bool(self.words.get(headings.NUMBER) or (self.moment.clock is not None and person))

    @property
    def values(self) -> list[list[str]]:
        """All that was read, in a form that the same values in another file have too."""
        when = self.moment.at.isoformat() if self.moment else ""
        raw = [["", shown(cell)] for cell in self.row.cells] if self.faults else []
        return [
            ["when", when],
            *(list(each) for each in sorted(self.words.items()) if each[1]),
            *map(list, self.beside),
            *raw,
        ]


def read(table: Table, at: int, heading: Heading) -> Iterator[Entry]:
    """The entries under the heading, which is row ``at`` of the table. Blank rows, totals and footers are none."""
    above = [shown(cell) for cell in sheet_heading.written_over(table.rows[:at])]
    year = moments.year_of([*above, table.name])
    for row in table.rows[at + 1 :]:
        if row.fault:
            yield Entry(row, faults=[("", row.fault)])
        elif not _is_none(row, heading):
            yield _entry(row, heading, year, epoch_1904=table.epoch_1904)


def _is_none(row: Row, heading: Heading) -> bool:
    """Whether nobody's matter stands in the row. In doubt it does: a matter left out is told to nobody."""
    written = [shown(cell).strip() for cell in row.cells if not is_blank(cell)]
    if not written or sheet_heading.repeats(row, heading):
        return True
    said = [
        shown(row.at(column)).strip() for column, name in heading.fields.items() if name in _SAID and row.at(column)
    ]
    if len(written) == 1 and not said:
        return _FOOT.match(written[0]) is not None or _TOTAL.fullmatch(written[0]) is not None
    counted = all(_COUNT.fullmatch(text) or _TOTAL.fullmatch(text) for text in said)
    return counted and any(_TOTAL.fullmatch(text) for text in written[:4])


def _entry(row: Row, heading: Heading, year: int | None, *, epoch_1904: bool) -> Entry:
    entry = Entry(row)
    cells: dict[str, tuple[int, Value]] = {}
    for column in range(width(row.cells)):
        name = heading.fields.get(column, "")
        value = row.at(column)
        if name == sheet_heading.DROPPED or is_blank(value):
            continue
        if not name:
            _keep_beside(entry, heading.name(column), value)
        elif reason := _unfit(value, f"{cell_name(column, row.number)} " if heading.row.number else "此处"):
            entry.faults.append((heading.name(column), reason))
        else:
            cells[name] = column, _without_quote(value)
    _take_words(entry, heading, cells)
    _take_phone(entry, heading, cells)
    _take_moment(entry, heading, cells, year, epoch_1904=epoch_1904)
    if not entry.faults and not entry.words.get(headings.TEXT) and not entry.words.get(headings.TITLE):
        missing = next(
            heading.name(at) for at, name in heading.fields.items() if name in {headings.TEXT, headings.TITLE}
        )
        entry.faults.append((missing, "没有写诉求内容"))
    return entry


def _keep_beside(entry: Entry, name: str, value: Value) -> None:
    if _computes(value):
        entry.notes.append(f"“{clean_line(name, 40)}”是公式，没有读取")
        return
    text = clean_line(shown(value), 500)
    if text:
        entry.beside.append((clean_line(name, 40) or "未写表头的一列", text))


def _computes(value: Value) -> bool:
    """Whatever begins with = is a formula, be it marked as one or not: it is never read as what somebody said."""
    return isinstance(value, Formula) or (isinstance(value, str) and value.lstrip(_BLANKS).startswith("="))


def _unfit(value: Value, place: str) -> str:
    """Why a cell cannot be taken, else an empty text."""
    if _computes(value):
        return f"{place}是公式（{clean_line(shown(value), 30)}），不是写下的内容，请改为数值或文字"
    if isinstance(value, Unfit):
        return f"{place}是“{clean_line(value.shown, 30)}”，不是写下的内容"
    if isinstance(value, str) and len(value) > MAX_CELL:
        return f"{place}超过 {MAX_CELL} 字"
    return ""


def _without_quote(value: Value) -> Value:
    """A leading ' tells a spreadsheet that text follows; some exports leave it in."""
    if isinstance(value, str) and value.lstrip().startswith("'") and value.count("'") == 1:
        return value.lstrip()[1:]
    return value


def _take_words(entry: Entry, heading: Heading, cells: Mapping[str, tuple[int, Value]]) -> None:
    for name in (*_LINES, headings.TITLE, headings.PLACE, headings.NUMBER):
        if name in cells:
            column, value = cells[name]
            text, limit = clean_line(shown(value), MAX_CELL), _LINE_LIMIT.get(name, _LINE_LIMIT_ELSE)
            if len(text) > limit:
                entry.notes.append(f"“{heading.name(column)}”过长，只留前 {limit} 字")
            entry.words[name] = text[:limit]
    if headings.TEXT in cells:
        entry.words[headings.TEXT] = tidy(shown(cells[headings.TEXT][1])).strip("\u3000 \n")
    if any("\ufffd" in text for text in entry.words.values()):
        entry.notes.append("有无法识别的字")


def _take_phone(entry: Entry, heading: Heading, cells: Mapping[str, tuple[int, Value]]) -> None:
    if headings.PHONE not in cells:
        return
    column, value = cells[headings.PHONE]
    try:
        entry.words[headings.PHONE], beside = phones.read(value)
    except PhoneUnfit as problem:
        entry.faults.append((heading.name(column), clean_line(problem.why)))
    else:
        if beside:
            entry.beside.append((clean_line(heading.name(column), 40), clean_line(beside, 200)))


def _take_moment(
    entry: Entry, heading: Heading, cells: Mapping[str, tuple[int, Value]], year: int | None, *, epoch_1904: bool
) -> None:
    """From one column, or a day and a time of day from two."""
    clock: time | None = None
    if headings.TIME in cells and headings.DATE in cells:
        clock = moments.read_clock(cells[headings.TIME][1])
    at = headings.DATE if clock is not None or headings.TIME not in cells else headings.TIME
    if at not in cells:
        entry.notes.append("没有登记时间")
        return
    column, value = cells[at]
    try:
        moment = moments.read(value, year=year, epoch_1904=epoch_1904)
    except MomentUnclear as problem:
        of_day = at == headings.TIME and headings.DATE in cells  # the day has a column of its own
        why = f"“{shown(value)[:40]}”不是认得出的时间，请写成 09:10 这样" if of_day else problem.why
        entry.faults.append((heading.name(column), clean_line(why)))
        return
    entry.moment = Moment(moment.day, clock) if clock is not None else moment
    if entry.moment.clock is None:
        entry.notes.append("只登记了日期，没有时刻")
