"""Labelled texts, and the files they come in (JSON Lines, ``.gz`` read as is; see docs/triage.md)."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from triage.errors import UnknownTarget, UnreadableFile, UnreadableRow

FIELDS = {"category": ("category",), "request_type": ("request_type", "type"), "unit": ("unit",)}
"""Fields of a row that may hold the label of a target, the first present counts."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with what is known of it; an empty label is not known. ``category`` is a code or a path joined by /.

    ``use`` says what it is good for: texts ``made`` from a grammar or a taxonomy teach, but say nothing of how people
    write; texts ``kept`` from learning measure what others taught. ``reply`` is what the unit answered: it teaches what
    the unit speaks of, and is never looked at of a text to be answered. ``day`` is the one the text came on.
    """

    text: str
    title: str = ""
    category: str = ""
    request_type: str = ""
    unit: str = ""
    use: Literal["both", "made", "kept"] = "both"
    reply: str = ""
    day: date | None = None

    def label(self, target: str) -> str:
        """The label of a target; raises ``UnknownTarget``."""
        if target not in FIELDS:
            raise UnknownTarget(target)
        return str(getattr(self, target))


def rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a JSON Lines file with their line numbers. Raises ``UnreadableFile`` and ``UnreadableRow``."""
    try:
        with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as source:
            for number, line in enumerate(source, 1):
                if line.strip():
                    yield number, _object(file, number, line)
    except (OSError, EOFError) as problem:
        raise UnreadableFile(str(file), f"无法读取（{getattr(problem, 'strerror', None) or problem}）") from problem


def _object(file: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as problem:
        raise UnreadableRow(str(file), number, "不是 UTF-8 编码") from problem
    except (ValueError, RecursionError) as problem:
        raise UnreadableRow(str(file), number, f"不是 JSON（{problem}）") from problem
    if not isinstance(row, dict):
        raise UnreadableRow(str(file), number, "每行应为一个 JSON 对象")
    return row


def _word(file: Path, number: int, row: dict[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        value = row.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str):
            raise UnreadableRow(str(file), number, f"{name} 应为文字")
        return value
    return ""


def read(file: Path, *, need: str = "") -> Iterator[Labelled]:
    """The texts of a file. Rows without the ``need``-ed label are left out; one without title and text is an error.

    Where no label is needed a ``reply`` alone is a text too.
    Raises ``UnreadableFile``, ``UnreadableRow``, ``UnknownTarget``.
    """
    if need and need not in FIELDS:
        raise UnknownTarget(need)
    for number, row in rows(file):
        title = _word(file, number, row, ("title",))
        text = _word(file, number, row, ("text", "body"))
        reply = _word(file, number, row, ("reply",))
        if not title and not text and (need or not reply):
            raise UnreadableRow(str(file), number, "title 与 text（或 body）都为空")
        labels = {name: _word(file, number, row, fields).strip() for name, fields in FIELDS.items()}
        if not need or labels[need]:
            yield Labelled(
                text, title, labels["category"], labels["request_type"], labels["unit"], reply=reply, day=_day(row)
            )


def _day(row: dict[str, Any]) -> date | None:
    """The day of ``asked_at`` or ``time``, the first present; None where it is not written the way of ISO 8601."""
    written = row.get("asked_at") or row.get("time")
    try:
        return date.fromisoformat(written[:10]) if isinstance(written, str) else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Heading:
    """One line of a taxonomy file: its path and what describes it."""

    path: tuple[str, ...]
    description: str = ""
    keywords: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


LEVELS = ("一级分类", "二级分类", "三级分类")


def read_taxonomy(file: Path) -> list[Heading]:
    """The lines of a taxonomy CSV (a column a level; code, description, keywords, examples optional).

    Raises ``UnreadableFile``, and ``UnreadableRow`` for a line whose first level is empty.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source)
            if LEVELS[0] not in (reader.fieldnames or ()):
                raise UnreadableRow(str(file), 1, f"表头缺少“{LEVELS[0]}”列")
            headings = [_heading(file, reader.line_num, row) for row in reader if any(_cells(row))]
    except UnicodeDecodeError as problem:
        raise UnreadableFile(str(file), "不是 UTF-8 编码") from problem
    except csv.Error as problem:
        raise UnreadableFile(str(file), f"不是 CSV（{problem}）") from problem
    except OSError as problem:
        raise UnreadableFile(str(file), f"无法读取（{problem.strerror}）") from problem
    if not headings:
        raise UnreadableFile(str(file), "分类表为空")
    return headings


def _cells(row: dict[str, Any]) -> list[str]:
    return [value.strip() for value in row.values() if isinstance(value, str) and value.strip()]


def _heading(file: Path, number: int, row: dict[str, Any]) -> Heading:
    levels = [(row.get(level) or "").strip() for level in LEVELS]
    if not levels[0]:
        raise UnreadableRow(str(file), number, f"“{LEVELS[0]}”为空")
    path = tuple(level for level in levels if level)

    def several(name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in (row.get(name) or "").split("|") if part.strip())

    return Heading(path, (row.get("description") or "").strip(), several("keywords"), several("examples"))
