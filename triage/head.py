"""One question answered by a linear model: which category, which request type, which unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage import calibration, classifier, folds
from triage.calibration import Calibration, Shares
from triage.classifier import Linear, Weighting
from triage.errors import TooFewExamples
from triage.features import Counts, Floats, Table

FOLDS = 5
TRUSTED = 0.99
"""Precision asked of automatic acts."""
ENOUGH = 10
"""Texts the model must have put into a class before its own record speaks against it."""
DOUBTFUL = 0.97
LEAST = 0.9
"""No automatic act below this, whatever cross-fitting allows: texts of one pen are easier than what comes in."""
REPRESENTATIVE = 300
"""Texts of a kind that a threshold of their own needs: at 99 % precision three hundred allow two errors."""


@dataclass(frozen=True, slots=True)
class Head:
    """Labels with their weights, calibration and thresholds. Read only, safe to share between threads."""

    labels: tuple[str, ...]
    weighting: Weighting
    linear: Linear
    calibration: Calibration
    thresholds: Shares
    """The probability from which an answer of this label is trusted; above one: never."""

    def probabilities(self, counts: Counts) -> Shares:
        """Calibrated probabilities of one text, in the order of ``labels``."""
        return self.calibration.probabilities(self.linear.scores(*self.weighting.vector(counts)))

    def many(self, table: Table) -> Shares:
        """The same for many texts."""
        return self.calibration.probabilities(self.linear.many(self.weighting.matrix(table)))


@dataclass(frozen=True, slots=True)
class Crossfit:
    """What cross-fitting saw of the training texts themselves: for figures and thresholds."""

    probabilities: Shares
    answers: npt.NDArray[np.intp]

    @property
    def first(self) -> Shares:
        return np.asarray(self.probabilities.max(axis=1))

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.probabilities.argmax(axis=1) == self.answers)

    @property
    def threshold(self) -> float:
        """The one threshold for all labels that gave 99 % precision."""
        return calibration.threshold(self.first, self.right, precision=TRUSTED)

    def threshold_among(self, alike: npt.NDArray[np.bool_]) -> float:
        """The same among the texts marked; among all where fewer than ``REPRESENTATIVE`` are."""
        if alike.sum() < REPRESENTATIVE:
            return self.threshold
        return calibration.threshold(self.first[alike], self.right[alike], precision=TRUSTED)


def train(
    table: Table, labels: Sequence[str], *, given: npt.NDArray[np.bool_] | None = None, seed: int = 0
) -> tuple[Head, Crossfit]:
    """Fit a head on labelled texts, its calibration and thresholds on cross-fitted scores.

    Texts marked ``given`` (a taxonomy's names and keywords) are always learnt from and never measured on. Raises
    ``TooFewExamples`` for fewer than two labels.
    """
    names, answers = classifier.encoded(labels)
    if len(names) < 2:
        raise TooFewExamples(f"只有 {len(names)} 个类别，至少需要两个")
    weighting = classifier.weigh(table, answers, len(names))
    matrix = weighting.matrix(table)
    linear = classifier.fit(matrix, classifier.targets(answers, len(names)))
    real = np.flatnonzero(~given) if given is not None else np.arange(len(answers))
    scores = _crossfitted(table, answers, len(names), real, folds.copies(matrix[real], seed=seed), seed)
    fitted = calibration.fit(scores, answers[real])
    crossfit = Crossfit(fitted.probabilities(scores).reshape(len(real), len(names)), answers[real])
    return Head(names, weighting, linear, fitted, _thresholds(crossfit, len(names))), crossfit


def _crossfitted(
    table: Table,
    answers: npt.NDArray[np.intp],
    classes: int,
    real: npt.NDArray[np.intp],
    groups: npt.NDArray[np.intp],
    seed: int,
) -> Floats:
    """Scores of the real texts, each by a model without its fold. Weights of features are fitted anew as well."""
    scores = np.zeros((len(real), classes), dtype=np.float32)
    if len(real) < 2 * FOLDS:
        return scores
    fold = folds.split(groups, answers[real], FOLDS, seed=seed)
    for number in range(FOLDS):
        held = real[fold == number]
        rest = np.setdiff1d(np.arange(len(answers)), held)
        if not len(held):
            continue
        weighting = classifier.weigh(table.rows(rest), answers[rest], classes)
        wanted = classifier.targets(answers[rest], classes)
        linear = classifier.fit(weighting.matrix(table.rows(rest)), wanted)
        scores[fold == number] = linear.many(weighting.matrix(table.rows(held)))
    return scores


def _thresholds(crossfit: Crossfit, classes: int) -> Shares:
    """A threshold a label: the common one, raised where the label's own record is worse, closed where it is bad."""
    common = max(crossfit.threshold, LEAST)
    chosen = crossfit.probabilities.argmax(axis=1) if len(crossfit.answers) else np.empty(0, dtype=np.intp)
    first, right = crossfit.first if len(chosen) else np.empty(0), crossfit.right if len(chosen) else np.empty(0, bool)
    thresholds = np.full(classes, common)
    for label in range(classes):
        trusted = (chosen == label) & (first >= common)
        count = int(trusted.sum())
        if count >= ENOUGH and right[trusted].mean() < DOUBTFUL:
            mine = chosen == label
            own = calibration.threshold(first[mine], right[mine], precision=TRUSTED)
            thresholds[label] = max(common, own)
    return thresholds
