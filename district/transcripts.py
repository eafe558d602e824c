"""How a district's call platform writes transcripts down (``hotline.yaml``), and which words mean nothing in a call.

A layout is a mapping, never code: templates of lines with fields in braces. Each template is compiled to
one anchored expression with bounded repetitions only, so no transcript can make it slow.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from district.errors import PackError, Problem
from district.reading import Problems, build_document, compose, read_document
from district.rule import Rule

FILE = "hotline.yaml"

FIELDS = {
    "speaker": r"(?P<speaker>[^\s：:\]][^：:\]\n]{0,40}?)",
    "text": r"(?P<text>.*)",
    "offset": r"(?P<offset>(?:[0-9]{1,3}:)?[0-9]{1,3}:[0-9]{2}(?:[.,][0-9]{1,3})?)",
    "end": r"(?P<end>(?:[0-9]{1,3}:)?[0-9]{1,3}:[0-9]{2}(?:[.,][0-9]{1,3})?)",
    "at": r"(?P<at>[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}日?[ T]?"
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?(?:\.[0-9]{1,3})?)",
    "number": r"[0-9]{1,6}",
    "key": r"(?P<key>[^\s：:][^：:]{0,20}?)",
    "value": r"(?P<value>.*)",
}
"""What may stand in braces: ``offset`` and ``end`` count from the call's start, ``at`` is a day and a time."""

_TOKEN = re.compile(r"\{(\w+)\}")
_BLANK = r"[ \t\u3000]"
_ALIKE = {":": "[：:]", "：": "[：:]", "(": "[(（]", "（": "[(（]", ")": "[)）]", "）": "[)）]"}
_ALIKE |= {"[": r"[\[［【]", "【": r"[\[［【]", "]": r"[\]］】]", "】": r"[\]］】]"}


def _fields(template: str) -> set[str]:
    used = _TOKEN.findall(template)
    if unknown := [name for name in used if name not in FIELDS]:
        raise ValueError(f"“{template}”中不认识 {{{unknown[0]}}}，可用 {'、'.join(FIELDS)}")
    if len(set(used)) != len(used):
        raise ValueError(f"“{template}”中同一项写了两次")
    return set(used)


def _expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as problem:
        raise ValueError(f"“{pattern}”不是正则表达式：{problem}") from None
    return pattern


def _one_of_many(pattern: str) -> str:
    """An expression that still means the same when several are joined to one."""
    if re.search(r"\\[1-9]|\(\?P", _expression(pattern)):
        raise ValueError(f"“{pattern}”不能引用分组：各条会合成一个正则表达式")
    try:
        re.compile(f"(?:)|(?:{pattern})")
    except re.error as problem:
        raise ValueError(f"“{pattern}”不能与别的合用：{problem}") from None
    return pattern


def _turn(template: str) -> str:
    used = _fields(template)
    if not used & {"offset", "at", "speaker"}:
        raise ValueError(f"“{template}”应有 {{speaker}}、{{offset}} 或 {{at}}，否则分不出一句从哪里开始")
    if {"offset", "at"} <= used or used & {"key", "value"}:
        raise ValueError(f"“{template}”的 {{offset}} 与 {{at}} 只能有一个，且不能有 {{key}}、{{value}}")
    return template


Expression = Annotated[str, AfterValidator(_one_of_many)]
TurnLine = Annotated[str, AfterValidator(_turn)]


class Layout(Rule):
    """One way to write a call as plain text. ``turns`` are tried in order; without ``{text}`` words follow below."""

    name: str = Field(min_length=1)
    label: str = Field(min_length=1)
    turns: tuple[TurnLine, ...] = Field(min_length=1)
    header: str = "{key}：{value}"

    @field_validator("header")
    @classmethod
    def _keyed(cls, header: str) -> str:
        if _fields(header) != {"key", "value"}:
            raise ValueError(f"“{header}”应有 {{key}} 和 {{value}}，不能有别的")
        return header


class Cleaning(Rule):
    """What is taken out of a caller's words: ``pattern`` is a regular expression, ``becomes`` what stays of it."""

    pattern: Annotated[str, AfterValidator(_expression)]
    becomes: str = ""

    @model_validator(mode="after")
    def _replaces(self) -> Self:
        try:
            re.sub(self.pattern, self.becomes, "")
        except (re.error, IndexError) as problem:
            raise ValueError(f"“{self.becomes}”不能替换“{self.pattern}”：{problem}") from None
        return self


class Speakers(Rule):
    """Who is who: labels (the longest one contained in a speaker's label decides), and what only agents say."""

    agent: tuple[str, ...] = Field(min_length=1)
    caller: tuple[str, ...] = Field(min_length=1)
    machine: tuple[str, ...] = ()
    formulas: tuple[Expression, ...] = Field(min_length=1)


class Empty(Rule):
    """Which calls carry nothing for the desk. All lists are regular expressions but ``marks``' words.

    A call with a sign of ``emergency`` in it is never left out. ``wrong_number`` and ``test`` hold only where every
    clause of the caller is one of theirs, of ``courtesy`` or of ``silence``.
    """

    emergency: tuple[Expression, ...] = Field(min_length=1)
    silence: tuple[Expression, ...] = ()
    courtesy: tuple[Expression, ...] = ()
    wrong_number: tuple[Expression, ...] = ()
    wrong_number_more: tuple[Expression, ...] = ()
    test: tuple[Expression, ...] = ()
    malicious: tuple[Expression, ...] = ()
    marks: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Words of the platform's own mark by what they mean: silence, wrong_number, test, malicious."""

    @field_validator("marks")
    @classmethod
    def _known(cls, marks: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        if unknown := sorted(marks.keys() - {"silence", "wrong_number", "test", "malicious"}):
            raise ValueError(f"不认识的标记“{unknown[0]}”，可用 silence、wrong_number、test、malicious")
        return marks


class Transcripts(Rule):
    """The whole of ``hotline.yaml``. ``fields`` names each thing by the words that platforms use for it."""

    fields: dict[str, tuple[str, ...]]
    layouts: tuple[Layout, ...] = ()
    speakers: Speakers
    cleaning: tuple[Cleaning, ...] = ()
    empty: Empty
    no_number: tuple[str, ...] = ()
    """What stands in place of a hidden number."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if missing := [name for name in NEEDED if not self.fields.get(name)]:
            raise ValueError(f"fields 缺少 {'、'.join(missing)}")
        if unknown := sorted(self.fields.keys() - NEEDED - OPTIONAL):
            raise ValueError(f"fields 中不认识“{unknown[0]}”")
        names = [layout.name for layout in self.layouts]
        if len(set(names)) != len(names):
            raise ValueError("layouts 的 name 不能重复")
        return self


NEEDED = frozenset({"call_id", "phone", "started", "turns", "speaker", "text"})
OPTIONAL = frozenset(
    {"start_seconds", "end_seconds", "start_ms", "end_ms", "at", "revision", "corrected", "mark", "remark", "name"}
    | {"recording"}
    | {"sequence", "final", "ended"}  # of the pieces of a running call
)


def load_transcripts(folder: Path) -> Transcripts | None:
    """The rules of a pack's ``hotline.yaml``; None where the pack has none. Raises ``PackError`` with file and line."""
    problems = Problems()
    made = check_transcripts(folder, problems)
    if problems.found:
        raise PackError(folder.name, problems.sorted())
    return made


def check_transcripts(folder: Path, problems: Problems) -> Transcripts | None:
    """As ``load_transcripts``, with the breaches noted in ``problems``."""
    if not (folder / FILE).exists():
        return None
    stated = build_document(Transcripts, read_document(folder, FILE, problems), problems)
    return None if stated is None else stated.rule


def read_transcripts(text: str, file: str = FILE) -> Transcripts:
    """The rules in a text of YAML. Raises ``PackError``."""
    problems = Problems()
    stated = build_document(Transcripts, compose(file, text, problems), problems)
    if stated is None:
        raise PackError(file, problems.sorted() or [Problem(file, 1, "空文件")])
    return stated.rule


@cache
def line_pattern(template: str) -> re.Pattern[str]:
    """A whole line by its template. Blanks may be more or fewer; full-width and ASCII colons and brackets are one."""
    made, at = [f"{_BLANK}{{0,8}}"], 0
    for found in _TOKEN.finditer(template):
        made += [_literal(template[at : found.start()]), FIELDS[found[1]]]
        at = found.end()
    made += [_literal(template[at:]), f"{_BLANK}{{0,8}}"]
    return re.compile("".join(made))


def _literal(text: str) -> str:
    made = []
    for at, character in enumerate(text):
        if character in " \t":
            beside = text[at - 1 : at] + text[at + 1 : at + 2]
            if not beside.strip(" \t" + "".join(_ALIKE)) and beside.strip():
                continue  # a colon or bracket takes the blanks around it, or none
            made.append(f"{_BLANK}{{1,8}}")
        elif character in _ALIKE:
            made.append(f"{_BLANK}{{0,4}}{_ALIKE[character]}{_BLANK}{{0,4}}")
        else:
            made.append(re.escape(character))
    return "".join(made)


def as_transcripts(given: Any) -> Transcripts:
    """Rules from plain data of the same shape, or as they are. Raises ``ValueError``."""
    return given if isinstance(given, Transcripts) else Transcripts.model_validate(given)
