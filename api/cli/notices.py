"""``yingsheng notices``: notices of the day (停水停电等通告) entered, listed, ended, withdrawn, taken from files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy.orm import Session

from api import day_notice_views as views
from api.cli.cases import READER, As, actor_of
from api.cli.output import AsJson, Refused, desk_open, print_json, say, table
from api.cli.suggest import read_lines
from api.desk import Desk
from casework.actors import Actor
from knowledge import day_notices
from knowledge.day_notices import LABELS
from knowledge.errors import ForeignNotice, UnfitFile, UnfitNotice
from knowledge.importing.charsets import decode

app = typer.Typer(help="通告：停水、停电、停气、停暖、封路、断网", no_args_is_help=True)
COLUMNS = {
    "内容": "text",
    "开始": "begins",
    "结束": "ends",
    "范围": "area",
    "事项": "subject",
    "来源": "source",
    "责任单位": "unit",
}
"""Heads of a CSV file; the names of JSON Lines will do as well."""
Number = Annotated[str, typer.Argument(help="通告编号，如 TG-0001")]
Begins = Annotated[str, typer.Option(help="开始时间，如 2026-11-30T09:00；不写时区按本区时间")]
Ends = Annotated[str, typer.Option(help="结束时间，最长 60 天")]
Unit = Annotated[str, typer.Option(help="责任单位代码")]
Area = Annotated[str, typer.Option(help="街道、社区（名称或代码）或其他地点，用顿号分开；不写为全区")]
Subject = Annotated[str, typer.Option(help=f"停的是什么：{'、'.join(LABELS.values())}；内容已写明时可不写")]
Shown = Literal["current", "coming", "past", "withdrawn", "all"]


@app.command("list")
def list_(
    state: Annotated[
        Shown, typer.Option(help="current 生效中，coming 即将开始，past 已结束，withdrawn 已撤回")
    ] = "all",
    as_json: AsJson = False,
) -> None:
    """列出通告，新登记的在前。"""
    with desk_open() as desk, desk.database.read() as session:
        rows = _all(session, desk, None if state == "all" else state)
        zone = desk.district.calendars.zone
    if as_json:
        print_json(rows)
        return
    lines = [
        (
            row["number"],
            row["state_label"],
            row["subject_label"],
            row["area"] or "全区",
            f"{row['begins'].astimezone(zone):%Y-%m-%d %H:%M}",
            f"{row['ends'].astimezone(zone):%Y-%m-%d %H:%M}",
            row["unit"],
            row["text"],
        )
        for row in rows
    ]
    table(lines, ("编号", "状态", "事项", "范围", "开始", "结束", "责任单位", "内容"))


def _all(session: Session, desk: Desk, state: day_notices.State | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    now, cursor = desk.now(), ""
    while True:
        found, cursor = day_notices.listed(session, state, now=now, after=cursor, limit=200)
        rows += [views.brief(row, desk.district, READER, now=now) for row in found]
        if not cursor:
            return rows


@app.command()
def add(
    login: As,
    text: Annotated[str, typer.Option(help="通告内容，不超过 300 字")],
    begins: Begins,
    ends: Ends,
    unit: Unit,
    area: Area = "",
    subject: Subject = "",
    source: Annotated[str, typer.Option(help="来源")] = "",
) -> None:
    """登记一条通告。"""
    given = {"text": text, "begins": begins, "ends": ends, "unit": unit, "area": area, "subject": subject}
    with desk_open() as desk, desk.database.write.begin() as session:
        notice = views.text_of(given | {"source": source}, desk.district.calendars.zone)
        actor = actor_of(session, login)
        row = day_notices.add(session, desk.district, notice, actor=actor, now=desk.now())
        number, state = row.number, day_notices.STATES[day_notices.state_of(row, desk.now())]
    say(f"{number} {state}")


def _do(number: str, login: str, act: str) -> None:
    with desk_open() as desk, desk.database.write.begin() as session:
        actor, now = actor_of(session, login), desk.now()
        row = day_notices.ACTS[act](session, desk.district, number, actor=actor, now=now)
        say(f"{row.number} {day_notices.STATES[day_notices.state_of(row, now)]}")


@app.command()
def end(number: Number, login: As) -> None:
    """提前结束生效中的通告。"""
    _do(number, login, "end")


@app.command()
def withdraw(number: Number, login: As) -> None:
    """撤回通告，不再告知任何人；可以恢复。"""
    _do(number, login, "withdraw")


@app.command()
def restore(number: Number, login: As) -> None:
    """恢复撤回的通告。"""
    _do(number, login, "restore")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help=f"JSON Lines 或 CSV（{'、'.join(COLUMNS)}）")],
    login: As,
) -> None:
    """从文件登记通告；有一行不合要求，全部不登记。已登记的同样内容不重复登记。"""
    if not file.is_file():
        raise Refused(f"没有文件 {file}")
    with desk_open() as desk, desk.database.write.begin() as session:
        added, known, wrong = _take(session, desk, file, actor_of(session, login))
        if wrong:
            raise Refused("；".join(wrong[:20]))
    say(f"登记 {added} 条，已有 {known} 条")


def _take(session: Session, desk: Desk, file: Path, actor: Actor) -> tuple[int, int, list[str]]:
    """How many rows were entered, how many were there already, and what is wrong with the others."""
    added, known = 0, 0
    wrong: list[str] = []
    for number, row in _rows(file):
        try:
            given = views.text_of(_texts(row), desk.district.calendars.zone)
            if day_notices.entered(session, desk.district, given):
                known += 1
                continue
            day_notices.add(session, desk.district, given, actor=actor, now=desk.now())
            added += 1
        except (UnfitNotice, ForeignNotice) as problem:
            wrong.append(f"{file}:{number}: {problem}")
    return added, known, wrong


def _texts(row: dict[str, Any]) -> dict[str, str]:
    given = {name: row.get(name, "") for name in COLUMNS.values()}
    for name, value in given.items():
        if not isinstance(value, str):
            raise UnfitNotice(f"{name} 应为文字")
    return given


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their lines: of CSV if the file's name says so, else JSON Lines."""
    if file.suffix.lower() != ".csv":
        yield from read_lines(file)
        return
    try:
        reader = csv.DictReader(io.StringIO(decode(file.read_bytes()), newline=""), strict=True)
        heads = [COLUMNS.get(head.strip(), head.strip()) for head in reader.fieldnames or ()]
        if missing := {"text", "begins", "ends", "unit"} - set(heads):
            names = "、".join(label for label, name in COLUMNS.items() if name in missing)
            raise Refused(f"{file}:1: 缺少列 {names}")
        reader.fieldnames = heads
        for row in reader:
            yield reader.line_num, {name: value or "" for name, value in row.items() if isinstance(name, str)}
    except (UnfitFile, csv.Error) as problem:
        raise Refused(f"{file}: 不能读取：{problem}") from problem
