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
    without_comparison: Annotated[
        bool, typer.Option("--without-comparison", help="不与现用模型比较，直接启用（现用模型已不可用时）")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """用样例、人工更正（和文件）训练新模型；不比现用的差才启用。"""
    from api import learning

    with desk_open() as desk:
        if not without_comparison:
            store.sound_or_none(desk)  # refused before anything is read
        given = learning.sources(desk, files or [])
        if without_comparison:
            made = learning.learn_without_comparison(desk, given, say, why="按要求不作比较（--without-comparison）")
        else:
            made = learning.learn(desk, given, say)
        counts = {name: len(rows) for name, rows in given.items()}
        with desk.database.write.begin() as session:
            act = "train_model" if made.promoted else "refuse_model"
            compared = made.verdict.texts if made.verdict else 0
            record(session, desk, act, "model", made.version, before=made.before, compared=compared, **counts)
        found = store.describe(desk, made.version, store.promoted(desk))
    if as_json:
        print_json(found)
    if not made.promoted:
        why = found["data"]["refused"]
        raise Refused(f"新模型 {made.version} 比现用的 {made.before} 差，已存放、未启用：{why}")
    if not as_json:
        say(f"模型 {made.version} 已启用：{found['figures']}")
    say(f"  {_comparison(found['data'])}")


def models(as_json: AsJson = False) -> None:
    """列出模型版本、所学数据、指标、与前一版的比较，以及能否使用。"""
    with desk_open() as desk:
        rows = store.list_versions(desk)
    if as_json:
        print_json(rows)
    else:
        heads = ("", "版本", "数据指纹", "样例", "指标", "比较", "未启用或不可用的原因")
        table([_line(row) for row in rows], heads)


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    data = row["data"]
    counts = "、".join(f"{SOURCES.get(name, name)} {number}" for name, number in data.get("rows", {}).items() if number)
    sign = ("*" if row["promoted"] else "") + ("" if row["usable"] else "✗")
    why = f"不可用：{row['why']}" if row["why"] else data.get("refused", "")
    figures = row["figures"] or ""
    return sign, row["version"], data.get("fingerprint", "")[:12], counts, figures, _comparison(data), why


def _comparison(data: dict[str, Any]) -> str:
    """With what the model was compared, and how it came out."""
    if verdict := data.get("verdict"):
        counts = f"{verdict['texts']} 条诉求，答对 {verdict['before']} 条 → {verdict['now']} 条"
        return f"与 {data['compared_with']} 比较：{counts}"
    return f"未作比较：{data['uncompared']}" if data.get("uncompared") else ""


SOURCES = {"samples": "样例", "corrections": "更正", "files": "文件"}


def promote(version: Annotated[str, typer.Argument(help="模型版本")]) -> None:
    """启用（或退回到）一个模型版本。"""
    with desk_open() as desk:
        if not store.is_stored(desk, version):
            raise Refused(f"没有模型版本 {version}，可选：{'、'.join(store.list_usable(desk)) or '(无)'}")
        before = store.promote(desk, version)
        with desk.database.write.begin() as session:
            record(session, desk, "promote_model", "model", version, before=before)
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
