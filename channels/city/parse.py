"""A push or an export of the city's platform made into messages; of several orders, what cannot be taken is refused."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from channels.city import orders, words
from channels.city.orders import NAME, OrderUnfit, Stated
from channels.city.words import WordsUnfit
from channels.cleaning import clean_line
from channels.errors import UnreadableMessage
from channels.json_payload import read_json
from channels.message import Account, Parsed, Refused
from channels.sheets import heading, opening
from channels.sheets.heading import DROPPED, Words
from channels.sheets.table import MAX_BYTES, MAX_ROWS, MAX_TEXT, Row, Table, Unfit, Value, is_blank, shown, width
from district.sheets import bare_heading

MOST_ORDERS = 2000
"""In one push; a sheet may have ``MAX_ROWS``."""

_LISTS = ("orders", "data", "items", "rows")


def parse(payload: bytes, account: Account) -> list[Parsed]:
    """Messages and refusals in the order of the payload. Raises ``UnreadableMessage`` only."""
    if len(payload) > MAX_BYTES:
        raise UnreadableMessage("size", f"超过 {MAX_BYTES // 1_000_000} MB，请分成几个文件")
    try:
        fields, values = words.fields_of(account), words.values_of(account)
    except WordsUnfit as problem:
        raise UnreadableMessage("city.yaml", f"渠道账号的设置不对：{problem.why}") from problem
    if opening.is_json(payload):
        return list(_pushed(payload, account, fields, values))
    found = [each for table in opening.tables(payload, fields) for each in _table(table, account, fields, values)]
    if not found:
        raise UnreadableMessage("", "找不到“工单编号”这样的表头，或表头下面没有一行")
    return found


def _pushed(payload: bytes, account: Account, fields: Words, values: Mapping[str, str]) -> Iterator[Parsed]:
    """One order alone is refused with its whole payload; of several, each by itself."""
    given = read_json(payload)
    if isinstance(given, dict):
        given = next((given[key] for key in _LISTS if isinstance(given.get(key), list)), given)
    several = given if isinstance(given, list) else [given]
    if not several:
        raise UnreadableMessage("", "没有一件工单")
    if len(several) > MOST_ORDERS:
        raise UnreadableMessage("", f"一次超过 {MOST_ORDERS} 件工单")
    for number, each in enumerate(several, start=1):
        try:
            if not isinstance(each, dict):
                raise OrderUnfit("", "应为一个 JSON 对象")
            yield from list(orders.messages(_stated(each, fields, values), account))
        except OrderUnfit as problem:
            if len(several) == 1:
                raise UnreadableMessage(problem.where[:60], problem.why) from problem
            yield _refused(account, _digest(each), number, problem)


def _stated(given: Mapping[str, Any], fields: Words, meanings: Mapping[str, str]) -> Stated:
    values: dict[str, Value] = {}
    called: dict[str, str] = {}
    beside: list[tuple[str, str]] = []
    files: list[Mapping[str, Any]] = []
    for key, value in _flat(given):
        name = fields.fields.get(bare_heading(key), "")
        if name == words.FILES and isinstance(value, list):
            files += [each if isinstance(each, dict) else {"url": each} for each in value]
        elif name == DROPPED or is_blank(read := _value(value, name)):
            continue
        elif name and name not in values:
            values[name], called[name] = read, clean_line(key, 40)
        else:
            beside.append((clean_line(key, 40), clean_line(shown(read), 500)))
    return Stated(values, called, meanings, files, beside)


def _flat(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Keys and values, those of an object inside as ``outer.inner``."""
    for key, value in given.items():
        if isinstance(value, dict):
            yield from ((f"{key}.{inner}", each) for inner, each in value.items())
        else:
            yield key, value


def _value(given: Any, name: str) -> Value:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, bool):
        return "是" if given else "否"
    if isinstance(given, int | float):
        return given if abs(given) < 1e18 else Unfit("过大的数字")
    if name == words.CATEGORY and isinstance(given, list) and all(isinstance(each, str | int) for each in given):
        return "/".join(str(each)[:120] for each in given[:5])
    return Unfit("嵌套的内容")


def _table(table: Table, account: Account, fields: Words, values: Mapping[str, str]) -> Iterator[Parsed]:
    if sum(len(cell) for row in table.rows for cell in row.cells if isinstance(cell, str)) > MAX_TEXT:
        raise UnreadableMessage("", f"内容超过 {MAX_TEXT} 字，请分成几个文件")
    found = heading.find(table.rows, fields)
    if found is None:
        return
    at, over = found
    rows = [row for row in table.rows[at + 1 :] if not _is_blank(row) and not heading.repeats(row, over)]
    if len(rows) > MAX_ROWS:
        raise UnreadableMessage("", f"超过 {MAX_ROWS} 行，请分成几个文件")
    for row in rows:
        try:
            if row.fault:
                raise OrderUnfit("", row.fault)
            yield from list(orders.messages(_row(row, over, values, epoch_1904=table.epoch_1904), account))
        except OrderUnfit as problem:
            digest = _digest([shown(cell) for cell in row.cells])
            yield _refused(account, digest, row.number, problem)


def _row(row: Row, over: heading.Heading, meanings: Mapping[str, str], *, epoch_1904: bool) -> Stated:
    values: dict[str, Value] = {}
    called: dict[str, str] = {}
    beside: list[tuple[str, str]] = []
    for column in range(width(row.cells)):
        name, value = over.fields.get(column, ""), row.at(column)
        if name == DROPPED or is_blank(value):
            continue
        if name:
            values[name], called[name] = value, over.name(column)
        else:
            beside.append((clean_line(over.name(column), 40) or "未写表头的一列", clean_line(shown(value), 500)))
    return Stated(values, called, meanings, beside=beside, epoch_1904=epoch_1904, listed=True)


def _is_blank(row: Row) -> bool:
    return not row.fault and all(is_blank(cell) for cell in row.cells)


def _digest(given: Any) -> str:
    """A short name for what was stated, the same for the same values."""
    written = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()[:24]


def _refused(account: Account, digest: str, row: int, problem: OrderUnfit) -> Refused:
    return Refused(
        NAME, account.name, f"refused:{digest}", row, clean_line(problem.where, 200), clean_line(problem.why, 1000)
    )
