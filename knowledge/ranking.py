"""The second stage, one for all engines: what the engine found first is put into the order people see.

The engine's score says how well the terms fit; it is weighed beside what ``features`` sees of the article. Weights were
fitted on two collections of question and answer and averaged, and checked on two others, where a negative weight of
``trigrams`` did harm and was dropped; those of the features of titles were set by hand (docs/knowledge.md).
``knowledge.learning`` fits them anew on a district's own pairs.
"""

from __future__ import annotations

import json
import math
from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from typing import Any

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


@dataclass(frozen=True)
class Ranking:
    """Weights of the features, and what pairs taught about single terms (None: nothing)."""

    weights: Mapping[str, float] = field(default_factory=lambda: DEFAULT_WEIGHTS)
    terms: TermWeights | None = None

    @classmethod
    def default(cls) -> Ranking:
        return cls()

    def prepare(self, question: Question) -> Question:
        """The question with its terms weighted by what pairs taught, before the engine is asked."""
        return self.terms.reweigh(question) if self.terms else question

    def comparison(self, question: Question) -> Comparison:
        """The prepared question made ready to rank several lists of candidates from one state of an index."""
        return Comparison(question, self.weights)

    def rank(self, question: Question, candidates: Sequence[Candidate], *, limit: int | None = None) -> list[Ranked]:
        """The best first, at most ``limit``; the engine's order decides between equals."""
        return self.comparison(question).rank(candidates, limit=limit)

    def to_json(self) -> str:
        """The fitted ranking as text, for keeping with the models."""
        terms = self.terms.to_values() if self.terms else None
        return json.dumps({"weights": dict(self.weights), "terms": terms}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Ranking:
        """The way back from ``to_json``."""
        values: dict[str, Any] = json.loads(text)
        terms = TermWeights.from_values(values["terms"]) if values["terms"] else None
        return cls(weights=values["weights"], terms=terms)


class Comparison:
    """A question held against articles; none is compared twice, or at all when it cannot be among the best.

    Not for several threads.
    """

    def __init__(self, question: Question, weights: Mapping[str, float]) -> None:
        self._weights = [weights.get(name, 0.0) for name in FEATURES]
        self._asked = Asked.of(question, trigrams=bool(weights.get("trigrams")))
        self._ceiling = Ceiling(self._asked, weights)
        self._compared: dict[tuple[int, float], Row] = {}

    def rank(
        self, candidates: Sequence[Candidate], *, limit: int | None = None, behind: float = math.inf
    ) -> list[Ranked]:
        """The best first, at most ``limit`` and none further ``behind`` the best in score; the engine's order decides
        between equals.
        """
        if limit == 0:
            return []
        ranked = [self._ranked(candidate, row) for candidate, row in self._promising(candidates, limit, behind)]
        ranked = sorted(ranked, key=lambda one: -one.score)[:limit]
        return [one for one in ranked if one.score >= ranked[0].score - behind]

    def _promising(
        self, candidates: Sequence[Candidate], limit: int | None, behind: float
    ) -> list[tuple[Candidate, Row]]:
        """Candidates that can be among those, in the engine's order."""
        top = top_base(candidates)
        if limit is None or limit >= len(candidates):
            return [(candidate, self._row(candidate, top)) for candidate in candidates]
        ceilings = [self._ceiling.over(candidate, top) for candidate in candidates]
        best: list[float] = []
        least = -math.inf
        found: list[tuple[int, float, Row]] = []
        for at in sorted(range(len(candidates)), key=lambda at: -ceilings[at]):
            if ceilings[at] < least:
                break
            row = self._row(candidates[at], top)
            total = sum(map(mul, row, self._weights))
            found.append((at, total, row))
            insort(best, total)
            del best[:-limit]
            least = max(best[-1] - behind, best[0] if len(best) == limit else -math.inf) - ROUNDING
        return [(candidates[at], row) for at, total, row in sorted(found) if total >= least]

    def _row(self, candidate: Candidate, top: float) -> Row:
        key = (candidate.key, candidate.base)
        if key not in self._compared:
            self._compared[key] = self._asked.compared(candidate)
        return (candidate.base / top - 1, *self._compared[key])

    def _ranked(self, candidate: Candidate, row: Row) -> Ranked:
        why = {
            name: round(value * weight, 4)
            for name, value, weight in zip(FEATURES, row, self._weights, strict=True)
            if value and weight
        }
        return Ranked(candidate.key, round(sum(why.values()), 4), why, max(row[_BIGRAMS], row[_QUESTION]))
