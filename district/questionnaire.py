"""What a resident is asked in writing after an answer, and how his reply is read: part of the pack's ``callback.yaml``.

Reading is pure and careful: a reply that says two things, asks something itself or is long is not read at all, and a
person looks at it. What is read in vain is asked once more; what is read wrongly would stand in the rates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from pydantic import Field, model_validator

from district.rule import Rule
from district.templates import CHANNELS

Satisfaction = Literal["satisfied", "basically_satisfied", "dissatisfied"]
"""满意, 基本满意, 不满意: the degrees that the rates know."""


class Choice(Rule):
    """One of the numbered answers that a resident may choose."""

    key: str = Field(pattern=r"^[1-9]$")
    label: str = Field(min_length=2)
    resolved: bool
    satisfaction: Satisfaction


class ReplyWords(Rule):
    """Regular expressions of what residents write instead of a number.

    The denying ones are looked for first and taken out, so that 没解决 is no 解决. ``unsure`` are words of questions,
    wishes and conditions: with one of them nothing is read.
    """

    resolved: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    satisfied: tuple[str, ...] = ()
    basically_satisfied: tuple[str, ...] = ()
    dissatisfied: tuple[str, ...] = ()
    not_contacted: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


class Questionnaire(Rule):
    """On which channels the resident is asked in writing, when, for how long, and how his reply is read."""

    channels: tuple[str, ...] = ()
    """Empty: nobody is asked in writing."""
    delay_minutes: int = Field(30, ge=0)
    """After the answer, so that he has read it."""
    days: int = Field(3, ge=1)
    """So long a message of his is taken for the reply."""
    longest: int = Field(60, ge=1)
    """Characters of a reply that is read; a longer one is for a person."""
    contacted_unless_said: bool = True
    """Who replies without a word of it was contacted; the question has to say so."""
    unresolved_means: Satisfaction | None = "dissatisfied"
    """What 没解决 says of his satisfaction when he says nothing else; null: he is asked."""
    choices: tuple[Choice, ...] = ()
    words: ReplyWords = ReplyWords()

    @model_validator(mode="after")
    def _sound(self) -> Questionnaire:
        keys = [choice.key for choice in self.choices]
        if len(set(keys)) != len(keys):
            msg = "choices 里的 key 重复"
            raise ValueError(msg)
        if strange := sorted(set(self.channels) - CHANNELS):
            msg = f"没有渠道“{strange[0]}”，可用 {'、'.join(sorted(CHANNELS))}"
            raise ValueError(msg)
        if self.channels and not self.choices:
            msg = "要发问卷（channels）就要写 choices"
            raise ValueError(msg)
        for name in ReplyWords.model_fields:
            for pattern in getattr(self.words, name):
                if fault := _fault(pattern):
                    msg = f"words.{name} 中的“{pattern}”{fault}"
                    raise ValueError(msg)
        return self

    @property
    def options(self) -> str:
        """The numbered answers as one line: ``1 已解决，满意；2 未解决``."""
        return "；".join(f"{choice.key} {choice.label}" for choice in self.choices)


def _fault(pattern: str) -> str:
    try:
        compiled = re.compile(pattern)
    except re.error:
        return "不是正则表达式"
    return "会匹配空白" if compiled.search("") else ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a resident said; None and an empty degree: he did not say."""

    resolved: bool | None = None
    satisfaction: str = ""
    contacted: bool | None = None

    @property
    def complete(self) -> bool:
        """Whether it says what a callback must say."""
        return self.resolved is not None and bool(self.satisfaction)

    def beside(self, earlier: Reply) -> Reply:
        """With what he had said before where this one is silent."""
        return Reply(
            earlier.resolved if self.resolved is None else self.resolved,
            self.satisfaction or earlier.satisfaction,
            earlier.contacted if self.contacted is None else self.contacted,
        )


_CHOSEN = re.compile(r"(?:我?选择?|回复|答)?\s*([1-9])(?![0-9])[\s.、,，:：;；。!！]*")
_DEGREES: tuple[Satisfaction, ...] = ("dissatisfied", "basically_satisfied", "satisfied")


def read(rules: Questionnaire, text: str) -> Reply | None:
    """What a reply says, in full or in part; None where it says nothing, or nothing that may be relied on."""
    said = unicodedata.normalize("NFKC", text).strip()
    if not said or len(said) > rules.longest or _any(rules.words.unsure).search(said):
        return None
    chosen = _CHOSEN.match(said)
    choice = next((each for each in rules.choices if chosen and each.key == chosen[1]), None)
    rest = said[chosen.end() :] if chosen and choice else said
    worded = _worded(rules.words, rest)
    if worded is None:
        return None
    if choice is None:
        return _filled(rules, worded) if worded != Reply() else None
    if rest and worded == Reply():
        return None  # 1号楼的灯: a number that chooses nothing
    picked = Reply(choice.resolved, choice.satisfaction)
    agreed = worded.resolved in (None, picked.resolved) and worded.satisfaction in ("", picked.satisfaction)
    return _filled(rules, worded.beside(picked)) if agreed else None


def touches(rules: Questionnaire, text: str) -> bool:
    """Whether a text that is short enough for a reply has words of what is asked, whatever they say together."""
    words = rules.words
    named = (words.resolved, words.unresolved, words.satisfied, words.basically_satisfied, words.dissatisfied)
    said = unicodedata.normalize("NFKC", text).strip()
    return len(said) <= rules.longest and any(_any(each).search(said) for each in named)


def _worded(words: ReplyWords, text: str) -> Reply | None:
    """What the words say; None where they contradict themselves."""
    text, uncontacted = _taken(words.not_contacted, text)
    text, unresolved = _taken(words.unresolved, text)
    text, resolved = _taken(words.resolved, text)
    degrees = []
    for degree in _DEGREES:
        text, found = _taken(getattr(words, degree), text)
        if found:
            degrees.append(degree)
    if (unresolved and resolved) or len(degrees) > 1:
        return None
    verdict = False if unresolved else True if resolved else None
    return Reply(verdict, degrees[0] if degrees else "", False if uncontacted else None)


def _filled(rules: Questionnaire, reply: Reply) -> Reply:
    """With what the pack takes silence on satisfaction for; on contact only a whole reply's silence says anything."""
    implied = rules.unresolved_means if reply.resolved is False else None
    return Reply(reply.resolved, reply.satisfaction or implied or "", reply.contacted)


def _taken(patterns: Iterable[str], text: str) -> tuple[str, bool]:
    """The text without the words of the patterns, and whether there were any."""
    left, count = _any(tuple(patterns)).subn("。", text)
    return left, count > 0


@lru_cache(maxsize=64)
def _any(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns) or "(?!)")
