"""``yingsheng articles``: knowledge in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.on_record import record
from api.cli.output import AsJson, Refused, desk_open, dump, print_json, say, table
from api.cli.suggest import read_lines
from district.articles import read_article
from district.reading import Problems, build
from district.schemas import ArticleSource
from knowledge import articles as store
from knowledge.tables import Article

app = typer.Typer(help="知识条目", no_args_is_help=True)


def _from_lines(file: Path) -> list[ArticleSource]:
    found, problems = [], Problems()
    for number, row in read_lines(file):
        article = build(ArticleSource, row, lambda _loc, number=number: (str(file), number), problems)  # type: ignore[misc]
        if article is not None:
            found.append(article)
    if problems.found:
        raise Refused("\n".join(str(problem) for problem in problems.sorted()))
    return found


def _from_markdown(file: Path) -> list[ArticleSource]:
    problems = Problems()
    article = read_article(file, problems)
    if article is None or problems.found:
        raise Refused("\n".join(str(problem) for problem in problems.found))
    return [article]


READERS = {".jsonl": _from_lines, ".md": _from_markdown}


@app.command("import")
def import_(files: Annotated[list[Path], typer.Argument(help="Markdown（带条目信息）或 JSON Lines 文件")]) -> None:
    """导入知识条目为草稿；编号相同的更新，内容相同的不变。"""
    with desk_open() as desk:
        sources: list[ArticleSource] = []
        for file in files:
            reader = READERS.get(file.suffix.lower())
            if reader is None:
                raise Refused(f"{file}: 不支持的格式，可用：{'、'.join(READERS)}")
            sources += reader(file)
        with desk.database.write.begin() as session:
            report = store.import_sources(session, sources, actor="command", now=desk.now())
            counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged}
            record(session, desk, "import_articles", "articles", "", **counts)
    say(f"新增 {report.added}，更新 {report.updated}，未变 {report.unchanged}")


def _all(desk: Any) -> list[Article]:
    rows: list[Article] = []
    cursor = ""
    with desk.database.read() as session:
        while True:
            page, cursor = store.list_page(session, after=cursor, limit=200)
            rows += page
            if not cursor:
                return rows


@app.command()
def export() -> None:
    """导出全部知识条目（JSON Lines）。"""
    with desk_open() as desk:
        for article in _all(desk):
            print(dump({"id": article.number, **{name: getattr(article, name) for name in store.CONTENT}}))


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出知识条目。"""
    with desk_open() as desk:
        rows = [{"id": a.number, "question": a.question, "status": a.status, "version": a.version} for a in _all(desk)]
    if as_json:
        print_json(rows)
    else:
        table([(r["id"], r["status"], r["version"], r["question"]) for r in rows], ("编号", "状态", "版本", "问题"))
