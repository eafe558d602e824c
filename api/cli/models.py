"""``yingsheng train``, ``models``, ``promote``, ``search`` and ``reindex``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api import models as store
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from knowledge import answers


def train(
    files: Annotated[list[Path] | None, typer.Option("--from", help="标注文件（JSON Lines），可重复")] = None,
    as_json: AsJson = False,
) -> None:
    """用样例、人工更正（和文件）训练新模型；不比现用的差才启用。"""
    from api import learning

    with desk_open() as desk:
        before = store.promoted(desk)
        given = learning.sources(desk, files or [])
        made = learning.learn(desk, given, say)
        counts = {name: len(rows) for name, rows in given.items()}
        with desk.database.write.begin() as session:
            act = "train_model" if made.promoted else "refuse_model"
            record(session, desk, act, "model", made.version, before=before or "", **counts)
        found = next(each for each in store.list_versions(desk) if each["version"] == made.version)
    if as_json:
        print_json(found)
    if not made.promoted:
        why = found["data"]["refused"]
        raise Refused(f"新模型 {made.version} 比现用的 {before} 差，已存放、未启用：{why}")
    if not as_json:
        say(f"模型 {made.version} 已启用：{found['figures']}")


def models(as_json: AsJson = False) -> None:
    """列出模型版本、所学数据、指标和与前一版的比较。"""
    with desk_open() as desk:
        rows = store.list_versions(desk)
    if as_json:
        print_json(rows)
    else:
        heads = ("", "版本", "数据指纹", "样例", "指标", "未启用的原因")
        table([_line(row) for row in rows], heads)


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    data = row["data"]
    counts = "、".join(f"{SOURCES.get(name, name)} {number}" for name, number in data.get("rows", {}).items() if number)
    sign = "*" if row["promoted"] else ""
    return sign, row["version"], data.get("fingerprint", "")[:12], counts, row["figures"], data.get("refused", "")


SOURCES = {"samples": "样例", "corrections": "更正", "files": "文件"}


def promote(version: Annotated[str, typer.Argument(help="模型版本")]) -> None:
    """启用（或退回到）一个模型版本。"""
    with desk_open() as desk:
        before = store.promoted(desk)
        known = [each["version"] for each in store.list_versions(desk)]
        if version not in known:
            raise Refused(f"没有模型版本 {version}，可选：{'、'.join(known) or '(无)'}")
        store.promote(desk, version)
        with desk.database.write.begin() as session:
            record(session, desk, "promote_model", "model", version, before=before or "")
    say(f"已启用 {version}")


def search(
    query: Annotated[str, typer.Argument(help="要查的话")],
    limit: Annotated[int, typer.Option(min=1, max=50)] = 10,
    as_json: AsJson = False,
) -> None:
    """查知识库。"""
    with desk_open() as desk:
        desk.follower.catch_up()
        hits = answers.find(desk.index, query, limit=limit, on=desk.now().date())
    if as_json:
        fields = ("id", "title", "score", "highlights")
        print_json([{name: getattr(hit, name) for name in fields} for hit in hits])
    else:
        table([(f"{hit.score:.2f}", hit.id, hit.title) for hit in hits], ("分数", "编号", "标题"))


def reindex(engine: Annotated[str, typer.Option(help="检索引擎")] = "auto") -> None:
    """在旧索引旁重建知识索引，完成后切换。"""
    if engine not in ("auto", *store.ENGINES):
        raise Refused(f"没有检索引擎 {engine}，可选：auto、{'、'.join(store.ENGINES)}")
    with desk_open() as desk:
        say(f"已重建：{desk.follower.rebuild()} 条")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (train, models, promote, search, reindex):
        app.command()(command)
