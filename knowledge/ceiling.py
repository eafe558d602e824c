"""How high an article can score at most, by one look at which of its characters stand together.

Comparing an article in full is dear; most candidates are not worth it, because even if everything that may stand in
them did stand there, they would not come near the best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from knowledge.features import Asked, Candidate


class Ceiling:
    """Ceilings of a question's candidates under given weights, of any sign.

    The features an article has without looking into it (``relative``, ``base``, ``density``, ``length``) count as they
    are. Each of the others is a sum over terms or passages found, or no more than such a sum, so every beginning that
    question and article share adds at most what its terms and passages could bring. A negative weight takes nothing,
    except that where two characters of the question stand together there is a piece, be it no longer.
    """

    def __init__(self, asked: Asked, weights: Mapping[str, float]) -> None:
        self._parts, self._pairs = asked.parts, asked.pairs
        self._text = asked.text
        self._base = weights.get("base", 0.0) + weights.get("density", 0.0) / asked.possible
        self._relative, self._length = weights.get("relative", 0.0), weights.get("length", 0.0)
        self._exact = max(0.0, weights.get("exact", 0.0))
        self._always = max(0.0, weights.get("longest_log", 0.0)) * math.log1p(len(asked.solid))
        self._piece = _least(asked, {name: min(0.0, weight) for name, weight in weights.items()})
        self._most = _most(asked, {name: max(0.0, weight) for name, weight in weights.items()})

    def over(self, candidate: Candidate, top: float) -> float:
        """No less than the candidate's score when its first-stage score is compared with ``top``."""
        view = candidate.view
        ceiling = self._always + self._base * candidate.base + self._relative * (candidate.base / top - 1)
        ceiling += self._length * view.length + sum(map(self._most.__getitem__, self._parts & view.parts))
        if self._text in view.head:
            ceiling += self._exact
        if not self._pairs.isdisjoint(view.parts):
            ceiling += self._piece
        return ceiling


def _least(asked: Asked, weights: Mapping[str, float]) -> float:
    """What a piece of two characters takes away; the weights are not positive."""
    covered = 2 * (weights.get("pieced", 0.0) + weights.get("longest", 0.0)) + weights.get("pieces", 0.0)
    return covered / max(1, len(asked.solid)) + weights.get("longest_log", 0.0) * math.log1p(2)


def _most(asked: Asked, weights: Mapping[str, float]) -> dict[str, float]:
    """What each beginning can add; the weights are not negative."""

    def worth(*names: str) -> float:
        return sum(weights.get(name, 0.0) for name in names)

    most = dict.fromkeys(asked.parts, 0.0)
    for terms, all_of_them in (
        (asked.characters, worth("characters")),
        # Likeness to a known question is a harmonic mean: at most twice its smaller part.
        (asked.bigrams, worth("bigrams", "head", "sentence") + 2 * worth("question")),
        (asked.words, worth("words") + 3 * worth("repeated")),
        (asked.trigrams, worth("trigrams")),
        (asked.codes, worth("codes")),
    ):
        each = all_of_them / (terms.total or 1.0)
        for part, under in terms.terms.items():
            for _, weight in under:
                most[part] += each * weight
    # A piece of n characters takes n - 1 pairs of the question, so it covers at most two characters a pair.
    pair = worth("pieces", "head_pieces") + 2 * worth("pieced", "longest", "head_pieced")
    for part, places in asked.places.items():
        most[part] += pair * len(places) / len(asked.solid)
    return most
