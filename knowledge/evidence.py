"""What speaks for and against answering a message with the first article found: a row of numbers.

The hits say how the article was found (``Hit.score``, ``Hit.relevance``); the article's own text says how much of what
the message is about stands in it; manner and triage say whether it is a question at all. ``confidence`` weighs these.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from knowledge.analysis import fold
from knowledge.answers import LONGEST
from knowledge.index import Hit
from knowledge.manner import manner_of

Row = tuple[float, ...]

TROUBLES = frozenset({"投诉", "举报", "求助"})
"""Kinds of request that are about somebody's own trouble and belong to a person."""
HEAD = 300
"""Characters of the body that stand for an article without known questions and short answer."""
LOWEST, HIGHEST = -8.0, 1.0
"""Scores beyond say no more."""
WIDEST = 6.0
"""A margin beyond says no more."""
SHORT = 32
"""Characters up to which each more of a message makes the search surer."""
CHAT = 40
"""A message longer than this is a letter: it tells a story."""

LIKE_CATEGORY, LIKE_KIND, LIKE_FIELD = 2.0, 1.0, 1.0
"""What triage's certainty adds to a hit's score where the article is of the category, of its kind, of its field."""
WEIGHED = 5
"""Articles that are weighed against each other."""

_FUNCTION = re.compile(
    r"请问|您好|你好|谢谢|想问|咨询|一下|怎么样?|怎样|如何|为什么|什么时候|什么|咋整|咋|啥时候|啥|哪里|哪儿|哪个|哪些|哪天"
    r"|多少|多久|多长时间|能不能|可不可以|可以|是不是|有没有|要不要|需要|应该|几[天点号月个]|我们|你们|他们|我家|我|你|他|她"
    r"|自己|这个|那个|这|那|[的了是在和与也都就而着吗呢吧啊呀嘛么不没有还又要能得去上下把被从向对给让跟个到想用会先]"
)
"""Words that carry no matter, taken out before a message is compared with an article."""
_GAP = re.compile(r"[^\w]+")

_SEEN = (
    "score",  # the first hit's score, cut off where it says no more
    "margin",  # how far the second lies behind
    "share",  # the first's share if the scores were log-odds between the hits
    "relevance",  # Hit.relevance of the first
    "lead",  # and how far it is before the second's
    "length",  # logarithm of the message's characters, up to SHORT
    "asks",  # question words
    "grieves",  # signs of a grievance
    "calls",  # calls for somebody to act
    "place",  # a concrete place is named
    "trouble",  # triage's probability of complaint, report or request for help
    "known",  # share of what the message is about that the article's questions and short answer hold
    "covered",  # the same of the whole article
    "missing",  # share of its characters that stand nowhere in the article
    "letter",  # logarithm of how much longer the message is than chat
    "category",  # triage's probability of the article's category
    "kind",  # and of its kind, the category's first four digits
    "nearest",  # likeness of the known question that is most like the message, 0 … 1
    "ahead",  # how far that is before the nearest of all other articles weighed
    "grievance",  # log-odds that the message complains
)
FEATURES = (*_SEEN, "plain", *(f"plain_{name}" for name in _SEEN))
"""Of an article without similar questions the same says something else: ``plain`` is 1 then, and its values stand in
columns of their own. What does not apply is 0.
"""


@dataclass(frozen=True, slots=True)
class Told:
    """What triage says of the message, handed in.

    ``kind`` is the request type and ``sure`` its probability; ``matters`` counts separate matters; ``places`` are the
    places it names, by the message's words and by the names of street and community; ``streets`` are the codes of the
    streets these lie in. ``categories`` are the likeliest codes with their probabilities, ``grievance`` the log-odds
    that it complains rather than asks (``knowledge.grievance``).
    """

    kind: str = ""
    sure: float = 0.0
    urgency: Literal["normal", "urgent", "emergency"] = "normal"
    matters: int = 1
    places: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    categories: tuple[tuple[str, float], ...] = ()
    grievance: float = 0.0

    def likely(self, category: str, digits: int) -> float:
        """Probability that it is of a category that begins like this one, 0 where the article has none."""
        return sum(sure for code, sure in self.categories if category and code[:digits] == category[:digits])


@dataclass(frozen=True, slots=True)
class Source:
    """An article as the bot reads it: one version. ``basis`` is the legal basis, both validity days are included.

    ``street`` is the code of the one street it is for, empty for everywhere, and ``area`` what people call that street.
    """

    number: str
    question: str
    short_answer: str
    version: int = 1
    similar: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    body: str = ""
    category: str = ""
    fee: str = ""
    basis: tuple[str, ...] = ()
    published: bool = True
    valid_from: date | None = None
    valid_until: date | None = None
    street: str = ""
    area: str = ""

    def serves(self, streets: Sequence[str]) -> bool:
        """Whether it may answer a message that names places in these streets; one that names none may be of any."""
        return not self.street or not streets or self.street in streets

    def in_force(self, day: date) -> bool:
        """Whether it may answer that day."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.published and begun and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Found:
    """A hit of the search with its article."""

    hit: Hit
    article: Source


def weighed(found: Sequence[Found], told: Told) -> list[Found]:
    """The articles to weigh, those first whose category triage believes in; at most ``WEIGHED``."""

    def place(one: Found) -> float:
        category = one.article.category
        believed = LIKE_CATEGORY * told.likely(category, 6) + LIKE_KIND * told.likely(category, 4)
        return one.hit.score + believed + LIKE_FIELD * told.likely(category, 2)

    return sorted(found, key=place, reverse=True)[:WEIGHED]


def describe(message: str, found: Sequence[Found], told: Told) -> Row:
    """A row of ``FEATURES`` for answering ``message`` with the first of ``found``, which is not empty."""
    seen, none = _seen(message, found, told), (0.0,) * len(_SEEN)
    return (*seen, 0.0, *none) if found[0].article.similar else (*none, 1.0, *seen)


def _seen(message: str, found: Sequence[Found], told: Told) -> Row:
    first = found[0].hit
    second = found[1].hit if len(found) > 1 else None
    manner = manner_of(message)
    length = len(message.strip())
    return (
        min(max(first.score, LOWEST), HIGHEST),
        min(first.score - second.score, WIDEST) if second else WIDEST,
        1 / sum(math.exp(min(one.hit.score - first.score, 0.0)) for one in found),
        first.relevance,
        first.relevance - (second.relevance if second else 0.0),
        math.log(min(length, SHORT) + 1),
        float(manner.asks),
        float(manner.grieves),
        float(manner.calls),
        float(bool(told.places)),
        told.sure if told.kind in TROUBLES else 0.0,
        *_compared(message, found[0].article),
        math.log(max(length, CHAT) / CHAT),
        told.likely(found[0].article.category, 6),
        told.likely(found[0].article.category, 4),
        *_nearest(message, found),
        told.grievance,
    )


def without_function_words(text: str) -> str:
    """The folded text with blanks where words stood that carry no matter, and instead of punctuation."""
    return _GAP.sub(" ", _FUNCTION.sub(" ", fold(text)))


def _nearest(message: str, found: Sequence[Found]) -> tuple[float, float]:
    """Dice's likeness of the message's characters and pairs to those of a known question, the first article's nearest,
    and how much more that is than the nearest of the others.
    """
    asked = _parts(message[:LONGEST])
    likeness = [
        max(_likeness(asked, _parts(question)) for question in (one.article.question, *one.article.similar))
        for one in found
    ]
    return likeness[0], likeness[0] - max(likeness[1:], default=0.0)


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / max(1, len(one) + len(other))


@lru_cache(maxsize=8_192)  # an article's known questions are compared with every message that finds it
def _parts(text: str) -> frozenset[str]:
    plain = _GAP.sub("", fold(text))
    return frozenset(plain) | frozenset(plain[at : at + 2] for at in range(len(plain) - 1))


def _compared(message: str, article: Source) -> tuple[float, float, float]:
    runs = without_function_words(message[:LONGEST]).split()
    pairs = [run[at : at + 2] for run in runs for at in range(len(run) - 1)] or runs
    if not pairs:
        return 0.0, 0.0, 1.0
    known = " ".join((article.question, *article.similar, *article.keywords, article.short_answer))
    if not article.similar:
        known += f" {article.body[:HEAD]}"
    head = fold(known)
    whole = head + fold(article.body)
    characters = "".join(runs)
    return (
        sum(pair in head for pair in pairs) / len(pairs),
        sum(pair in whole for pair in pairs) / len(pairs),
        sum(character not in whole for character in characters) / len(characters),
    )
