"""From evidence to a probability that holds: logistic weights, how they are fitted, and how a desk refits them.

Nothing but numpy: fitting is a few steps of Newton's method on some hundred rows, so a desk can do it while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge.errors import UnusableConfidence
from knowledge.evidence import FEATURES, Row

Floats = npt.NDArray[np.float64]

PULL = 3.0
"""Strength of the pull towards the weights begun with, in units of a standardised feature."""
ENOUGH = 30
"""Below so many records of either outcome a refit changes nothing."""
LEAST_RIGHT = 0.97
"""Share that has to be right of what is answered while the threshold is chosen: two points above what is wanted, for
what is chosen on some messages is a little worse on others."""
FARTHEST = 3.0
"""A value farther than this from the mean of what was learnt from, in its spreads, says no more: a long letter is not
ten times as good a question as a chat message.
"""
STEPS = 60
SMALLEST = 1e-8
"""A step that moves no weight further ends the fitting."""
FILE = "confidence.json"


@dataclass(frozen=True, slots=True)
class Record:
    """What became of an answer or of one that was weighed: its evidence, and whether it was accepted.

    ``weight`` is how much it counts.
    """

    evidence: Row
    accepted: bool
    weight: float = 1.0


@dataclass(frozen=True)
class Confidence:
    """Weights of ``FEATURES`` in standardised units, and the probability from which the bot answers."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, evidence: Row) -> float:
        """That the article answers the message, 0 … 1."""
        return float(self.probabilities(np.array([evidence]))[0])

    def probabilities(self, rows: Floats) -> Floats:
        """The same of many (rows × features)."""
        scaled = _scaled(rows, np.array(self.means), np.array(self.spreads))
        return _sigmoid(scaled @ np.array(self.weights) + self.bias)

    def to_json(self) -> str:
        """As text, each weight under its feature's name."""
        columns = zip(FEATURES, self.means, self.spreads, self.weights, strict=True)
        features = {
            name: [round(value, 6) for value in (mean, spread, weight)] for name, mean, spread, weight in columns
        }
        rest = {"bias": round(self.bias, 6), "threshold": self.threshold}
        return json.dumps({"features": features, **rest}, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Confidence:
        """The way back. Raises ``UnusableConfidence`` for what is not the weights of these features."""
        try:
            values: dict[str, Any] = json.loads(text)
            columns = [tuple(map(float, values["features"][name])) for name in FEATURES]
            means, spreads, weights = zip(*columns, strict=True)
            known = len(values["features"]) == len(FEATURES)
            made = cls(means, spreads, weights, float(values["bias"]), float(values["threshold"]))
        except (ValueError, LookupError, TypeError) as problem:
            raise UnusableConfidence from problem
        numbers = np.array([*means, *spreads, *weights, made.bias, made.threshold])
        if not known or not np.isfinite(numbers).all() or min(spreads) <= 0:
            raise UnusableConfidence
        return made

    @classmethod
    def default(cls) -> Confidence:
        """As shipped, fitted by ``python -m benchmarks.confidence``."""
        return cls.from_json(resources.files("knowledge").joinpath(FILE).read_text(encoding="utf-8"))


def fit(records: Sequence[Record], *, threshold: float) -> Confidence:
    """The weights under which the records are likeliest, held lightly to nought."""
    rows, outcomes, counts = _columns(records)
    means = np.average(rows, axis=0, weights=counts)
    spreads = np.sqrt(np.average((rows - means) ** 2, axis=0, weights=counts)) + 1e-6
    start = np.zeros(rows.shape[1] + 1)
    found = _newton(_scaled(rows, means, spreads), outcomes, counts, start)
    return _made(means, spreads, found, threshold)


def refit(known: Confidence, records: Sequence[Record]) -> Confidence:
    """The weights after a desk's own records, held to those it began with, so that few records change little.

    With fewer than ``ENOUGH`` accepted or refused nothing changes. The threshold stays: it is a promise, and the
    probabilities move under it.
    """
    accepted = sum(record.accepted for record in records)
    if min(accepted, len(records) - accepted) < ENOUGH:
        return known
    rows, outcomes, counts = _columns(records)
    means, spreads = np.array(known.means), np.array(known.spreads)
    found = _newton(_scaled(rows, means, spreads), outcomes, counts, np.array([*known.weights, known.bias]))
    return _made(means, spreads, found, known.threshold)


def threshold_of(probabilities: Floats, right: Sequence[bool], *, least: float = LEAST_RIGHT) -> float:
    """The lowest probability, in hundredths, from which on ``least`` of what is answered is right, at it and above."""
    outcomes = np.array(right, dtype=np.float64)
    lowest = 1.0
    for percent in range(99, 0, -1):
        answered = probabilities >= percent / 100
        if answered.any() and outcomes[answered].mean() < least:
            break
        lowest = percent / 100
    return lowest


def _columns(records: Sequence[Record]) -> tuple[Floats, Floats, Floats]:
    rows = np.array([record.evidence for record in records], dtype=np.float64)
    outcomes = np.array([record.accepted for record in records], dtype=np.float64)
    return rows, outcomes, np.array([record.weight for record in records], dtype=np.float64)


def _scaled(rows: Floats, means: Floats, spreads: Floats) -> Floats:
    return np.asarray(np.clip((rows - means) / spreads, -FARTHEST, FARTHEST))


def _newton(scaled: Floats, outcomes: Floats, counts: Floats, start: Floats) -> Floats:
    """Weights and bias (last) of the penalised logistic regression; the bias is free."""
    rows = np.hstack([scaled, np.ones((len(scaled), 1))])
    pull = np.full(rows.shape[1], PULL)
    pull[-1] = 1e-3
    found = start.copy()
    for _ in range(STEPS):
        chances = _sigmoid(rows @ found)
        slope = rows.T @ (counts * (chances - outcomes)) + pull * (found - start)
        bend = (rows * (counts * np.maximum(chances * (1 - chances), 1e-9))[:, None]).T @ rows + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        before = _loss(rows, outcomes, counts, pull, found, start)
        while _loss(rows, outcomes, counts, pull, found - step, start) > before and np.abs(step).max() > SMALLEST:
            step /= 2  # a whole step may overshoot where the curve is flat
        found = found - step
        if float(np.abs(step).max()) < SMALLEST:
            break
    return found


def _loss(rows: Floats, outcomes: Floats, counts: Floats, pull: Floats, weights: Floats, start: Floats) -> float:
    signs = rows @ weights
    unlikely = np.logaddexp(0, signs) - outcomes * signs
    return float(counts @ unlikely + pull @ (weights - start) ** 2 / 2)


def _made(means: Floats, spreads: Floats, found: Floats, threshold: float) -> Confidence:
    weights = tuple(map(float, found[:-1]))
    return Confidence(tuple(map(float, means)), tuple(map(float, spreads)), weights, float(found[-1]), threshold)


def _sigmoid(value: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -40, 40))))
