"""Reads the files of a pack and remembers on which line everything stood.

YAML is composed into nodes first, so that an error of a model can be traced to the line of the offending node;
in a CSV file the line of a row is the line it starts on.
"""

from __future__ import annotations

import csv
import io
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from district.errors import Problem
from district.schemas import Rule

Model = TypeVar("Model", bound=Rule)
PathKey = tuple[str | int, ...]
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is eight times faster where it was built in
MOST_REPEATED = 10_000
"""Nodes that the aliases of a document may repeat: a few lines of aliases to aliases would else fill the memory."""
_UNFIT = (ValueError, TypeError, AttributeError, LookupError, OverflowError)
"""What YAML's constructors raise for a tag, or a plain number or date, that its text does not fit."""
MOST_NUMBER = 10**30
"""A longer whole number cannot be told in a message, and nothing is that many."""
_SHOWN = 80
"""Characters of what was given that a message quotes."""


@dataclass(slots=True)
class Problems:
    """Collects breaches, so that a pack's author sees all of them at once."""

    found: list[Problem] = field(default_factory=list)

    def add(self, file: str, line: int, message: str) -> None:
        self.found.append(Problem(file, line, message))

    def sorted(self) -> list[Problem]:
        """Each breach once, by file and line."""
        return sorted(set(self.found))


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
class Stated(Generic[Model]):
    """A rule of the pack, and where the pack states it."""

    rule: Model
    document: Document
    path: PathKey = ()

    def note(self, problems: Problems, message: str, *inner: str | int) -> None:
        """Note a breach of this rule, at the place ``inner`` within it."""
        problems.add(self.document.file, self.document.line(*self.path, *inner), message)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a CSV file: its cells by column, and the line it starts on."""

    file: str
    line: int
    cells: Mapping[str, str]


def read_document(folder: Path, file: str, problems: Problems) -> Document | None:
    """Read ``folder/file`` as YAML; None after noting why it could not be read."""
    text = _read_text(folder, file, problems)
    return None if text is None else compose(file, text, problems)


def compose(file: str, text: str, problems: Problems, *, offset: int = 0) -> Document | None:
    """YAML text as data with lines; ``offset`` is the number of lines before the text in its file."""
    lines: dict[PathKey, int] = {(): 1 + offset}

    def note(line: int, message: str) -> None:
        problems.add(file, line + offset, message)

    try:
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
            data = None if node is None else _Builder(loader, lines, note, offset).build(node, ())
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        note(mark.line + 1 if mark else 1, f"YAML 语法错误：{error.problem or error.context}")
    except RecursionError:
        note(1, "YAML 语法错误：嵌套过深")
    except (yaml.YAMLError, ValueError) as error:
        note(1, f"YAML 语法错误：{error}")
    else:
        return Document(file, data, lines)
    return None


@dataclass(slots=True)
class _Builder:
    """Makes data of the nodes of one document, and keeps their lines."""

    loader: Any
    lines: dict[PathKey, int]
    note: Callable[[int, str], None]
    offset: int
    seen: set[int] = field(default_factory=set)
    repeated: int = 0

    def build(self, node: yaml.Node, path: PathKey) -> Any:
        self._count(node)
        self.lines.setdefault(path, node.start_mark.line + 1 + self.offset)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*path, at)) for at, item in enumerate(node.value)]
        if not isinstance(node, yaml.MappingNode):
            return self._value(node)
        built: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self._value(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if not isinstance(key, str | int):
                given = shown(key_node.value) if isinstance(key_node, yaml.ScalarNode) else "…"
                self.note(line, f"键“{given}”应写成字符串（加引号）")
                continue
            if key in built:
                self.note(line, f"键“{shown(key)}”重复")
            self.lines[*path, key] = line + self.offset
            built[key] = self.build(value_node, (*path, key))
        return built

    def _count(self, node: yaml.Node) -> None:
        if id(node) not in self.seen:
            self.seen.add(id(node))
            return
        self.repeated += 1
        if self.repeated > MOST_REPEATED:
            why = f"以别名（*）重复引用的内容超过 {MOST_REPEATED} 处，请直接写出"
            raise yaml.MarkedYAMLError(problem=why, problem_mark=node.start_mark)

    def _value(self, node: yaml.Node) -> Any:
        try:
            made = self.loader.construct_object(node, deep=True)
            if isinstance(made, int) and abs(made) > MOST_NUMBER:
                raise ValueError("数字过大")
        except _UNFIT as error:  # a date such as 2026-13-01
            why = error if isinstance(error, ValueError) else "与它的类型不符"
            problem = f"“{shown(node.value)}”：{why}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error
        return made


def shown(given: Any) -> str:
    """What was given, as a message quotes it; of a list its beginning, which aliases may have made long."""
    text = reprlib.repr(given) if isinstance(given, list | tuple | dict | set) else str(given)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def read_rows(folder: Path, file: str, columns: Sequence[str], problems: Problems) -> list[Row]:
    """Rows of ``folder/file`` (UTF-8, a header row). Missing columns are noted and give no rows at all."""
    text = _read_text(folder, file, problems)
    if text is None:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = next(reader, [])
        if not _sound_header(file, header, columns, problems):
            return []
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                problems.add(file, line, f"应有 {len(header)} 列，实有 {len(cells)} 列")
                continue
            rows.append(Row(file, line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}))
    except csv.Error as error:
        problems.add(file, reader.line_num, f"CSV 格式错误，请检查引号：{error}")
    return rows


def _sound_header(file: str, header: Sequence[str], columns: Sequence[str], problems: Problems) -> bool:
    missing = [name for name in columns if name not in header]
    if missing:
        problems.add(file, 1, f"缺少列：{'、'.join(missing)}")
    if unknown := [name for name in header if name not in columns]:
        problems.add(file, 1, f"不认识的列：{'、'.join(unknown)}")
    if twice := sorted({name for name in header if header.count(name) > 1}):
        problems.add(file, 1, f"列重复：{'、'.join(twice)}")
    return not missing


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


def build_document(
    model: type[Model], document: Document | None, problems: Problems, path: PathKey = ()
) -> Stated[Model] | None:
    """A model from a YAML document, or from the node at ``path`` in it, of which ``document.data`` is the whole."""
    if document is None:
        return None
    data = document.data
    for step in path:
        data = data[step]
    made = build(model, data, lambda loc: (document.file, document.line(*path, *loc)), problems)
    return None if made is None else Stated(made, document, path)


def build_items(
    model: type[Model], document: Document | None, key: str, problems: Problems, *, beside: str = ""
) -> list[Stated[Model]]:
    """Models from the list under ``key``; sound items are kept beside broken ones. ``beside`` may stand there too."""
    if document is None:
        return []
    data = document.data
    if not isinstance(data, dict) or not isinstance(data.get(key), list):
        problems.add(document.file, document.line(key), f"应有列表“{key}”")
        return []
    for other in data:
        if other not in (key, beside or key):
            problems.add(document.file, document.line(other), f"不认识的字段“{other}”")
    made = (build_document(model, document, problems, (key, number)) for number in range(len(data[key])))
    return [each for each in made if each is not None]


def build_rows(
    model: type[Model], rows: Sequence[Row], fields: Callable[[Mapping[str, str]], Any], problems: Problems
) -> list[Stated[Model]]:
    """Models from the rows of a CSV file; ``fields`` turns a row's cells into the model's fields."""
    made = (build_document(model, Document(row.file, fields(row.cells), {(): row.line}), problems) for row in rows)
    return [each for each in made if each is not None]


def _read_text(folder: Path, file: str, problems: Problems) -> str | None:
    return read_text(folder / file, file, problems)


def read_text(path: Path, file: str, problems: Problems) -> str | None:
    """A file's text (UTF-8, with or without byte order mark); None after noting under ``file`` why there is none."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.add(file, 1, "缺少这个文件")
    except UnicodeDecodeError as error:
        problems.add(file, error.object.count(b"\n", 0, error.start) + 1, "不是 UTF-8 编码")
    except OSError as error:
        problems.add(file, 1, f"无法读取：{error.strerror}")
    return None


_KINDS = {
    "string_type": "应是文字（数字、日期请加引号）",
    "int_type": "应是整数",
    "int_parsing": "应是整数",
    "int_from_float": "应是整数",
    "float_type": "应是数字",
    "float_parsing": "应是数字",
    "decimal_type": "应是数字",
    "decimal_parsing": "应是数字",
    "bool_type": "应是 true 或 false",
    "bool_parsing": "应是 true 或 false",
    "tuple_type": "应是列表",
    "list_type": "应是列表",
    "frozen_set_type": "应是列表",
    "dict_type": "应是“字段: 值”",
    "model_type": "应是“字段: 值”",
    "model_attributes_type": "应是“字段: 值”",
    "date_type": "应是日期，例如 2026-10-01",
    "date_parsing": "应是日期，例如 2026-10-01",
    "date_from_datetime_parsing": "应是日期，例如 2026-10-01",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "too_short": "至少要有 {min_length} 项",
    "too_long": "至多 {max_length} 项",
}
"""What pydantic found, by its type of error, as the end of a Chinese sentence."""


def _sentence(detail: ErrorDetails) -> str:
    """A pydantic error in Chinese, with the name of the field in front."""
    loc = [str(part) for part in detail["loc"] if part != "[key]"]
    name = ".".join(loc[-2:] if loc and loc[-1].isdecimal() else loc[-1:]) or "内容"
    context = detail.get("ctx", {})
    given = shown(detail.get("input"))
    sentences = {
        "missing": f"缺少字段“{name}”",
        "extra_forbidden": f"不认识的字段“{name}”",
        "string_pattern_mismatch": f"“{name}”的值“{given}”格式不对，应符合 {context.get('pattern')}",
        "string_too_short": f"“{name}”太短，至少 {context.get('min_length')} 个字",
        "string_too_long": f"“{name}”太长，至多 {context.get('max_length')} 个字",
        "value_error": str(context.get("error", detail["msg"])),
    }
    if detail["type"] in ("enum", "literal_error"):
        return f"“{name}”的值“{given}”不在可选范围：{context.get('expected')}"
    if detail["type"] in _KINDS:
        return f"“{name}”的值“{given}”不对：{_KINDS[detail['type']].format_map(context)}"
    return sentences.get(detail["type"], f"“{'.'.join(loc)}”的值“{given}”不对：{detail['msg']}")
