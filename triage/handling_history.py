"""What became of past letters: which unit answered them, and which kind of request they were.

Ridge regression over the text's features, as for categories, and beside them

- for a unit: the place of the text in a space of co-occurrence, learnt from letters and the units' replies to them (a
  reply says what the unit is there for, in its own words), the names of units found in the
  text, and the day it came on;
- for a kind of request: small words by where they stand, and how like the pack's example sentences of the seven kinds
  the text and its parts are.

Labels are of very unlike size. What is likeliest is then nearly always one of the large ones, so the first answer is
chosen with seldom ones favoured, by as much as cross-fitting found good; the others follow by likelihood alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from triage import calibration, classifier, days, features, folds, rarity, request_cues
from triage.calibration import Answers, Calibration, Shares
from triage.classifier import Linear, Weighting
from triage.days import Days
from triage.errors import TooFewExamples
from triage.examples import Labelled
from triage.features import Counts, Floats, Ints, Vocabulary, Words
from triage.request_type import RequestTypes
from triage.unit_names import UnitNames
from triage.words import Cutter
from triage.words import learn as learn_words

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

DIMENSIONS = 100
SPACE = 0.3
"""Share of the space of co-occurrence beside the text's features, as parts of a likeness of one."""
DAYS = 0.1
"""The same of the day it came on, beside a likeness of one."""
TOLD = 0.5
"""The same of the likeness to the pack's examples."""
CUES = 0.2
"""The same of the cues, beside a likeness of one."""
PENALTY = {"unit": 0.2, "request_type": 0.6}
NAMED = 0.4
"""What a unit's whole name in the text adds to its score (the score of the right unit is about 2 above the others')."""
FAVOURS = (0.0, 0.015, 0.03, 0.045, 0.06, 0.09, 0.12, 0.15, 0.18)
"""What a label may be favoured by for each time that it is e times smaller than another."""
EVENNESS = 0.25
"""What the mean F1 over the labels counts beside the share of right answers, where the favour is chosen."""
FOLDS = 4
TRUSTED = 0.99


@dataclass(frozen=True, slots=True)
class Beside:
    """Dense features of a text beside its words: cues, or its place in a space (columns × dimensions)."""

    space: Floats | None
    middle: Floats
    scale: Floats
    weight: float
    plain: float
    """Weight of the words' likeness."""
    days: Days
    kinds: RequestTypes | None = None

    def of(self, words: Words, columns: Ints, values: Floats, day: date | None) -> Floats:
        """The dense features of one text of a day; ``columns`` and ``values`` are its words'."""
        if self.space is None:
            return self.of_marks(_marks(words, self.kinds))
        placed = values @ self.space[columns]
        placed /= max(float(np.sqrt(placed @ placed)), 1e-6)
        return np.concatenate([placed, np.float32(np.sqrt(DAYS / SPACE)) * self.days.of(day)])

    def of_marks(self, marks: Floats) -> Floats:
        """The dense features of one text, or of many, whose marks are known."""
        return np.asarray((marks - self.middle) * self.scale)


@dataclass(frozen=True, slots=True)
class History:
    """Labels learnt from past letters. Read only, safe to share between threads."""

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weighting: Weighting
    beside: Beside
    words: Linear
    dense: Floats
    names: UnitNames | None
    favour: Floats
    calibration: Calibration
    threshold: float
    """The probability from which the first answer was right 99 times of 100; above one: never."""
    accuracy: float
    """The share of right first answers in cross-fitting."""

    def probabilities(self, words: Words, day: date | None = None, counts: Counts | None = None) -> Shares:
        """Probabilities of one text, in the order of ``labels``; ``day`` is the one it came on.

        ``counts`` are those of the text by this history's vocabulary, where somebody has them.
        """
        columns, values = self.weighting.vector(self.vocabulary.counts(words) if counts is None else counts)
        scores = self.words.scores(columns, values) + self.beside.of(words, columns, values, day) @ self.dense
        if self.names is not None:
            scores = scores + NAMED * self.names.found(words.whole)
        return self.calibration.probabilities(_chosen(scores[None, :], self.favour)[0])


def learn(
    rows: Sequence[Labelled],
    target: str,
    cutter: Cutter,
    *,
    vocabulary: Vocabulary | None = None,
    named: Callable[[str], str] = str,
    kinds: RequestTypes | None = None,
    seed: int = 0,
) -> History:
    """A history of labelled letters for ``unit`` or ``request_type``; raises ``TooFewExamples`` below two labels.

    ``vocabulary`` spares one of its own; ``named`` gives the name that texts know a unit by; ``kinds`` are a pack's
    request types, of whose examples other kinds of request learn too.
    """
    labels, answers = classifier.encoded([row.label(target) for row in rows])
    if len(labels) < 2:
        raise TooFewExamples(f"只有 {len(labels)} 个类别，至少需要两个")
    letters = _Letters.of(rows, target, vocabulary or _vocabulary(rows, target, cutter), kinds)
    names = (
        UnitNames.of([named(each) for each in labels], [text.whole for text in letters.texts])
        if target == "unit"
        else None
    )
    wanted = classifier.targets(answers, len(labels))
    fold = folds.split(folds.copies(letters.matrix, seed=seed), answers, FOLDS, seed=seed)
    scores = np.zeros_like(wanted)
    for held in (np.flatnonzero(fold == number) for number in range(FOLDS)):
        rest = np.setdiff1d(np.arange(len(rows)), held)
        if len(held) and len(rest):
            words, dense, beside = letters.fitted(rest, wanted, PENALTY[target])
            scores[held] = words.many(letters.matrix[held]) + letters.beside(beside, held) @ dense
    if names is not None:
        scores += NAMED * np.array([names.found(text.whole) for text in letters.texts])
    favour = _favour(scores, answers)
    chosen = _chosen(scores, favour)
    right = np.asarray(chosen.argmax(axis=1) == answers)
    calibrated = _calibrated(chosen, answers)
    first = np.asarray(calibrated.probabilities(chosen).max(axis=1))
    words, dense, beside = letters.fitted(np.arange(len(rows)), wanted, PENALTY[target])
    return History(
        labels,
        letters.vocabulary,
        letters.weighting,
        beside,
        words,
        dense,
        names,
        favour,
        calibrated,
        calibration.threshold(first, right, precision=TRUSTED),
        float(right.mean()),
    )


@dataclass(frozen=True, slots=True)
class _Letters:
    """Letters as rows of features, their replies likewise where these teach, else what marks each."""

    texts: list[Words]
    days: list[date | None]
    vocabulary: Vocabulary
    weighting: Weighting
    matrix: csr_matrix
    replies: csr_matrix | None
    marks: Floats
    kinds: RequestTypes | None

    @classmethod
    def of(cls, rows: Sequence[Labelled], target: str, vocabulary: Vocabulary, kinds: RequestTypes | None) -> _Letters:
        texts = [features.prepared(row.title, row.text) for row in rows]
        table = features.table(texts, vocabulary)
        weighting = rarity.weigh(table)
        told = weighting.matrix(features.table(_replies(rows), vocabulary)) if target == "unit" else None
        marks = np.array([_marks(text, kinds) for text in texts] if told is None else [], dtype=np.float32)
        days = [row.day for row in rows]
        return cls(texts, days, vocabulary, weighting, weighting.matrix(table), told, marks, kinds)

    def fitted(self, which: npt.NDArray[np.intp], wanted: Floats, penalty: float) -> tuple[Linear, Floats, Beside]:
        """Weights of words and of dense features, learnt from some of the letters and the replies to them."""
        beside = self._learnt_beside(which)
        plain, aside = np.sqrt(np.array([beside.plain, beside.weight], dtype=np.float32))
        words, dense = classifier.fit(
            self.matrix[which] * plain,
            wanted[which],
            coordinates=self.beside(beside, which) * aside,
            penalty=penalty,
            direct=True,
        )
        return Linear(words.weights * plain, words.bias), dense * aside, beside

    def _learnt_beside(self, which: npt.NDArray[np.intp]) -> Beside:
        if self.replies is None:
            return _marked(self.marks[which], self.kinds)
        return _space(self.matrix[which], self.replies[which], days.spanning([self.days[at] for at in which]))

    def beside(self, beside: Beside, which: npt.NDArray[np.intp]) -> Floats:
        """The dense features of some of the letters."""
        if self.replies is None:
            return beside.of_marks(self.marks[which])
        some = self.matrix[which]
        return np.array(
            [
                beside.of(self.texts[at], row.indices, row.data, self.days[at])
                for at, row in zip(which, some, strict=True)
            ]
        )


def _replies(rows: Sequence[Labelled]) -> list[Words]:
    return [features.prepared("", row.reply) for row in rows]


def _vocabulary(rows: Sequence[Labelled], target: str, cutter: Cutter) -> Vocabulary:
    """The features of letters, and of the replies where these teach."""
    texts = [features.prepared(row.title, row.text) for row in rows]
    if target == "unit":
        texts += _replies(rows)
    lexicon = learn_words([part for text in texts for part in (text.title, text.body.text) if part], cutter)
    return features.build(texts, lexicon)


def _space(matrix: csr_matrix, replies: csr_matrix, spanned: Days) -> Beside:
    """The space that letters and replies span together."""
    from scipy.sparse import vstack
    from scipy.sparse.linalg import svds

    both = vstack([matrix, replies]).tocsr()
    size = min(DIMENSIONS, min(both.shape) - 1)
    start = np.random.default_rng(0).standard_normal(min(both.shape)).astype(np.float32)
    space = np.ascontiguousarray(svds(both, k=size, v0=start)[2].T, dtype=np.float32)
    return Beside(space, np.empty(0, np.float32), np.empty(0, np.float32), SPACE, 1 - SPACE, spanned)


def _marks(words: Words, kinds: RequestTypes | None) -> Floats:
    """The cues in a text, and how like the examples of the pack's kinds it is."""
    cues = request_cues.found(words)
    return np.concatenate([cues, kinds.alike(words.title, words.body.text)]) if kinds is not None else cues


def _marked(marks: Floats, kinds: RequestTypes | None) -> Beside:
    """Marks of like spread; a cue that hardly any text has is left out."""
    spread = marks.std(axis=0)
    is_cue = np.arange(marks.shape[1]) < request_cues.SIZE
    used = (spread > 0) & (~is_cue | (marks.sum(axis=0) >= FOLDS))
    share = np.where(is_cue, 1, TOLD / CUES) / np.where(is_cue, max((used & is_cue).sum(), 1), (~is_cue).sum())
    scale = np.divide(np.sqrt(share), spread, out=np.zeros(len(spread)), where=used)
    return Beside(None, marks.mean(axis=0), scale.astype(np.float32), CUES, 1.0, days.spanning([]), kinds)


def _chosen(scores: Floats, favour: Floats) -> Floats:
    """The scores with the favoured first raised above all, by as much as it leads where all are favoured."""
    at = np.arange(len(scores))
    favoured = scores + favour
    first = favoured.argmax(axis=1)
    lead = favoured[at, first] - np.partition(favoured, -2, axis=1)[:, -2]
    raised = scores.copy()
    raised[at, first] = -np.inf
    raised[at, first] = raised.max(axis=1) + lead
    return raised


def _favour(scores: Floats, answers: Answers) -> Floats:
    """What each label is favoured by: the choice of ``FAVOURS`` that cross-fitted answers came out best with."""
    size = np.log(np.bincount(answers, minlength=scores.shape[1]).astype(np.float32) + 0.5)
    return max((-each * size for each in FAVOURS), key=lambda favour: _worth((scores + favour).argmax(axis=1), answers))


def _worth(said: Answers, answers: Answers) -> float:
    hits = np.bincount(answers[said == answers], minlength=int(max(said.max(), answers.max())) + 1)
    both = np.bincount(said, minlength=len(hits)) + np.bincount(answers, minlength=len(hits))
    present = np.bincount(answers, minlength=len(hits)) > 0
    return float((said == answers).mean() + EVENNESS * (2 * hits[present] / both[present]).mean())


def _calibrated(scores: Floats, answers: Answers) -> Calibration:
    """The likeliest temperature, and for the first answer a sigmoid of its log-odds and its lead.

    No offset a label, as ``calibration.fit`` gives few labels: it would take back what seldom ones are favoured by.
    """
    from sklearn.linear_model import LogisticRegression

    at = np.arange(len(answers))
    wide = scores.astype(np.float64)

    def loss(temperature: float) -> float:
        return -float(np.log(classifier.softmax(temperature * wide)[at, answers] + 1e-12).sum())

    temperature = float(min(np.geomspace(0.5, 30, 40), key=loss))
    ordered = np.sort(classifier.softmax(temperature * wide), axis=1)
    top, second = np.clip(ordered[:, -1], 1e-9, 1 - 1e-6), np.maximum(ordered[:, -2], 1e-6)
    right = scores.argmax(axis=1) == answers
    if right.all() or not right.any():
        return Calibration(temperature, (), 1.0, 0.0, 0.0)
    signs = np.column_stack([np.log(top / (1 - top)), np.log(top / second)])
    for used in ([1, 1], [0, 1], [1, 0]):
        fitted = LogisticRegression(C=10).fit(signs * used, right)
        slope, lead = (float(each) for each in fitted.coef_[0])
        if slope >= 0 and lead >= 0:  # trusting the surer text less is noise
            return Calibration(temperature, (), slope, lead, float(fitted.intercept_[0]))
    return Calibration(temperature, (), 1.0, 0.0, 0.0)
