"""Scores into probabilities that hold, and the measures that say how well they do.

Fitted on cross-fitted scores (each text scored by a model that has not seen it or a near copy): a temperature and,
where classes are few, an offset a class give shares that sum to one; the share of the first class is then corrected
by a sigmoid over its log-odds and its lead on the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage.classifier import softmax
from triage.features import Floats

Answers = npt.NDArray[np.intp]
Shares = npt.NDArray[np.float64]
OFFSETS_UP_TO = 20
"""Classes up to which each gets an offset of its own; with more there is too little text a class to fit one."""
BINS = 15
TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Calibration:
    """The way from scores to probabilities. ``slope`` and ``lead`` multiply the first's log-odds and its lead."""

    temperature: float
    offsets: tuple[float, ...]
    slope: float
    lead: float
    shift: float

    def probabilities(self, scores: Floats) -> Shares:
        """Calibrated shares of one text (classes,) or of many (texts, classes); each row sums to one."""
        rows = np.atleast_2d(self._shares(scores))
        if rows.shape[1] < 2:
            return np.ones(np.shape(scores))
        at = np.arange(len(rows))
        first = rows.argmax(axis=1)
        second = np.partition(rows, -2, axis=1)[:, -2]
        top = rows[at, first]
        wanted = _sigmoid(_signs(top, second) @ np.array([self.slope, self.lead]) + self.shift)
        # the first stays the first: what is taken from it makes no other greater than it
        wanted = np.maximum(wanted, (1 + TINY) * second / np.maximum(second + 1 - top, TINY))
        rows = rows * ((1 - wanted) / np.maximum(1 - top, TINY))[:, None]
        rows[at, first] = wanted
        return np.asarray(rows.reshape(np.shape(scores)), dtype=np.float64)

    def _shares(self, scores: Floats) -> Shares:
        raised = np.asarray(scores, dtype=np.float64) * self.temperature
        return softmax(raised + np.array(self.offsets) if self.offsets else raised)


UNCALIBRATED = Calibration(5.0, (), 1.0, 0.0, 0.0)


def _sigmoid(value: Shares) -> Shares:
    return np.asarray(1 / (1 + np.exp(-np.clip(value, -40, 40))))


def _signs(top: Shares, second: Shares) -> Shares:
    """The first's log-odds, and the log of its lead on the second."""
    odds = np.log(np.maximum(top, TINY) / np.maximum(1 - top, 1e-6))
    return np.stack([odds, np.log(np.maximum(top, TINY) / np.maximum(second, 1e-6))], axis=1)


def fit(scores: Floats, answers: Answers) -> Calibration:
    """The calibration of cross-fitted ``scores`` (texts × classes) whose true classes are ``answers``."""
    classes = scores.shape[1]
    if classes < 2 or len(answers) < 10:
        return UNCALIBRATED
    temperature, offsets = _temperature(scores, answers, with_offsets=classes <= OFFSETS_UP_TO)
    shares = Calibration(temperature, offsets, 1, 0, 0)._shares(scores)  # noqa: SLF001  its own kind
    top, second = shares.max(axis=1), np.partition(shares, -2, axis=1)[:, -2]
    right = (shares.argmax(axis=1) == answers).astype(np.float64)
    slope, lead, shift = _logistic(_signs(top, second), right)
    if slope < 0 or lead < 0 or slope + lead <= 0:  # a rule that trusts the surer text less is noise: keep the odds
        slope, shift = _logistic(_signs(top, second)[:, :1], right)
        lead = 0.0
        if slope <= 0:
            slope, shift = 1.0, 0.0
    return Calibration(temperature, offsets, float(slope), float(lead), float(shift))


def _temperature(scores: Floats, answers: Answers, *, with_offsets: bool) -> tuple[float, tuple[float, ...]]:
    """The temperature and offsets with the best likelihood; offsets are held near zero by a penalty."""
    from scipy.optimize import minimize

    at = np.arange(len(answers))
    raw = scores.astype(np.float64)

    def loss(values: Shares) -> tuple[float, Shares]:
        shifted = raw * np.exp(values[0])
        if with_offsets:
            shifted += values[1:]
        shifted -= shifted.max(axis=1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=1))
        slope = np.exp(shifted - total[:, None])
        value = float((total - shifted[at, answers]).sum() + 2 * (values[1:] ** 2).sum())
        slope[at, answers] -= 1
        steep = np.array([(slope * raw).sum() * np.exp(values[0])])
        return value, np.concatenate([steep, slope.sum(axis=0) + 4 * values[1:]]) if with_offsets else steep

    start = np.concatenate([[1.5], np.zeros(raw.shape[1] if with_offsets else 0)])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(-2, 5)] + [(-5, 5)] * (len(start) - 1)).x
    return float(np.exp(found[0])), tuple(float(each) for each in found[1:])


def _logistic(signs: Shares, right: Shares) -> Shares:
    """Logistic regression by Newton's method, with a weak penalty so that a separable sample ends too."""
    inputs = np.column_stack([signs, np.ones(len(signs))])
    weights = np.zeros(inputs.shape[1])
    for _ in range(50):
        chance = _sigmoid(inputs @ weights)
        slope = inputs.T @ (chance - right) + 0.1 * weights
        bend = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + 0.1 * np.eye(len(weights))
        step = np.linalg.solve(bend, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def ece(probability: Shares, right: npt.NDArray[np.bool_], *, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of promised and kept share over equal-mass bins."""
    if not len(probability):
        return 0.0
    order = np.argsort(probability, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(float(probability[part].mean() - right[part].mean())) * len(part) for part in parts]
    return sum(gaps) / len(probability)


def ece_floor(probability: Shares, *, bins: int = BINS, draws: int = 200, seed: int = 20_260) -> float:
    """The mean ``ece`` when outcomes are drawn from the very probabilities: what perfect calibration would show."""
    rng = np.random.default_rng(seed)
    drawn = [ece(probability, rng.random(len(probability)) < probability, bins=bins) for _ in range(draws)]
    return float(np.mean(drawn))


NEVER = 2.0
"""A threshold no probability reaches."""


def threshold(probability: Shares, right: npt.NDArray[np.bool_], *, precision: float = 0.99) -> float:
    """The lowest threshold whose share of right ones is at least ``precision``, counting one error more than seen.

    The extra error keeps a handful of lucky texts from earning trust: 99 % needs 99 texts without any error.
    """
    order = np.argsort(-probability, kind="stable")
    kept = np.cumsum(right[order]) / (np.arange(len(order)) + 2)
    ends = np.append(np.diff(probability[order]) < 0, True) if len(order) else np.empty(0, dtype=bool)
    good = np.flatnonzero((kept >= precision) & ends)
    return float(probability[order][good[-1]]) if len(good) else NEVER
