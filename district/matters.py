"""What tells one matter from another: the pack's ``duplicates.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "duplicates.yaml"


class EventRule(Rule):
    """What makes the tickets of one event a mass event (群体事件), and when an event is over."""

    reporters: int = Field(3, ge=2)
    """So many different reporters"""
    hours: int = Field(24, ge=1)
    """within so many hours."""
    quiet_hours: int = Field(72, ge=1)
    """An event that nobody reported for so long is over: who reports the like then begins another."""


class MatterRules(Rule):
    """``objects``: what appeals speak of, ``troubles``: what is wrong with it; name → a regular expression.

    ``wide`` names the troubles that strike a whole estate at once, whichever house reports them; ``settings`` the
    objects and troubles that only tell where or roughly what, so that sharing one says little. ``weights`` are the
    scorer's, by sign, where the district fitted its own.
    """

    objects: Mapping[str, str] = Field(default_factory=dict)
    troubles: Mapping[str, str] = Field(default_factory=dict)
    wide: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    weights: Mapping[str, float] = Field(default_factory=dict)
    event: EventRule = EventRule()

    @field_validator("objects", "troubles")
    @classmethod
    def _sound(cls, given: Mapping[str, str]) -> Mapping[str, str]:
        for name, pattern in given.items():
            try:
                empty = re.compile(pattern).match("") is not None
            except re.error as problem:
                raise ValueError(f"“{name}”不是正则表达式：{problem}") from problem
            if empty:
                raise ValueError(f"“{name}”会匹配空白")
        return given

    @model_validator(mode="after")
    def _named(self) -> Self:
        for field, given, known in (
            ("wide", self.wide, set(self.troubles)),
            ("settings", self.settings, {*self.objects, *self.troubles}),
        ):
            if strange := [name for name in given if name not in known]:
                raise ValueError(f"{field} 中的“{strange[0]}”没有列出")
        return self


def read_matters(folder: Path, problems: Problems) -> Stated[MatterRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(MatterRules, read_document(folder, FILE, problems), problems)
