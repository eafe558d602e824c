"""The duty roster from a list (CSV or XLSX): 开始, 结束, 用户名, 顺序, 电话, one shift a row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from casework.duty import Shift
from casework.people_errors import UnfitRoster
from channels.errors import UnreadableMessage
from channels.sheets import heading, moments, opening
from channels.sheets.heading import Heading, Words
from channels.sheets.moments import MomentUnclear
from channels.sheets.table import Row, Table, Value, is_blank, shown
from district.pack import District
from district.sheets import bare_heading

LABELS: Mapping[str, str] = {
    "starts": "开始",
    "ends": "结束",
    "login": "用户名",
    "position": "顺序",
    "phone": "电话",
}
_HEADINGS = {
    "starts": ("开始", "开始时间", "starts"),
    "ends": ("结束", "结束时间", "ends"),
    "login": ("用户名", "账号", "login"),
    "position": ("顺序", "呼叫顺序", "position"),
    "phone": ("电话", "手机", "phone"),
}
WORDS = Words(
    {bare_heading(word): name for name, words in _HEADINGS.items() for word in words}, frozenset({"starts"}), "开始"
)
MOST = 1000


def read(payload: bytes, district: District) -> list[tuple[str, Shift]]:
    """The shifts, each with its row (``第 3 行``). Raises ``UnfitRoster`` with every fault by row and field."""
    try:
        tables = opening.tables(payload, WORDS)
    except UnreadableMessage as problem:
        raise UnfitRoster(f"文件无法读取：{problem}") from problem
    found: list[tuple[str, Shift]] = []
    faults: list[str] = []
    for table in tables:
        _read_table(table, district, found, faults)
    if faults:
        raise UnfitRoster("；".join(faults[:20]))
    if not found:
        raise UnfitRoster("没有找到值班：表头应含“开始、结束、用户名”，下面每行一班")
    if len(found) > MOST:
        raise UnfitRoster(f"一次最多 {MOST} 班，请分成几个文件")
    return found


def _read_table(table: Table, district: District, found: list[tuple[str, Shift]], faults: list[str]) -> None:
    headed = heading.find(table.rows, WORDS)
    if headed is None:
        return
    at, over = headed
    if missing := {"starts", "ends", "login"} - set(over.fields.values()):
        raise UnfitRoster(f"缺少列：{'、'.join(LABELS[name] for name in LABELS if name in missing)}")
    for row in table.rows[at + 1 :]:
        if all(is_blank(cell) for cell in row.cells) or heading.repeats(row, over):
            continue
        shift = _shift(row, over, district, faults, epoch_1904=table.epoch_1904)
        if shift is not None:
            found.append((f"第 {row.number} 行", shift))


def _shift(row: Row, over: Heading, district: District, faults: list[str], *, epoch_1904: bool) -> Shift | None:
    cells: dict[str, Value] = {name: row.at(column) for column, name in over.fields.items()}
    wrong: list[str] = [row.fault] if row.fault else []
    times: dict[str, datetime] = {}
    for name in ("starts", "ends"):
        try:
            times[name] = _moment(cells.get(name), district, epoch_1904=epoch_1904)
        except MomentUnclear as unclear:
            wrong.append(f"“{LABELS[name]}”：{unclear.why}")
    position = shown(cells.get("position")).strip() or "1"
    if not (position.isascii() and position.isdecimal() and len(position) < 4):
        wrong.append("“顺序”：应为整数，例如 1")
    login, phone = (shown(cells.get(name)).strip() for name in ("login", "phone"))
    if len(phone) > 30:
        wrong.append("“电话”：最多 30 个字")
    if wrong:
        faults.extend(f"第 {row.number} 行{each}" for each in wrong)
        return None
    return Shift(times["starts"], times["ends"], login, int(position), phone)


def _moment(value: Value, district: District, *, epoch_1904: bool) -> datetime:
    written = moments.read(value, epoch_1904=epoch_1904)
    if written.clock is None:
        raise MomentUnclear("须写明几点，例如 2026-10-01 08:00")
    return datetime.combine(written.day, written.clock, district.calendars.zone)
