"""Reads the files of a pack and remembers on which line everything stood.

YAML is composed into nodes first, so that an error of a model can be traced to the line of the offending node;
in a CSV file the line of a row is the line it starts on.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from district.errors import Problem
from district.schemas import Rule

Model = TypeVar("Model", bound=Rule)
PathKey = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is eight times faster where it was built in


@dataclass(slots=True)
class Problems:
    """Collects breaches, so that a pack's author sees all of them at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, line: int, message: str) -> None:
        self.found.append(Problem(file, line, message))


@dataclass(slots=True)
class Document:
    """A YAML document as plain data, with the line of every key and item."""

    file: str
    data: Any
    lines: dict[PathKey, int]

    def line(self, *path: str | int) -> int:
        """Line of the node at ``path``, or of the nearest node above it that exists."""
        for cut in range(len(path), -1, -1):
            if path[:cut] in self.lines:
                return self.lines[path[:cut]]
        return 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file: its cells by column, and the line it starts on."""

    line: int
    cells: Mapping[str, str]


def read_document(folder: Path, file: str, problems: Problems) -> Document | None:
    """Read ``folder/file`` as YAML; None after noting why it could not be read."""
    text = _read_text(folder, file, problems)
    return None if text is None else compose(file, text, problems)


def compose(file: str, text: str, problems: Problems, *, offset: int = 0) -> Document | None:
    """YAML text as data with lines; ``offset`` is the number of lines before the text in its file."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        lines: dict[PathKey, int] = {(): 1 + offset}

        def note(line: int, message: str) -> None:
            problems.add(file, line + offset, message)

        data = None if node is None else _build(loader, node, (), lines, note, offset)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.add(file, (mark.line + 1 if mark else 1) + offset, f"YAML 语法错误：{error.problem or error.context}")
        return None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-01
        problems.add(file, 1 + offset, f"YAML 语法错误：{error}")
        return None
    finally:
        loader.dispose()
    return Document(file, data, lines)


def _build(
    loader: Any,
    node: yaml.Node,
    path: PathKey,
    lines: dict[PathKey, int],
    note: Callable[[int, str], None],
    offset: int,
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1 + offset)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, item, (*path, at), lines, note, offset) for at, item in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = loader.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, str | int):
                note(line, f"键“{key}”应写成字符串（加引号）")
                continue
            if key in built:
                note(line, f"键“{key}”重复")
            lines[*path, key] = line + offset
            built[key] = _build(loader, value_node, (*path, key), lines, note, offset)
        return built
    return loader.construct_object(node, deep=True)


def read_rows(folder: Path, file: str, columns: Sequence[str], problems: Problems) -> list[Row]:
    """Rows of ``folder/file`` (UTF-8, a header row). Missing columns are noted and give no rows at all."""
    text = _read_text(folder, file, problems)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""))
    header = next(reader, [])
    if missing := [name for name in columns if name not in header]:
        problems.add(file, 1, f"缺少列：{'、'.join(missing)}")
        return []
    if unknown := [name for name in header if name not in columns]:
        problems.add(file, 1, f"不认识的列：{'、'.join(unknown)}")
    rows = []
    before = reader.line_num
    for cells in reader:
        line, before = before + 1, reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.add(file, line, f"应有 {len(header)} 列，实有 {len(cells)} 列")
            continue
        rows.append(Row(line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    return rows


def listed(cell: str) -> tuple[str, ...]:
    """Parts of a list cell, separated by ``|``."""
    return tuple(part for part in (piece.strip() for piece in cell.split("|")) if part) if cell else ()


def build(model: type[Model], data: Any, at: Callable[[PathKey], tuple[str, int]], problems: Problems) -> Model | None:
    """A model from data; every error is noted with the file and line that ``at`` gives for its place."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            file, line = at(tuple(detail["loc"]))
            problems.add(file, line, _sentence(detail))
        return None


def build_document(model: type[Model], document: Document | None, problems: Problems) -> Model | None:
    """A model from a whole YAML document."""
    if document is None:
        return None
    return build(model, document.data, lambda loc: (document.file, document.line(*loc)), problems)


def build_items(
    model: type[Model], document: Document | None, key: str, problems: Problems
) -> list[tuple[Model, PathKey]]:
    """Models from the list under ``key``, each with its path; sound items are kept beside broken ones."""
    if document is None:
        return []
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        problems.add(document.file, document.line(key), f"应有列表“{key}”")
        return []
    for other in data:
        if other != key:
            problems.add(document.file, document.line(other), f"不认识的字段“{other}”")
    made: list[tuple[Model, PathKey]] = []
    for number, item in enumerate(data[key]):
        path: PathKey = (key, number)

        def at(loc: PathKey, path: PathKey = path) -> tuple[str, int]:
            return document.file, document.line(*path, *loc)

        if (model_made := build(model, item, at, problems)) is not None:
            made.append((model_made, path))
    return made


def _read_text(folder: Path, file: str, problems: Problems) -> str | None:
    try:
        return (folder / file).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.add(file, 1, "缺少这个文件")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        problems.add(file, line, "不是 UTF-8 编码")
    return None


def _sentence(detail: ErrorDetails) -> str:
    """A pydantic error in Chinese, with the name of the field in front."""
    loc = [str(part) for part in detail["loc"] if part != "[key]"]
    name = loc[-1] if loc else ""
    context = detail.get("ctx", {})
    expected = context.get("expected", "")
    given = detail.get("input")
    sentences = {
        "missing": f"缺少字段“{name}”",
        "extra_forbidden": f"不认识的字段“{name}”",
        "enum": f"“{name}”的值“{given}”不在可选范围：{expected}",
        "literal_error": f"“{name}”的值“{given}”不在可选范围：{expected}",
        "string_pattern_mismatch": f"“{name}”的值“{given}”格式不对，应符合 {context.get('pattern', '')}",
        "string_too_short": f"“{name}”太短，至少 {context.get('min_length', 1)} 个字",
        "string_too_long": f"“{name}”太长，至多 {context.get('max_length', '')} 个字",
        "value_error": str(context.get("error", detail["msg"])),
    }
    return sentences.get(detail["type"], f"“{'.'.join(loc)}”的值“{given}”不对：{detail['msg']}")
