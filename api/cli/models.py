"""``yingsheng train``, ``models`` (with ``models quality``), ``promote``, ``search`` and ``reindex``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast, get_args

import typer

from api import models as store
from api import quality_report, quality_views
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, day, desk_open, print_json, say, table
from api.quality_report import By
from casework import quality as figures
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


versions = typer.Typer(help="模型版本：所学数据、指标、实际准确率", invoke_without_command=True)


@versions.callback()
def models(context: typer.Context, as_json: AsJson = False) -> None:
    """列出模型版本、所学数据、指标、与前一版的比较，投入使用后的实际准确率，以及能否使用。"""
    if context.invoked_subcommand is not None:
        return
    with desk_open() as desk:
        rows = store.list_versions(desk)
        with desk.database.read() as session:
            live = figures.by_model(session, *EVER)
    for row in rows:
        row["live"] = quality_views.figures_json(live.get(row["version"], figures.Figures()))
    if as_json:
        print_json(rows)
    else:
        heads = ("", "版本", "数据指纹", "样例", "指标", "实际准确率", "比较", "未启用或不可用的原因")
        table([_line(row) for row in rows], heads)


EVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


@versions.command("quality")
def quality(
    by: Annotated[str, typer.Option(help="week、month、model 或 category")] = "week",
    first: Annotated[str, typer.Option("--from", help="第一天 YYYY-MM-DD")] = "",
    last: Annotated[str, typer.Option("--to", help="最后一天 YYYY-MM-DD")] = "",
    as_json: AsJson = False,
) -> None:
    """研判质量：准确率、把握、校准、来件变化；不给日期时为最近十二周（按月时为十二个月）。"""
    if by not in get_args(By):
        raise Refused(f"不能按“{by}”统计，可选：{'、'.join(get_args(By))}")
    with desk_open() as desk, desk.database.read() as session:
        days = day(first, "--from"), day(last, "--to")
        found = quality_report.report(session, desk, by=cast("By", by), first=days[0], last=days[1])
        document = quality_views.as_json(desk, found)
    if as_json:
        print_json(document)
        return
    for sentence in document["advice"]:
        say(sentence)
    rows = [_quality_line(row) for row in (*document["rows"], document["total"] | {"label": "合计"})]
    table(rows, ("", "研判件数", "已判", "分类准确率", "单位准确率", "前三命中率", "平均把握", "被更正"))


def _quality_line(row: dict[str, Any]) -> tuple[object, ...]:
    shares = (
        row["category"]["accuracy"],
        row["unit"]["accuracy"],
        row["top3"]["accuracy"],
        row["mean_probability"],
        row["corrected"]["share"],
    )
    return row["label"], row["suggested"], row["judged"], *(quality_report.per_cent(each) for each in shares)


def _line(row: dict[str, Any]) -> tuple[object, ...]:
    data = row["data"]
    counts = "、".join(f"{SOURCES.get(name, name)} {number}" for name, number in data.get("rows", {}).items() if number)
    sign = ("*" if row["promoted"] else "") + ("" if row["usable"] else "✗")
    why = f"不可用：{row['why']}" if row["why"] else data.get("refused", "")
    live = row["live"]
    judged = f"（{live['category']['right']}/{live['judged']}）" if live["judged"] else ""
    accuracy = quality_report.per_cent(live["category"]["accuracy"]) + judged
    known = data.get("fingerprint", "")[:12], counts, row["figures"] or ""
    return sign, row["version"], *known, accuracy, _comparison(data), why


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
        hits = answers.find(desk.index, query, limit=limit, on=desk.today())
    if as_json:
        fields = ("id", "title", "score", "highlights")
        print_json([{name: getattr(hit, name) for name in fields} for hit in hits])
    else:
        table([(f"{hit.score:.2f}", hit.id, hit.title) for hit in hits], ("分数", "编号", "标题"))


def reindex(
    engine: Annotated[
        str, typer.Option(help="检索引擎:whoosh、tantivy，此后一直用它；auto 恢复按条数选择；不给则不变")
    ] = "",
) -> None:
    """在旧索引旁重建知识索引，完成后切换；其间检索照常。"""
    from knowledge import engines

    if engine and engine not in (engines.AUTO, *engines.NAMES):
        raise Refused(f"没有检索引擎 {engine}，可选：{engines.AUTO}、{'、'.join(engines.NAMES)}")
    with desk_open() as desk:
        setting = desk.settings.search_engine
        if engine and setting not in (engines.AUTO, engine):
            raise Refused(f"设置 YINGSHENG_SEARCH_ENGINE 已指定 {setting}，要换引擎请改这项设置")
        count = desk.follower.rebuild(engine)
        say(f"已重建：{count} 条，引擎 {desk.index.engine}")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (train, promote, search, reindex):
        app.command()(command)
    app.add_typer(versions, name="models")
