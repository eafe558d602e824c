"""The JSON form: one record of a counter's screen, a list of them, or ``{"records": [...]}``."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from channels.errors import UnreadableMessage
from channels.sheets.table import MAX_COLUMNS, MAX_ROWS, Row, Table, Unfit, Value

_MOST_OBJECTS = 3 * MAX_ROWS  # braces in texts counted too


class _Record(dict[str, Any]):
    """A JSON object; ``twice`` is the first key that it names twice."""

    twice = ""


def read(payload: bytes) -> Table:
    """Records as rows under a heading of all their keys. Rows count from 1. Raises ``UnreadableMessage``."""
    if payload.count(b"{") > _MOST_OBJECTS:
        raise UnreadableMessage("json", f"超过 {MAX_ROWS} 条记录")
    try:
        given = json.loads(payload, object_pairs_hook=_record, parse_constant=_no_constant)
    except (ValueError, RecursionError) as problem:
        raise UnreadableMessage("json", f"不是完整的 JSON（{type(problem).__name__}）") from problem
    records = given.get("records", given) if isinstance(given, dict) else given
    records = records if isinstance(records, list) else [records]
    if not records or not any(isinstance(each, _Record) and each for each in records):
        raise UnreadableMessage("json", "没有一条登记记录")
    if len(records) > MAX_ROWS:
        raise UnreadableMessage("json", f"超过 {MAX_ROWS} 条记录")
    keys = list(dict.fromkeys(key for each in records if isinstance(each, _Record) for key in each))
    if len(keys) > MAX_COLUMNS:
        raise UnreadableMessage("json", f"超过 {MAX_COLUMNS} 个字段")
    return Table([Row(0, keys), *(_row(number, each, keys) for number, each in enumerate(records, 1))], keyed=True)


def _row(number: int, record: Any, keys: list[str]) -> Row:
    if not isinstance(record, _Record):
        return Row(number, [str(record)[:200]], "不是一条登记记录")
    cells = [_value(record.get(key)) for key in keys]
    return Row(number, cells, f"字段“{record.twice[:40]}”写了两遍" if record.twice else "")


def _value(given: Any) -> Value:
    if given is None or isinstance(given, str):
        return given
    if isinstance(given, bool):
        return "是" if given else "否"
    if isinstance(given, int | float):
        return given if abs(given) < 1e18 else Unfit(f"{given:.3g}" if isinstance(given, float) else "过大的数字")
    return Unfit("嵌套的内容")


def _record(pairs: list[tuple[str, Any]]) -> _Record:
    made = _Record()
    for key, value in pairs:
        if key in made:
            made.twice = made.twice or key
        else:
            made[key] = value
    return made


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
