"""The second stage, one for all engines: what the engine found first is put into the order people see.

The engine's score says how well the terms fit; it is weighed beside what ``features`` sees of the article. Weights were
fitted on two collections of question and answer and averaged, and checked on two others, where a negative weight of
``trigrams`` did harm and was dropped; those of the features of titles were set by hand (docs/knowledge.md).
``knowledge.learning`` fits them anew on a district's own pairs.

A message with a title is asked for twice, by its title and as a whole, and its score is the sum of both: a title is
terse and says what the writer thinks it is about, the text below it has the words that the answer takes up.
"""

from __future__ import annotations

import json
import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any, NamedTuple

from knowledge.affinity import Affinity, Liking
from knowledge.ceiling import Ceiling
from knowledge.features import FEATURES, Asked, Candidate, Question, Row, top_base
from knowledge.term_weights import TermWeights

ROUNDING = 0.01
"""More than two scores can change places by rounding their parts to four digits."""

_BIGRAMS, _QUESTION = FEATURES.index("bigrams"), FEATURES.index("question")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate in its final place; ``why`` holds the share of each feature in the score."""

    key: int
    score: float
    why: dict[str, float]
    relevance: float


DEFAULT_WEIGHTS: Mapping[str, float] = {
    "relative": 6.71,
    "base": 0.01,
    "density": -5.85,
    "characters": 3.48,
    "bigrams": 5.53,
    "words": 1.64,
    "trigrams": 0.0,
    "repeated": 0.5,
    "head": 2.53,
    "sentence": 1.54,
    "codes": 1.13,
    "length": -0.99,
    "question": 4.0,
    "exact": 2.0,
    "pieced": -0.61,
    "pieces": -5.1,
    "longest": -0.44,
    "longest_log": -0.45,
    "head_pieced": -1.0,
    "head_pieces": 1.3,
}


WHOLE = 1.5
"""How much more the whole of a message says than its title: a flat best on one collection, between 1 and 4."""


class Both(NamedTuple):
    """Weights for a message with a title: those for what the title finds, those for what the whole finds."""

    title: Mapping[str, float]
    whole: Mapping[str, float]

    @classmethod
    def default(cls) -> Both:
        return cls(DEFAULT_WEIGHTS, {name: WHOLE * weight for name, weight in DEFAULT_WEIGHTS.items()})


class Part(NamedTuple):
    """One of the questions that a message is asked by, and what it counts."""

    question: Question
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Ranking:
    """Weights of the features, and what pairs taught about single terms and about answers (None: nothing)."""

    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    terms: TermWeights | None = None
    both: Both = field(default_factory=Both.default)
    affinity: Affinity | None = None

    @classmethod
    def default(cls) -> Ranking:
        return cls()

    def prepare(self, question: Question) -> Question:
        """The question with its terms weighted by what pairs taught, before the engine is asked."""
        return self.terms.reweigh(question) if self.terms else question

    def comparison(self, question: Question, whole: Question | None = None) -> Comparison:
        """The prepared question made ready to rank what it finds in one state of an index, several times.

        ``whole`` is the whole message where ``question`` is only its title.
        """
        text = (whole or question).text
        liking = self.affinity.liking(text, whole=whole is not None) if self.affinity else None
        if whole is None:
            return Comparison([Part(question, self.weights)], liking)
        return Comparison([Part(question, self.both.title), Part(whole, self.both.whole)], liking)

    def rank(self, question: Question, candidates: Sequence[Candidate], *, limit: int | None = None) -> list[Ranked]:
        """The best first, at most ``limit``; the engine's order decides between equals."""
        return self.comparison(question).rank([candidates], limit=limit)

    def to_json(self) -> str:
        """The fitted ranking as text, for keeping with the models."""
        terms = self.terms.to_values() if self.terms else None
        both = [dict(weights) for weights in self.both]
        affinity = self.affinity.to_values() if self.affinity else None
        values = {"weights": dict(self.weights), "terms": terms, "both": both, "affinity": affinity}
        return json.dumps(values, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Ranking:
        """The way back from ``to_json``."""
        values: dict[str, Any] = json.loads(text)
        terms = TermWeights.from_values(values["terms"]) if values["terms"] else None
        affinity = Affinity.from_values(values["affinity"]) if values["affinity"] else None
        return cls(values["weights"], terms, Both(*values["both"]), affinity)


class Met(NamedTuple):
    """An article as each part of a message found it."""

    faces: tuple[Candidate, ...]


class Comparison:
    """A message held against articles; none is compared twice, or at all when it cannot be among the best.

    Not for several threads.
    """

    def __init__(self, parts: Sequence[Part], liking: Liking | None = None) -> None:
        self._parts = [_Compared(part) for part in parts]
        self._liking = liking

    def rank(
        self, found: Sequence[Sequence[Candidate]], *, limit: int | None = None, behind: float = math.inf
    ) -> list[Ranked]:
        """What the parts found, the best first, at most ``limit`` and none further ``behind`` the best in score; the
        engine's order decides between equals.

        ``found`` has a list for each part, in the engine's order.
        """
        if limit == 0:
            return []
        ranked = [self._ranked(met, rows) for met, rows in self._promising(found, limit, behind)]
        ranked = sorted(ranked, key=lambda one: -one.score)[:limit]
        return [one for one in ranked if one.score >= ranked[0].score - behind]

    def _promising(
        self, found: Sequence[Sequence[Candidate]], limit: int | None, behind: float
    ) -> list[tuple[Met, list[Row]]]:
        """Candidates that can be among those, in the engine's order."""
        tops = [top_base(candidates) for candidates in found]
        met = meet(found)
        if limit is None or limit >= len(met):
            return [(one, self._rows(one, tops)) for one in met]
        ceilings = [
            self._liked(one)
            + sum([part.over(face, top) for part, face, top in zip(self._parts, one.faces, tops, strict=True)])
            for one in met
        ]
        best: list[float] = []
        least = -math.inf
        seen: list[tuple[int, float, list[Row]]] = []
        for at in sorted(range(len(met)), key=lambda at: -ceilings[at]):
            if ceilings[at] < least:
                break
            rows = self._rows(met[at], tops)
            total = self._liked(met[at])
            total += sum([part.total(row) for part, row in zip(self._parts, rows, strict=True)])
            seen.append((at, total, rows))
            insort(best, total)
            del best[:-limit]
            least = max(best[-1] - behind, best[0] if len(best) == limit else -math.inf) - ROUNDING * len(tops)
        return [(met[at], rows) for at, total, rows in sorted(seen) if total >= least]

    def _liked(self, met: Met) -> float:
        """What the answers that such questions got add to the article's score."""
        return self._liking(met.faces[0]) if self._liking else 0.0

    def _rows(self, met: Met, tops: Sequence[float]) -> list[Row]:
        return [part.row(face, top) for part, face, top in zip(self._parts, met.faces, tops, strict=True)]

    def _ranked(self, met: Met, rows: Sequence[Row]) -> Ranked:
        why: dict[str, float] = {}
        for part, row in zip(self._parts, rows, strict=True):
            for name, value, weight in zip(FEATURES, row, part.weights, strict=True):
                if value and weight:
                    why[name] = round(why.get(name, 0.0) + value * weight, 4)
        if liked := self._liked(met):
            why["affinity"] = round(liked, 4)
        relevance = max(max(row[_BIGRAMS], row[_QUESTION]) for row in rows)
        return Ranked(met.faces[0].key, round(sum(why.values()), 4), why, relevance)


def meet(found: Sequence[Sequence[Candidate]]) -> list[Met]:
    """Every article that any part found; where another did not, it counts there as the last that was found."""
    if len(found) == 1:
        return [Met((candidate,)) for candidate in found[0]]
    known = [{candidate.key: candidate for candidate in candidates} for candidates in found]
    last = [min([candidate.base for candidate in candidates], default=0.0) for candidates in found]
    every = {candidate.key: candidate for candidates in found for candidate in candidates}
    return [
        Met(tuple(here.get(key) or Candidate(key, base, one.view) for here, base in zip(known, last, strict=True)))
        for key, one in every.items()
    ]


class _Compared:
    """One part of a message with the articles it was compared with."""

    def __init__(self, part: Part) -> None:
        self.weights = [part.weights.get(name, 0.0) for name in FEATURES]
        self._asked = Asked.of(part.question, trigrams=bool(part.weights.get("trigrams")))
        self.over = Ceiling(self._asked, part.weights).over
        self._rows: dict[tuple[int, float], Row] = {}

    def row(self, candidate: Candidate, top: float) -> Row:
        """The candidate's features."""
        key = (candidate.key, candidate.base)
        if key not in self._rows:
            self._rows[key] = self._asked.compared(candidate)
        return (candidate.base / top - 1, *self._rows[key])

    def total(self, row: Row) -> float:
        """What the features come to."""
        return float(sum(map(mul, row, self.weights)))
