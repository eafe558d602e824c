"""What pairs of question and answer teach about single terms.

A term of a question says much about the answer when answers repeat it (a street's name, 公积金) and little when
they do not (想问问, 怎么还). For each term of a query the chance p that the answer repeats it is estimated from
pairs; against the share q of articles that hold it anyway, its evidence is log(p(1-q) / q(1-p)), the weight of
the binary independence model with p learned instead of assumed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from knowledge.analysis import is_bigram

if TYPE_CHECKING:
    from knowledge.features import Question, Term

KINDS = ("characters", "bigrams", "words")


@dataclass
class Experience:
    """How often questions held a term, and how often the answer repeated it."""

    asked: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)

    def add(self, terms: Sequence[str], answer: str) -> None:
        for term in set(terms):
            self.asked[term] += 1
            self.repeated[term] += term in answer


def describe(term: Term, place: float, asked: int, repeated: int) -> tuple[float, ...]:
    """What the chance of being repeated is estimated from; ``place`` is where in the query, 0…1."""
    rate = math.log((repeated + 1.0) / (asked + 2.5))
    seen = math.log1p(asked)
    digits = float(term.text.isascii() or any("0" <= c <= "z" for c in term.text))
    return (term.idf, term.idf**2 / 10, seen, rate, rate * seen, place, place**2, digits, float(len(term.text)))


@dataclass(frozen=True)
class TermWeights:
    """Experience and estimator per kind of term. ``estimators``: intercept first, then one number a feature."""

    experience: Mapping[str, Experience]
    estimators: Mapping[str, Sequence[float]]

    def reweigh(self, question: Question) -> Question:
        """The question with each term's weight changed so that weight x idf is its evidence."""
        evidence = {kind: self._evidence(kind, question) for kind in KINDS}
        grams = tuple(
            term._replace(weight=term.weight * evidence["bigrams" if is_bigram(term.text) else "characters"][term.text])
            for term in question.grams
        )
        words = tuple(term._replace(weight=term.weight * evidence["words"][term.text]) for term in question.words)
        return replace(question, grams=grams, words=words)

    def _evidence(self, kind: str, question: Question) -> dict[str, float]:
        """Evidence of the query's terms of this kind in units of their idf; what speaks against an answer is zero."""
        known, estimator = self.experience[kind], self.estimators[kind]
        evidence = {}
        for term, place in placed(kind, question):
            values = describe(term, place, known.asked[term.text], known.repeated[term.text])
            logit = estimator[0] + sum(w * v for w, v in zip(estimator[1:], values, strict=True))
            # idf is log(1 + (N - n + 0.5) / (n + 0.5)), so the odds against the term in any article are e^idf - 1.
            against = math.log(max(math.expm1(term.idf), 1e-6))
            evidence[term.text] = max(0.0, logit + against) / max(term.idf, 0.1)
        return evidence

    def to_values(self) -> dict[str, Any]:
        """Plain values for JSON. Terms seen once are left out: they say next to nothing and are half of all."""
        return {
            kind: {
                "estimator": list(self.estimators[kind]),
                "terms": {t: [n, known.repeated[t]] for t, n in known.asked.items() if n > 1},
            }
            for kind, known in self.experience.items()
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> TermWeights:
        """The way back from ``to_values``."""
        experience = {
            kind: Experience(
                asked=Counter({t: n for t, (n, _) in one["terms"].items()}),
                repeated=Counter({t: n for t, (_, n) in one["terms"].items()}),
            )
            for kind, one in values.items()
        }
        return cls(experience, {kind: one["estimator"] for kind, one in values.items()})


def placed(kind: str, question: Question) -> list[tuple[Term, float]]:
    """The query's terms of this kind, each with where it first stands (0 the beginning, 1 the end)."""
    terms = question.words if kind == "words" else question.grams
    wanted = [term for term in terms if kind == "words" or is_bigram(term.text) == (kind == "bigrams")]
    length = max(1, len(question.text))
    return [(term, max(0, question.text.find(term.text)) / length) for term in wanted]
