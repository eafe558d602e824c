"""A script of turns: what a resident and an agent do, and what is said to each of it (``docs/dialogue.md``)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

_LENGTH = re.compile(r"(\d+)\s*([smh])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}


class Part(BaseModel):
    """A part of a script: a misspelt key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _length(value: Any) -> timedelta:
    found = _LENGTH.fullmatch(str(value).strip())
    if found is None:
        msg = f"时长应写作 30s、10m 或 2h，现为 {value}"
        raise ValueError(msg)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


class Pin(Part):
    """A place on a map as the platform sends it."""

    latitude: float
    longitude: float
    label: str = ""


class Edit(Part):
    """A later wording of a turn, which is counted from 1."""

    turn: int = Field(ge=1)
    text: str


class AgentAct(Part):
    """What an agent does: takes over, speaks, hands back."""

    take: bool = False
    say: str = ""
    back: bool = False


class Turn(Part):
    """One turn: exactly one of the first eight, and what is expected of it. ``pause``: since the turn before."""

    resident: str | None = None
    voice: str | None = None
    photo: bool = False
    pin: Pin | None = None
    sticker: bool = False
    edit: Edit | None = None
    wait: timedelta | None = None
    agent: AgentAct | None = None
    text: str = ""
    pause: timedelta = timedelta(seconds=20)
    say: tuple[str, ...] | None = None
    ticket: Literal["new", "same", "none"] | None = None
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    urgency: str = ""

    @field_validator("wait", "pause", mode="before")
    @classmethod
    def _lengths(cls, value: Any) -> timedelta | None:
        return None if value is None else _length(value)

    @model_validator(mode="after")
    def _one_act(self) -> Turn:
        acts = [self.resident, self.voice, self.pin, self.edit, self.wait, self.agent]
        given = sum(each is not None for each in acts) + self.photo + self.sticker
        if given != 1:
            msg = "每一轮要写且只写 resident、voice、photo、pin、sticker、edit、wait、agent 之一"
            raise ValueError(msg)
        for pattern in (*self.contains, *self.lacks):
            try:
                re.compile(pattern)
            except re.error:
                msg = f"“{pattern}”不是正则表达式"
                raise ValueError(msg) from None
        return self


class End(Part):
    """How it ends: tickets opened, words that stand in the last one's text."""

    tickets: int | None = None
    words: tuple[str, ...] = ()


class Script(Part):
    """One golden dialogue."""

    name: str = Field(min_length=1)
    channel: Literal["wechat", "telegram"] = "telegram"
    at: datetime = datetime(2026, 3, 10, 10)  # noqa: DTZ001  local, as a script writes it
    turns: tuple[Turn, ...] = Field(min_length=1)
    end: End = End()


@dataclass(frozen=True, slots=True)
class Placed:
    """A script and where it stands."""

    script: Script
    file: str


class BadScript(Exception):
    """A script that cannot be read; the message names file, dialogue and field."""


def read(folder: Path) -> Sequence[Placed]:
    """The scripts of a folder in the order of their files. Raises ``BadScript``, also when there is none."""
    found = [each for file in sorted(folder.glob("*.yaml")) for each in _of_file(file)]
    if not found:
        raise BadScript(f"{folder}：没有会话脚本（*.yaml）")
    seen: dict[str, str] = {}
    for each in found:
        if (first := seen.setdefault(each.script.name, each.file)) and seen[each.script.name] is not each.file:
            raise BadScript(f"{each.file}：“{each.script.name}”与 {first} 重名")
    names = [each.script.name for each in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadScript(f"{seen[twice[0]]}：“{twice[0]}”重名")
    return found


def _of_file(file: Path) -> Iterator[Placed]:
    try:
        rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise BadScript(f"{file.name}：{str(problem).splitlines()[0]}") from problem
    if not isinstance(rows, list):
        raise BadScript(f"{file.name}：应为会话的列表")
    for number, row in enumerate(rows, 1):
        try:
            yield Placed(Script.model_validate(row), file.name)
        except ValidationError as problem:
            first = problem.errors()[0]
            name = row.get("name", f"第 {number} 个") if isinstance(row, dict) else f"第 {number} 个"
            where = ".".join(str(part) for part in first["loc"])
            raise BadScript(f"{file.name}：“{name}”的 {where}：{first['msg'].removeprefix('Value error, ')}") from None
