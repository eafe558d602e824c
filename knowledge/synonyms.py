"""What a query also means: further words to look for, each with its weight and the word that brought it.

Which words these are is the district's (``synonyms.yaml``, docs/searching.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from district.numerals import spelt
from district.synonyms import SynonymRules, plain
from knowledge.analysis import Terms, is_bigram
from knowledge.asking import Rarities, rarities
from knowledge.features import Question, Term

LONGEST = 4_000
"""Characters of a query that are looked at, as in the engines."""
MOST = 24
"""Additions to one query."""
NUMBER = 0.5
"""Weight of a number in its other way of writing."""
_SPAN = tuple[int, int]
_NUMBER = re.compile(
    r"(?<![0-9零一二三四五六七八九十百千万亿两.])([0-9]{1,2}|[零一二三四五六七八九十两]{1,3})(周?岁|年|个?月|日|天|号|级|层|楼|路|元|次|平米|平方米|小时|分钟)"
)


class Addition(NamedTuple):
    """A word to look for beside those that were typed. ``weight`` is its share of a typed word's, above 0 up to 1;
    ``because`` the word of the query that brought it.
    """

    text: str
    weight: float
    because: str


Widen = Callable[[str], Sequence[Addition]]
"""From a query to the words to look for beside it."""


def nothing_more(_query: str) -> Sequence[Addition]:
    """Only what was typed."""
    return ()


class Synonyms:
    """A district's words for one thing. Pure, and shared by all threads."""

    def __init__(self, rules: SynonymRules = SynonymRules()) -> None:  # noqa: B008
        self._others: dict[str, list[tuple[str, float]]] = {}
        for group in rules.same:
            words = [plain(word) for word in group]
            for word in words:
                self._add(word, (other for other in words if other != word), rules.weight)
        for rule in rules.one_way:
            for word in map(plain, rule.said):
                self._add(word, map(plain, rule.find), rule.weight or rules.weight)
        self._longest = max(map(len, self._others), default=0)
        self._firsts = frozenset(word[0] for word in self._others)

    @property
    def words(self) -> Iterable[str]:
        """Every word that brings others, as ``plain`` has it."""
        return self._others.keys()

    def _add(self, word: str, others: Iterable[str], weight: float) -> None:
        self._others.setdefault(word, []).extend((other, weight) for other in others)

    def widen(self, query: str) -> list[Addition]:
        """What to look for beside the query's own words, at most ``MOST``, in the order of the words that bring it.

        The longest words count first, and what lies within or across one of them brings nothing: 公积金 is not found in
        住房公积金. What the query says already is not added.
        """
        text = plain(query[:LONGEST])
        found: dict[str, Addition] = {}
        for start, end in self._spans(text):
            word = text[start:end]
            for other, weight in self._others[word]:
                if other not in text and (other not in found or found[other].weight < weight):
                    found[other] = Addition(other, weight, word)
        return list(found.values())[:MOST]

    def _spans(self, text: str) -> list[_SPAN]:
        """Where words of the groups stand in the text; none overlap, and of two that would the longer is there."""
        chosen: list[_SPAN] = []
        taken = bytearray(len(text))
        for start, end in sorted(self._every(text), key=lambda span: (span[0] - span[1], span[0])):
            if not any(taken[start:end]):
                chosen.append((start, end))
                taken[start:end] = b"\1" * (end - start)
        return sorted(chosen)

    def _every(self, text: str) -> Iterator[_SPAN]:
        for start, first in enumerate(text):
            if first in self._firsts:
                for end in range(start + 2, min(len(text), start + self._longest) + 1):
                    if text[start:end] in self._others and not _cuts_a_run(text, start, end):
                        yield start, end


def _cuts_a_run(text: str, start: int, end: int) -> bool:
    """Whether a word of letters or digits would be cut out of a longer one: KTV stands not in OKTV."""
    return any(
        0 < at < len(text) and text[at - 1].isascii() and text[at].isascii() and text[at - 1 : at + 1].isalnum()
        for at in (start, end)
    )


def numbers(query: str) -> list[Addition]:
    """Numbers below 100 before a unit of measure in their other way of writing: 70岁 for 七十岁."""
    found = []
    for match in _NUMBER.finditer(plain(query[:LONGEST])):
        other = spelt(match[1]) + match[2]
        if other != match[0]:
            found.append(Addition(other, NUMBER, match[0]))
    return found[:MOST]


def widened(
    question: Question, additions: Iterable[Addition], cut: Callable[[str], Terms], state: Rarities
) -> Question:
    """The question with the terms of the additions, cut as the articles were: their words and bigrams.

    A term that the question has already, or no article has, is left out; of one that several bring the highest weight
    counts. An addition of weight 0.5 is worth half a typed word in the first stage and in the second.
    """
    weights: dict[str, dict[str, float]] = {"words": {}, "grams": {}}
    for addition in additions:
        terms = cut(addition.text)
        for kind, texts in (("words", terms.words), ("grams", filter(is_bigram, terms.grams))):
            for text in texts:
                weights[kind][text] = max(addition.weight, weights[kind].get(text, 0.0))
    if not any(weights.values()):
        return question
    return Question(
        text=question.text,
        grams=(*question.grams, *_further("grams", weights["grams"], question.grams, state)),
        words=(*question.words, *_further("words", weights["words"], question.words, state)),
    )


def _further(kind: str, weights: dict[str, float], there: Sequence[Term], state: Rarities) -> Iterator[Term]:
    known = {term.text for term in there}
    texts = [text for text in weights if text not in known]
    for text, idf in zip(texts, rarities(state, kind, texts), strict=True):
        if idf < state.rarest:
            # The second stage looks at the idf alone, the first at the weight alone.
            yield Term(text, weights[text], idf * weights[text])
