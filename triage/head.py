"""One question answered by a linear model: which category, which request type, which unit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from triage import calibration, classifier, folds, kernel
from triage.calibration import Calibration, Shares
from triage.classifier import Linear, Weighting
from triage.errors import TooFewExamples
from triage.features import Counts, Floats, Ints, Table
from triage.kernel import Nearness, Span

FOLDS = 5
TRUSTED = 0.99
"""Precision asked of automatic acts."""
ENOUGH = 10
"""Texts the model must have put into a class before its own record speaks against it."""
DOUBTFUL = 0.97
LEAST = 0.9
"""No automatic act below this, whatever cross-fitting allows: texts of one pen are easier than what comes in."""
KINSHIP = 0.5
"""How much nearer than a foreign label's a kin label's score is, of the 2 that the text's own is."""
FEW = 1000
"""Texts below which a calibration is measured on texts it was not fitted on: fitted on few, it flatters itself."""
REPRESENTATIVE = 300
"""Texts of a kind that a threshold of their own needs: at 99 % precision three hundred allow two errors."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """Scores a class from features (a linear model) and from meanings (nearness to known texts), added up."""

    weighting: Weighting
    linear: Linear
    nearness: Nearness

    def scores(self, table: Table) -> Floats:
        """The scores of many texts (texts × classes): about 1 for the class of a text, about -1 for the others."""
        return np.asarray(self.linear.many(self.weighting.matrix(table)) + self.nearness.scores(table.meanings))

    def scores_of(self, columns: Ints, values: Floats, meaning: Floats) -> Floats:
        """The scores of one text, weighed: ``weighting.vector`` of its counts, and its meaning."""
        return np.asarray(self.linear.scores(columns, values) + self.nearness.scores(meaning))


@dataclass(frozen=True, slots=True)
class Head:
    """Labels with their scorer, calibration and thresholds. Read only, safe to share between threads."""

    labels: tuple[str, ...]
    scorer: Scorer
    calibration: Calibration
    thresholds: Shares
    """The probability from which an answer of this label is trusted; above one: never."""

    def probabilities(self, counts: Counts) -> Shares:
        """Calibrated probabilities of one text, in the order of ``labels``."""
        return self.probabilities_of(*self.scorer.weighting.vector(counts), counts.meaning)

    def probabilities_of(self, columns: Ints, values: Floats, meaning: Floats) -> Shares:
        """The same of a text already weighed: ``weighting.vector`` of its counts, and its meaning."""
        return self.calibration.probabilities(self.scorer.scores_of(columns, values, meaning))

    def many(self, table: Table) -> Shares:
        """The same for many texts."""
        return self.calibration.probabilities(self.scorer.scores(table))


@dataclass(frozen=True, slots=True)
class Manner:
    """How a head learns. ``kin`` names a label's family: a text speaks a little for its family's other labels too.

    A handful of texts a label wants more penalty and kin, thousands want less and none (docs/triage.md). Below
    ``least`` texts to measure on nothing is measured: probabilities are the ``guess``, and no label is trusted.
    """

    penalty: float = classifier.PENALTY
    kin: Callable[[str], str] | None = None
    least: int = 2 * FOLDS
    guess: Calibration = calibration.UNCALIBRATED

    def targets(self, answers: npt.NDArray[np.intp], names: Sequence[str]) -> Floats:
        """The scores that texts ought to have."""
        if self.kin is None:
            return classifier.targets(answers, len(names))
        families = np.array([self.kin(name) for name in names])
        return classifier.targets(answers, len(names), KINSHIP * (families[:, None] == families).astype(np.float32))


PLAIN = Manner()


@dataclass(frozen=True, slots=True)
class Crossfit:
    """What cross-fitting saw of the training texts themselves: for figures and thresholds."""

    scores: Floats
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

    def among(self, alike: npt.NDArray[np.bool_]) -> Trust | None:
        """Calibration and threshold of the texts marked by themselves; None where they are too few for that."""
        if alike.sum() < REPRESENTATIVE:
            return None
        fitted = calibration.fit(self.scores[alike], self.answers[alike])
        shares = fitted.probabilities(self.scores[alike])
        right = shares.argmax(axis=1) == self.answers[alike]
        return Trust(fitted, calibration.threshold(shares.max(axis=1), right, precision=TRUSTED))


class Trust(NamedTuple):
    """How far scores can be believed, and the probability from which an answer is trusted."""

    calibration: Calibration
    threshold: float


def train(
    table: Table,
    labels: Sequence[str],
    *,
    given: npt.NDArray[np.bool_] | None = None,
    kept: npt.NDArray[np.bool_] | None = None,
    manner: Manner = PLAIN,
    seed: int = 0,
) -> tuple[Head, Crossfit]:
    """Fit a head on labelled texts, its calibration and thresholds on cross-fitted scores.

    Texts marked ``given`` (a taxonomy's names and keywords) are always learnt from and never measured on, texts marked
    ``kept`` the other way round. Raises ``TooFewExamples`` for fewer than two labels.
    """
    names, answers = classifier.encoded(labels)
    if len(names) < 2:
        raise TooFewExamples(f"只有 {len(names)} 个类别，至少需要两个")
    given, kept = (np.zeros(len(answers), bool) if mark is None else mark for mark in (given, kept))
    learnt, real = np.flatnonzero(~kept), np.flatnonzero(~given)
    task = _Task(table, kernel.span(table.meanings, seed=seed), answers, manner.targets(answers, names), manner.penalty)
    whole = task.fitted(learnt)
    if len(real) < manner.least:
        nothing = np.empty((0, len(names)))
        unseen = Crossfit(nothing.astype(np.float32), nothing, np.empty(0, dtype=np.intp))
        return Head(names, whole, manner.guess, _thresholds(unseen, len(names))), unseen
    copies = folds.copies(whole.weighting.matrix(table.rows(real)), seed=seed)
    fold = folds.split(copies, answers[real], FOLDS, seed=seed)
    scores = np.zeros((len(real), len(names)), dtype=np.float32)
    for held in _parts(fold):
        rest = np.setdiff1d(learnt, real[held])
        partly = whole if len(rest) == len(learnt) else task.fitted(rest)
        scores[held] = partly.scores(table.rows(real[held]))
    fitted = calibration.fit(scores, answers[real])
    crossfit = Crossfit(scores, _measured(scores, answers[real], fold, fitted), answers[real])
    return Head(names, whole, fitted, _thresholds(crossfit, len(names))), crossfit


@dataclass(frozen=True, slots=True)
class _Task:
    """Texts, their classes and the scores they ought to have: what a model is fitted on some of."""

    table: Table
    span: Span
    answers: npt.NDArray[np.intp]
    wanted: Floats
    penalty: float

    def fitted(self, texts: npt.NDArray[np.intp]) -> Scorer:
        """A model of these texts."""
        some = self.table.rows(texts)
        weighting = classifier.weigh(some, self.answers[texts], self.wanted.shape[1])
        linear, inner = classifier.fit(
            weighting.matrix(some),
            self.wanted[texts],
            coordinates=self.span.coordinates[texts],
            penalty=self.penalty,
        )
        return Scorer(weighting, linear, self.span.nearness(inner))


def _parts(fold: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
    """The texts of each fold that has any."""
    return [held for number in range(FOLDS) if len(held := np.flatnonzero(fold == number))]


def _measured(scores: Floats, answers: npt.NDArray[np.intp], fold: npt.NDArray[np.intp], fitted: Calibration) -> Shares:
    """The probabilities to measure on."""
    shares = np.asarray(fitted.probabilities(scores))
    if len(answers) < FEW:
        for held in _parts(fold):
            rest = np.setdiff1d(np.arange(len(answers)), held)
            shares[held] = calibration.fit(scores[rest], answers[rest]).probabilities(scores[held])
    return shares


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
