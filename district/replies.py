"""What an answer is looked over for before it goes out (答复体检): the pack's ``reply_check.yaml``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from district.reading import Problems, Stated, build_document, read_document
from district.rule import Rule

FILE = "reply_check.yaml"
BUILT_IN: Mapping[str, str] = {
    "off_topic": "答非所问",
    "blank": "模板没有填完",
    "unanswered": "有诉求没有答复",
    "personal": "含个人信息",
    "past_date": "承诺的日期已过",
    "late_date": "承诺晚于时限",
    "unsigned": "没有写明单位或联系方式",
    "too_short": "过于简短",
    "copied": "与上次答复相同",
    "unknown_place": "没有写明地点",
}
"""Kinds that the program itself looks for; a pack may switch each off, and adds its own phrases and questions."""


@cache
def pattern_of(patterns: tuple[str, ...]) -> re.Pattern[str] | None:
    """One expression for all of them; None for none."""
    return re.compile("|".join(f"(?:{each})" for each in patterns)) if patterns else None


def check_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The expressions as they are. Raises ``ValueError`` for one that is none, or that fits an empty text."""
    for each in patterns:
        try:
            empty = re.compile(each).match("") is not None
        except re.error as problem:
            raise ValueError(f"“{each}”不是正则表达式：{problem}") from problem
        if empty:
            raise ValueError(f"“{each}”会匹配空白")
    return patterns


class Phrase(Rule):
    """Words that an answer should not have, or not without others beside them.

    ``unless`` are words that excuse them, in the same sentence or (``within: answer``) anywhere; ``unless_dated``
    excuses them where the sentence names a time, ``unless_done`` where the answer says what was done (``deeds``).
    """

    kind: str = Field(pattern=r"^[a-z][a-z_]{1,29}$")
    label: str = Field(min_length=1, max_length=20)
    sentence: str = Field(min_length=1, max_length=200)
    words: tuple[str, ...] = Field(min_length=1)
    unless: tuple[str, ...] = ()
    within: Literal["sentence", "answer"] = "sentence"
    unless_dated: bool = False
    unless_done: bool = False

    @field_validator("words", "unless")
    @classmethod
    def _sound(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return check_patterns(given)


class Question(Rule):
    """What residents ask for, by ``asked``, and what an answer to it has in it, by ``answered``."""

    asked: tuple[str, ...] = Field(min_length=1)
    answered: tuple[str, ...] = Field(min_length=1)
    label: str = Field(min_length=1, max_length=20)

    @field_validator("asked", "answered")
    @classmethod
    def _sound(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return check_patterns(given)


class ReplyRules(Rule):
    """答复体检: what is looked for, and from where on. Every find is a warning; a form's ``blank`` left also
    keeps the answer back, switched off or not.
    """

    shortest: int = Field(30, ge=0, le=500)
    """Characters below which an answer is called too short."""
    copied: int = Field(90, ge=50, le=100)
    """From so many percent of likeness on, an answer after a rework is the last one over again."""
    without: tuple[str, ...] = ()
    """Kinds that are not looked for."""
    common: tuple[str, ...] = ()
    """Words that appeals and answers share whatever they are about."""
    deeds: tuple[str, ...] = ()
    """How an answer says what was done or how things are."""
    promises: tuple[str, ...] = ("将(?!军)", "预计", "计划", "承诺", "确保", "争取", "拟于")
    """What makes a date a promise."""
    signs: tuple[str, ...] = (r"(?<!\d)\d{3,4}-?\d{7,8}(?!\d)",)
    """How an answer says who speaks, beside the names of the units."""
    visits: tuple[str, ...] = ()
    """How an answer says that somebody went there."""
    places: tuple[str, ...] = ()
    """How an answer names a place, or asks for it."""
    phrases: tuple[Phrase, ...] = ()
    questions: tuple[Question, ...] = ()

    @field_validator("deeds", "promises", "signs", "visits", "places")
    @classmethod
    def _sound(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        return check_patterns(given)

    @model_validator(mode="after")
    def _named(self) -> Self:
        kinds = [phrase.kind for phrase in self.phrases]
        if taken := [kind for kind in kinds if kind in BUILT_IN or kinds.count(kind) > 1]:
            raise ValueError(f"phrases 中的“{taken[0]}”重复，或与内置的检查同名")
        if strange := [kind for kind in self.without if kind not in BUILT_IN]:
            raise ValueError(f"without 中的“{strange[0]}”不是内置的检查，可选：{'、'.join(BUILT_IN)}")
        return self


def read_replies(folder: Path, problems: Problems) -> Stated[ReplyRules] | None:
    """The pack's file; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(ReplyRules, read_document(folder, FILE, problems), problems)
