"""``yingsheng answer``: what the answer bot would say to messages, nothing stored and nothing sent."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api import answering
from api.cli.output import Refused, desk_open, dump
from api.cli.suggest import read_lines
from knowledge.bot import REASONS, Reply
from knowledge.notices import Notice


def answer(
    lines: Annotated[Path, typer.Option(help="JSON Lines 文件：text，可有 id；- 表示标准输入")],
    notices: Annotated[
        Path | None, typer.Option(help="当天通告（JSON Lines）：text、begins、ends，可有 area；时间带时区")
    ] = None,
) -> None:
    """应答机器人对每条消息会怎么说：作答、反问或转人工；不保存也不发送任何内容。"""
    with desk_open() as desk:
        known = [_notice(row, f"{notices}:{number}") for number, row in read_lines(notices)] if notices else []
        for number, row in read_lines(lines):
            reply = answering.answer(desk, _text(row, "text", f"{lines}:{number}"), notices=known)
            print(dump(({"id": row["id"]} if "id" in row else {}) | as_json(reply)), flush=True)


def as_json(reply: Reply) -> dict[str, Any]:
    """``act``, ``article``, ``text``, ``probability`` as the interface page has them; what else there is follows."""
    document: dict[str, Any] = {
        "act": reply.act,
        "article": reply.article,
        "text": reply.text,
        "probability": reply.probability,
        "version": reply.version,
        "options": list(reply.options),
    }
    return document | {"why": reply.why, "reason": REASONS[reply.why]}


def _text(row: dict[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Refused(f"{where}: {name} 应为文字")
    return value


def _notice(row: dict[str, Any], where: str) -> Notice:
    begins, ends = (_time(row, name, where) for name in ("begins", "ends"))
    if ends < begins:
        raise Refused(f"{where}: ends 早于 begins")
    text = _text(row, "text", where)
    if not text.strip():
        raise Refused(f"{where}: text 是空的")
    return Notice(text, _text({"area": "", **row}, "area", where), begins, ends)


def _time(row: dict[str, Any], name: str, where: str) -> datetime:
    try:
        at = datetime.fromisoformat(_text(row, name, where))
    except ValueError as problem:
        raise Refused(f"{where}: {name} 应为 RFC 3339 时间") from problem
    if at.tzinfo is None:
        raise Refused(f"{where}: {name} 没有时区")
    return at


def add_to(app: typer.Typer) -> None:
    """Add ``answer``."""
    app.command()(answer)
