"""The labelled texts of a pack: appeals made from a grammar, natural ones, which people wrote, and the taxonomy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from district.pack import District
from triage.errors import UnreadableRow
from triage.examples import Labelled

TELLINGS = "tellings.jsonl"


def pack_samples(folder: Path) -> list[Labelled]:
    """The labelled samples of a pack; none where it ships none. Raises ``UnreadableRow``.

    ``samples/appeals.jsonl`` is made, ``natural.jsonl`` is natural. ``tellings.jsonl`` has several people's words for
    each matter, to learn from alone. ``chats.jsonl`` and ``letters.yaml`` are natural too, but kept from learning: the
    demo plays them, and a suggestion from a model that has read the very message with its answer would be always
    right. What has no category or no text is left out.
    """
    samples = folder / "samples"
    found = [_made(*each) for each in _lines(samples / "appeals.jsonl")]
    natural = [_natural(*each, "title") for each in _lines(samples / "natural.jsonl")]
    played = [_natural(*each, "title") for each in _lines(samples / "chats.jsonl")]
    played += [_natural(*each, "subject") for each in _letters(samples / "letters.yaml")]
    taught = [replace(_natural(*each, "title"), use="taught") for each in _lines(samples / TELLINGS)]
    found += [*natural, *taught, *(replace(row, use="kept") for row in played)]
    return [row for row in found if row.category and (row.text or row.title)]


def told(district: District) -> list[Labelled]:
    """The taxonomy in words: each third-level category's name and description, keywords and examples, a text each."""
    return [
        Labelled(text, "", category.code, use="made")
        for category in district.taxonomy.leaves
        for text in (f"{category.name}，{category.description}", *category.keywords, *category.examples)
    ]


def _lines(file: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    if not file.is_file():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as problem:
                raise UnreadableRow(str(file), number, f"不是 JSON（{problem}）") from problem
            yield file, number, _object(file, number, row)


def _letters(file: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    """Letters with their number in the file, for it has no lines of one each."""
    if not file.is_file():
        return
    try:
        letters = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise UnreadableRow(str(file), mark.line + 1 if mark else 1, f"不是 YAML（{problem}）") from problem
    if not isinstance(letters, list):
        raise UnreadableRow(str(file), 1, "应为来信的列表")
    for number, letter in enumerate(letters, 1):
        yield file, number, _object(file, number, letter)


def _object(file: Path, number: int, row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise UnreadableRow(str(file), number, "应为一个对象")
    return row


def _word(file: Path, number: int, row: dict[str, Any], name: str) -> str:
    value = row.get(name) or ""
    if not isinstance(value, str):
        raise UnreadableRow(str(file), number, f"{name} 应为文字")
    return value


def _made(file: Path, number: int, row: dict[str, Any]) -> Labelled:
    for name in ("text", "category"):
        if name not in row:
            raise UnreadableRow(str(file), number, f"缺少 {name}")
    return replace(_natural(file, number, row, "title"), use="made")


def _natural(file: Path, number: int, row: dict[str, Any], title: str) -> Labelled:
    names = ("text", title, "category", "request_type")
    text, head, category, kind = (_word(file, number, row, name) for name in names)
    return Labelled(text, head, category, kind)
