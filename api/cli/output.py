"""How commands speak: data to stdout (one JSON document with ``--json``), everything else to stderr."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from api.cli.environment import trouble
from api.desk import Desk
from api.errors import problem_of, sentence
from api.settings import Settings
from district.errors import PackError

AsJson = Annotated[bool, typer.Option("--json", help="输出一个 JSON 文档")]

_LONE = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """The input or the state refuses the command; the message says what and where."""


def refuse(refused: Refused) -> NoReturn:
    """One line on stderr and exit 1."""
    say(f"错误：{refused}")
    sys.exit(1)


def day(text: str, option: str) -> date | None:
    """A day given as ``YYYY-MM-DD``; None for nothing. Raises ``Refused`` that names the option."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Refused(f"{option} 应为 YYYY-MM-DD，给出的是 {text}") from problem


def say(line: str) -> None:
    """A line of progress."""
    print(line, file=sys.stderr, flush=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(type(value).__name__)


def dump(document: Any) -> str:
    """JSON as commands print it; a lone surrogate, which is no text that can be printed, stays an escape."""
    text = json.dumps(document, ensure_ascii=False, default=_plain)
    return json.dumps(document, default=_plain) if _LONE.search(text) else text


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    print(dump(document), flush=True)


def table(rows: Sequence[Sequence[object]], heads: Sequence[str]) -> None:
    """Rows under heads, separated by tabs: readable, and easy to cut."""
    print("\t".join(heads))
    for row in rows:
        print("\t".join("" if cell is None else str(cell).replace("\n", " ") for cell in row))


@contextmanager
def desk_open(*, demo: bool | None = None) -> Iterator[Desk]:
    """The desk of the settings; errors of the rooms below become ``Refused`` with their Chinese sentence."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    with told():
        settings = Settings() if demo is None else Settings(demo=demo)
        desk = Desk(settings)
        try:
            yield desk
        finally:
            desk.close()


@contextmanager
def told() -> Iterator[None]:
    """Errors of the rooms below as ``Refused``."""
    try:
        yield
    except Refused:
        raise
    except PackError as problem:
        raise Refused("\n".join(str(each) for each in problem.problems)) from problem
    except Exception as problem:
        words = trouble(problem) or (sentence(problem) if problem_of(problem) else None)
        if words is None:
            raise
        raise Refused(words) from problem
