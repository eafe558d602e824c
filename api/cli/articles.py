"""``yingsheng articles``: knowledge in and out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.orm import Session

from api import article_files, article_imports, errors, scanning
from api.clamd import ScannerAway
from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, dump, print_json, say, table
from api.desk import Desk
from api.errors import Forbidden
from knowledge import attachments, listing
from knowledge.articles import ImportReport
from knowledge.importing.cleaning import printable
from knowledge.importing.material import Reading
from knowledge.importing.plan import CHANGES, ImportPlan, label_of
from knowledge.listing import ArticleFilter
from knowledge.tables import Article

app = typer.Typer(help="知识条目", no_args_is_help=True)
ACTOR = "command"
SHOWN = 200
"""Faults and hints that are printed; ``--json`` gives all."""


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="DOCX、XLSX、CSV、HTML、Markdown、PDF、JSONL 文件，或文件夹")],
    preview: Annotated[bool, typer.Option("--preview", help="只看会怎样，不导入")] = False,
    as_json: AsJson = False,
) -> None:
    """导入知识条目为草稿；编号相同的更新，内容相同的不变。有未能导入的内容时退出码为 1，其余照常导入。"""
    with desk_open() as desk:
        made = article_imports.planned(desk, _readings(files), actor=ACTOR)
        if not preview:
            _land(desk, made)
    if as_json:
        print_json(made.document() | {"landed": not preview})
    else:
        _print_plan(made, preview=preview)
    if not made.all_taken:
        raise typer.Exit(1)


def _readings(paths: Sequence[Path]) -> list[Reading]:
    for path in paths:
        if not path.exists():
            raise Refused(f"没有文件 {article_imports.shown(path)}")
    found = article_imports.walk(paths)
    if found.left_out:
        names = "、".join(printable(path.name) for path in found.left_out[:5])
        say(f"跳过 {len(found.left_out)} 个其他格式的文件：{names}")
    total = len(found.files) + len(found.outside)
    if not total:
        raise Refused("没有可以导入的文件")
    readings: list[Reading] = []
    for number, reading in enumerate(article_imports.read_found(found), 1):
        readings.append(reading)
        if total > 1:
            wrong = f"，{len(reading.faults)} 处问题" if reading.faults else ""
            say(f"[{number}/{total}] {reading.file}：{len(reading.drafts)} 条{wrong}")
    return readings


def _land(desk: Desk, made: ImportPlan) -> None:
    def on_record(session: Session, report: ImportReport) -> None:
        record(session, desk, "import_articles", "articles", "", **report.counts())

    total = made.count("added") + made.count("changed")
    for landed in article_imports.land(desk.database, made, actor=ACTOR, clock=desk.now, on_record=on_record):
        if landed < total:
            say(f"已导入 {landed}/{total} 条")


def _print_plan(made: ImportPlan, *, preview: bool) -> None:
    if preview:
        rows = [
            (CHANGES[row.change], row.source.id, row.place, row.source.question, "、".join(map(label_of, row.fields)))
            for row in made.rows
        ]
        table(rows, ("变化", "编号", "位置", "问题", "改动的内容"))
    hints = [f"{row.place}：{hint}" for row in made.rows for hint in row.hints]
    notes = [f"{file}：{note}" for file, note in made.notes]
    gone = [f"{each.file}：{each.number}“{each.question[:40]}”在新文件里已没有，请看是否撤下" for each in made.vanished]
    left = [f"{row.place}：{row.why}" for row in made.rows if row.change == "left"]
    kept_out = [str(fault) for fault in made.kept_out()]
    refused = [str(fault) for fault in made.faults]
    for label, lines in (
        ("提示", notes + hints),
        ("已消失", gone),
        (CHANGES["left"], left),
        (CHANGES["refused"], kept_out),
        ("未导入", refused),
    ):
        for line in lines[:SHOWN]:
            say(f"{label}：{line}")
        if len(lines) > SHOWN:
            say(f"{label}：另有 {len(lines) - SHOWN} 处，用 --json 查看全部")
    say(f"{'将' if preview else ''}{made.told()}")


class Format(StrEnum):
    """What articles are exported as."""

    JSONL = "jsonl"
    MD = "md"
    XLSX = "xlsx"
    CSV = "csv"


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="文件；md 为文件夹；- 表示标准输出")] = Path("-"),
    format_: Annotated[
        Format | None, typer.Option("--format", help="默认看文件后缀，没有则为 jsonl；jsonl、md 可无损再导入")
    ] = None,
) -> None:
    """导出全部知识条目；附件另存在旁边的文件夹里，每条一个子文件夹。"""
    chosen = format_ or next((each for each in Format if target.suffix.lower() == f".{each}"), Format.JSONL)
    to_stdout = str(target) == "-"
    if to_stdout and chosen in (Format.MD, Format.XLSX):
        raise Refused(f"{chosen} 不能写到标准输出，请给出{'文件夹' if chosen is Format.MD else '文件'}")
    with desk_open() as desk:
        rows = _all(desk)
        if chosen is Format.MD:
            _write_folder(target, rows)
        elif chosen is Format.XLSX:
            target.write_bytes(article_files.as_workbook(rows))
        elif chosen is Format.CSV:
            _write_text(target, [article_files.as_csv(rows)], mark="" if to_stdout else "\ufeff")
        else:
            _write_text(target, [f"{dump(article_files.as_record(article))}\n" for article in rows])
        if not to_stdout:
            say(f"已导出 {len(rows)} 条到 {target}")
            _write_attachments(desk, target.with_name(f"{target.stem}-attachments"))


def _write_folder(folder: Path, rows: Sequence[Article]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    names = article_files.file_names(article.number for article in rows)
    for article in rows:
        (folder / names[article.number]).write_text(article_files.as_markdown(article), "utf-8")


def _write_attachments(desk: Desk, folder: Path) -> None:
    with desk.database.read() as session:
        found = attachments.exported(session)
    names = article_files.file_names(dict.fromkeys(number for number, _ in found))
    written = 0
    for number, each in found:
        try:
            scanning.admit(desk, each.blob)
        except (Forbidden, ScannerAway) as problem:
            say(f"{number} 的附件 {each.name} 没有导出：{errors.sentence(problem)}")
            continue
        place = folder / names[number].removesuffix(".md")
        place.mkdir(parents=True, exist_ok=True)
        (place / each.name).write_bytes(desk.blobs.get(each.blob))
        written += 1
    if written:
        say(f"附件 {written} 个，在 {folder}")


def _write_text(target: Path, parts: Sequence[str], *, mark: str = "") -> None:
    if str(target) == "-":
        for part in parts:
            sys.stdout.write(part)
        return
    target.write_text(mark + "".join(parts), "utf-8", newline="")


def _all(desk: Any) -> list[Article]:
    rows: list[Article] = []
    cursor = ""
    with desk.database.read() as session:
        while True:
            page, cursor = listing.page(session, ArticleFilter(), after=cursor, limit=200)
            rows += page
            if not cursor:
                return rows


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出知识条目。"""
    with desk_open() as desk:
        rows = [{"id": a.number, "question": a.question, "status": a.status, "version": a.version} for a in _all(desk)]
    if as_json:
        print_json(rows)
    else:
        table([(r["id"], r["status"], r["version"], r["question"]) for r in rows], ("编号", "状态", "版本", "问题"))
