"""From a text to what an engine is asked: the telling terms of a query, chosen by how rare they are in the index.

The same for every engine, so that each finds nearly the same.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Protocol

from knowledge.analysis import Terms, fold, grams, is_bigram
from knowledge.features import Question, Term

CANDIDATES = 60
"""How many first-stage hits the second stage looks at; half as many for a long text, whose first hits are surer."""
LONG_TEXT = 200
LONGEST = 4_000
"""Characters of a query that are looked at; a resident's letter is shorter."""
MAX_GRAMS = 48
MAX_WORDS = 24
MOST_WEIGHED = 160
"""So many terms of a long text are looked up at all: the repeated ones, then the first."""
LONG_QUERY = 40
"""From so many different bigrams on, single characters add noise and no recall."""
WORD_SHARE = 0.5
"""What a word counts beside its grams."""
COMMON = 0.3
"""Terms of a lower idf stand in three articles of four; they are asked for only when there are no others."""


class Rarities(Protocol):
    """How rare terms are in one state of an index."""

    @property
    def rarest(self) -> float:
        """Inverse document frequency of a term that no document holds."""
        ...

    def idf(self, grams: Sequence[str]) -> Sequence[float]:
        """Inverse document frequency of each gram."""
        ...


def rarities(state: Rarities, kind: str, terms: Sequence[str]) -> Sequence[float]:
    """Inverse document frequency of each term; ``kind`` is words or grams. A word is as rare as its rarest gram."""
    return state.idf(terms) if kind == "grams" else [idf for _, idf in rarest_grams(state, terms)]


def rarest_grams(state: Rarities, words: Sequence[str]) -> list[tuple[str, float]]:
    """The gram that stands for each word, because an index holds no words: its rarest one, with its idf."""
    parts = [[*grams(word)] or [word] for word in words]
    every = list(dict.fromkeys(chain.from_iterable(parts)))
    known = dict(zip(every, state.idf(every), strict=True))
    best = [max(each, key=lambda gram: (known[gram], len(gram))) for each in parts]
    return [(gram, known[gram]) for gram in best]


def first_stage(state: Rarities, question: Question) -> dict[str, float]:
    """What the engine is asked for: the question's grams, each with its weight and what words add to it."""
    weights = {term.text: term.weight for term in question.grams}
    standing = rarest_grams(state, [term.text for term in question.words])
    for term, (gram, _) in zip(question.words, standing, strict=True):
        weights[gram] = weights.get(gram, 0.0) + WORD_SHARE * term.weight
    return {gram: weight for gram, weight in weights.items() if weight > 0}


def inverse_frequency(holding: int, documents: int) -> float:
    """Inverse document frequency of a term that so many of all documents hold; never negative."""
    return math.log(1 + (documents - min(holding, documents) + 0.5) / (holding + 0.5))


def question_of(state: Rarities, text: str, terms: Terms) -> Question:
    """The text with the terms to ask for, each with its weight and rarity."""
    return Question(
        text=fold(text),
        grams=_choose(state, "grams", _grams(terms), MAX_GRAMS),
        words=_choose(state, "words", Counter(terms.words), MAX_WORDS),
    )


def most_candidates(question: Question) -> int:
    """How many first-stage hits the second stage looks at."""
    return CANDIDATES if len(question.text) <= LONG_TEXT else CANDIDATES // 2


def _grams(terms: Terms) -> Counter[str]:
    counts = Counter(terms.grams)
    bigrams = Counter({gram: count for gram, count in counts.items() if is_bigram(gram)})
    return bigrams if len(bigrams) > LONG_QUERY else counts


def _choose(state: Rarities, kind: str, counts: Counter[str], most: int) -> tuple[Term, ...]:
    """The most informative terms: a resident's long text is asked for by what is rare in it and what it repeats.

    Common terms are left out unless nothing else would find anything, as among a desk's first three articles.
    """
    often = counts.most_common(MOST_WEIGHED)
    idfs = rarities(state, kind, [text for text, _ in often])
    terms = [(text, 1 + math.log(count), idf) for (text, count), idf in zip(often, idfs, strict=True)]
    telling = [term for term in terms if term[2] >= COMMON]
    if not any(rarity < state.rarest for _, _, rarity in telling):
        telling = terms
    telling.sort(key=lambda term: -term[2] * term[1])
    return tuple(map(Term._make, telling[:most]))
