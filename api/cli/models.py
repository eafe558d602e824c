"""``yingsheng train``, ``models``, ``promote``, ``search`` and ``reindex``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from api import models as store
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from casework.tables import Correction, Ticket
from knowledge import answers


def train(
    files: Annotated[list[Path] | None, typer.Option("--from", help="标注文件（JSON Lines），可重复")] = None,
    as_json: AsJson = False,
) -> None:
    """用样例、更正记录（和文件）训练新模型并启用。"""
    from triage import examples
    from triage.examples import Labelled

    with desk_open() as desk:
        rows = [row for file in files or [] for row in examples.read(file, need="category")]
        with desk.database.read() as session:
            corrected = session.execute(
                select(Ticket.text, Ticket.title, Correction.corrected)
                .join(Correction, Correction.ticket_id == Ticket.id)
                .where(Correction.field == "category")
            )
            rows += [Labelled(text, title, category) for text, title, category in corrected]
        version = store.train_from_pack(desk, say, rows)
        with desk.database.write.begin() as session:
            record(session, desk, "train_model", "model", version, rows=len(rows))
        found = next(each for each in store.list_versions(desk) if each["version"] == version)
    if as_json:
        print_json(found)
    else:
        say(f"模型 {version} 已启用：{found['figures']}")


def models(as_json: AsJson = False) -> None:
    """列出模型版本及其指标。"""
    with desk_open() as desk:
        rows = store.list_versions(desk)
    if as_json:
        print_json(rows)
    else:
        table([("*" if r["promoted"] else "", r["version"], r["figures"]) for r in rows], ("", "版本", "指标"))


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
