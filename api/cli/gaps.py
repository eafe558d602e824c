"""``yingsheng gaps``: what the knowledge base lacks, and what is wrong within it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from api import gap_report, knowledge_gaps
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from api.cli.suggest import read_lines
from api.desk import Desk
from knowledge import gap_marks, overlaps
from knowledge.gaps import Asked

SHOWN = 20


def gaps(
    days: Annotated[int, typer.Option(help="最近多少天的咨询", min=1, max=3660)] = 90,
    asked: Annotated[
        Path | None,
        typer.Option(
            help="另加的提问（JSON Lines）：text、at（带时区）、channel，可有 article、probability、used、reply"
        ),
    ] = None,
    replaced: Annotated[Path | None, typer.Option(help="另加的已被替换的依据（JSON Lines）：old、new")] = None,
    as_json: AsJson = False,
) -> None:
    """知识缺口：没有好条目的提问、没人用的条目、重复或互相矛盾的条目、依据已被替换的条目。"""
    with desk_open() as desk:
        document = _document(desk, days, asked, replaced)
    if as_json:
        print_json(document)
    else:
        _print(document)


def _document(desk: Desk, days: int, asked: Path | None, replaced: Path | None) -> dict[str, Any]:
    more = [_asked(row, f"{asked}:{number}") for number, row in read_lines(asked)] if asked else []
    pairs = dict(_pair(row, f"{replaced}:{number}") for number, row in read_lines(replaced)) if replaced else {}
    since = desk.now() - timedelta(days=days)
    found = gap_report.document(desk, since, [one for one in more if one.at >= since])
    say(f"最近 {days} 天有 {found['asked']} 条提问")
    with desk.database.read() as session:
        pairs = gap_marks.replacements(session) | pairs
    there = knowledge_gaps.published(desk)
    return {"days": days, **found, "replaced": [asdict(each) for each in overlaps.replaced(there, pairs)]}


def _asked(row: dict[str, Any], where: str) -> Asked:
    texts = {name: row.get(name, "") for name in ("text", "at", "channel", "article", "reply")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise Refused(f"{where}: {name} 应为文字")
    probability, used = row.get("probability", 0.0), row.get("used", False)
    if not isinstance(probability, int | float) or isinstance(probability, bool) or not 0 <= probability <= 1:
        raise Refused(f"{where}: probability 应为 0 到 1 的数")
    if not isinstance(used, bool):
        raise Refused(f"{where}: used 应为 true 或 false")
    try:
        at = datetime.fromisoformat(texts["at"])
    except ValueError as problem:
        raise Refused(f"{where}: at 应为 RFC 3339 时间") from problem
    if at.tzinfo is None:
        raise Refused(f"{where}: at 没有时区")
    return Asked(texts["text"], at, texts["channel"], texts["article"], probability, used, texts["reply"])


def _pair(row: dict[str, Any], where: str) -> tuple[str, str]:
    old, new = row.get("old"), row.get("new")
    if not (isinstance(old, str) and old.strip() and isinstance(new, str) and new.strip()):
        raise Refused(f"{where}: old 和 new 应为文字")
    return old, new


def _print(document: dict[str, Any]) -> None:
    print(f"提问 {document['asked']}，有好条目的 {document['served']}")
    rows = [
        (gap["count"], gap["name"], _counts(gap["weeks"]), _counts(gap["channels"]), gap["near"], gap["draft"])
        for gap in document["gaps"][:SHOWN]
    ]
    table(rows, ("次数", "说的是", "按周", "按渠道", "最近的条目", "答复草稿"))
    print(f"\n没人用的条目 {len(document['unused'])}：{' '.join(document['unused'][:SHOWN])}\n")
    table([(r["one"], r["other"], r["likeness"]) for r in document["repeats"]], ("条目", "与", "相似"))
    print()
    for each in document["contradictions"]:
        one, other = each["differs"]
        print(f"{each['one']} 说 {one}：{each['sentence']}\n{each['other']} 说 {other}：{each['against']}\n")
    table(
        [(each["number"], each["basis"], each["replaced_by"]) for each in document["replaced"]],
        ("条目", "引用的依据", "已被替换为"),
    )


def _counts(counted: dict[str, int]) -> str:
    return " ".join(f"{name}:{count}" for name, count in counted.items())


def add_to(app: typer.Typer) -> None:
    """Add ``gaps``."""
    app.command()(gaps)
