"""``yingsheng compare``: whether two texts speak of one matter, nothing stored."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.output import Refused, desk_open, dump
from api.cli.suggest import read_lines
from triage.sides import Side, SideReader

SIDES = ("a", "b")


def compare(
    lines: Annotated[
        Path, typer.Option(help="JSON Lines 文件：id、a、b，两边各有 channel、time、text；- 表示标准输入")
    ],
) -> None:
    """判断两条诉求是否为同一事项；不保存任何内容。"""
    with desk_open() as desk:
        reader, comparer = desk.engine.sides, desk.engine.comparer
        for number, row in read_lines(lines):
            one, other = (_side(reader, row.get(name), f"{lines}:{number}: {name}") for name in SIDES)
            verdict = comparer.compare(one, other)
            answer = {
                "same_matter": verdict.same_matter,
                "probability": round(verdict.probability, 4),
                "reasons": list(verdict.reasons),
            }
            print(dump(({"id": row["id"]} if "id" in row else {}) | answer), flush=True)


def _side(reader: SideReader, given: Any, where: str) -> Side:
    """One of the two as it is compared. Raises ``Refused`` naming the line, the side and the field."""
    if not isinstance(given, dict):
        raise Refused(f"{where} 应为 JSON 对象")
    text = given.get("text", "")
    for name in ("text", "channel"):
        if not isinstance(given.get(name) or "", str):
            raise Refused(f"{where}.{name} 应为文字")
    return reader.read(text or "", at=_moment(given.get("time"), where))


def _moment(given: Any, where: str) -> datetime | None:
    """The time with its offset; None where none is given."""
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError as problem:
        raise Refused(f"{where}.time 应为 RFC 3339 时间") from problem
    if moment.tzinfo is None:
        raise Refused(f"{where}.time 应带时区")
    return moment


def add_to(app: typer.Typer) -> None:
    """Add ``compare``."""
    app.command()(compare)
