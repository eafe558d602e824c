"""``yingsheng suggest``: what triage proposes for a text, nothing stored."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from api import judging
from api.cli.output import AsJson, Refused, desk_open, dump, print_json
from triage.assessment import Assessment, Context

FIELDS = frozenset({"text", "id", "title", "channel", "time"})


def read_lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """JSON Lines with their numbers; ``-`` is stdin, ``.gz`` is read as is. Raises ``Refused`` naming the line."""
    with _opened(file) as source:
        for number, line in enumerate(_lines(source, file), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig"), parse_constant=_no_number)
            except UnicodeDecodeError as problem:
                raise Refused(f"{file}:{number}: 不是 UTF-8 编码的文字") from problem
            except (ValueError, RecursionError) as problem:
                raise Refused(f"{file}:{number}: 不是有效的 JSON") from problem
            if not isinstance(row, dict):
                raise Refused(f"{file}:{number}: 应为 JSON 对象")
            yield number, row


def _opened(file: Path) -> AbstractContextManager[IO[bytes]]:
    if str(file) == "-":
        return nullcontext(sys.stdin.buffer)
    source: IO[bytes] = gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb")  # type: ignore[assignment]  # noqa: SIM115
    return source


def _lines(source: IO[bytes], file: Path) -> Iterator[bytes]:
    try:
        yield from source
    except (gzip.BadGzipFile, EOFError, zlib.error) as problem:
        raise Refused(f"{file}: 不是完整的 gzip 文件") from problem


def _no_number(name: str) -> object:
    """NaN and Infinity are no JSON, and would not be in what is printed."""
    raise ValueError(name)


def _context(row: dict[str, Any], where: str) -> tuple[str, Context]:
    text = row.get("text", "")
    if not isinstance(text, str):
        raise Refused(f"{where}: text 应为文字")
    at = None
    for name in ("title", "channel"):
        if not isinstance(row.get(name) or "", str):
            raise Refused(f"{where}: {name} 应为文字")
    if row.get("time"):
        try:
            at = datetime.fromisoformat(str(row["time"]))
        except ValueError as problem:
            raise Refused(f"{where}: time 应为 RFC 3339 时间") from problem
    return text, Context(title=str(row.get("title") or ""), channel=str(row.get("channel") or ""), at=at)


def suggest(
    text: Annotated[str | None, typer.Argument(help="文字,- 表示标准输入")] = None,
    lines: Annotated[Path | None, typer.Option(help="JSON Lines 文件：text，可有 id、title、channel、time")] = None,
    as_json: AsJson = False,
) -> None:
    """智能研判：分类、诉求类型、紧急程度、承办单位；不保存任何内容。"""
    with desk_open() as desk:
        if lines is not None:
            for number, row in read_lines(lines):
                words, context = _context(row, f"{lines}:{number}")
                document = judging.think(desk, words, context).as_json()
                print(dump(({"id": row["id"]} if "id" in row else {}) | document), flush=True)
            return
        if text is None:
            raise typer.BadParameter("请给出文字，或用 --lines 指定文件")
        words = sys.stdin.read() if text == "-" else text
        assessment = judging.think(desk, words)
        if as_json:
            print_json(assessment.as_json())
        else:
            _print(assessment)


def _print(assessment: Assessment) -> None:
    for guess in assessment.category:
        print(f"{guess.probability:.2f}  {guess.code}  {'/'.join(guess.path)}")
    for unit in assessment.unit:
        print(f"{unit.probability:.2f}  {unit.code}  {unit.name}  {unit.directory_line} {unit.clause}")
    print(f"{assessment.request_type.value}  {assessment.urgency.level}  {'、'.join(assessment.urgency.reasons)}")
    print(assessment.why)


def add_to(app: typer.Typer) -> None:
    """Add ``suggest``."""
    app.command()(suggest)
