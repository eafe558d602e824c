"""Classifying before anything is labelled: from the taxonomy's own words, and texts without labels.

Three readings of the taxonomy score a text: the class's words together, the nearest line, and the class in a space of
co-occurrence learnt from unlabelled text (so that words the taxonomy never says can speak for a class). Their sum
names the surest texts of each class, the same number for each, and a student learns from those; seeds and student
answer together (figures in docs/triage.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from triage import classifier, features
from triage.calibration import Calibration, Shares
from triage.classifier import Linear, Weighting
from triage.examples import Heading
from triage.features import Counts, Floats, Table, Vocabulary, Words
from triage.text import mask
from triage.words import Cutter, learn

DIMENSIONS = 200
SUREST = 100
"""Unlabelled texts a class that the student learns from."""
GUESSED = Calibration(1.1, (), 1.0, 0.0, 0.0)
GUESSED_ALONE = Calibration(1.7, (), 1.0, 0.0, 0.0)
"""Without labels nothing can be calibrated: temperatures, with a student and without one, that were about right on
one development set."""


@dataclass(frozen=True, slots=True)
class Seeds:
    """What the taxonomy says: lines and classes as rows of weights, plain and in the co-occurrence space."""

    lines: Floats
    line_class: npt.NDArray[np.intp]
    classes: Floats
    space: Floats
    spaced: Floats

    def readings(self, inputs: Floats) -> list[Floats]:
        """Three scores a class for texts given as dense rows over the columns in use."""
        near = inputs @ self.lines.T
        nearest = np.stack([near[:, self.line_class == each].max(axis=1) for each in range(len(self.classes))], axis=1)
        spaced = _even(inputs @ self.space)
        return [inputs @ self.classes.T, nearest, spaced @ self.spaced.T]


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A classifier made without any label; ``probabilities`` as a ``Head`` gives them."""

    labels: tuple[str, ...]
    plain: Weighting
    seeds: Seeds
    scales: tuple[float, ...]
    student_weighting: Weighting
    student: Linear

    def probabilities(self, counts: Counts) -> Shares:
        """Probabilities of one text, in the order of ``labels``. A guess: they could not be calibrated."""
        columns, values = self.plain.vector(counts)
        readings = _readings_of(self.seeds, columns, values)
        total = sum(reading / scale for reading, scale in zip(readings, self.scales, strict=False))
        if not np.isfinite(self.scales[3]):
            return GUESSED_ALONE.probabilities(np.asarray(total))
        own = self.student.scores(*self.student_weighting.vector(counts))
        return GUESSED.probabilities(np.asarray(total / self.scales[4] + own / self.scales[3]))


def _readings_of(seeds: Seeds, columns: npt.NDArray[np.int32], values: Floats) -> list[Floats]:
    small = Seeds(
        seeds.lines[:, columns], seeds.line_class, seeds.classes[:, columns], seeds.space[columns], seeds.spaced
    )
    return [reading[0] for reading in small.readings(values[None, :])]


def _even(rows: Floats) -> Floats:
    length = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0), dtype=np.float32)


def text_of(heading: Heading) -> str:
    """A line of the taxonomy as a text: its path, its own name once more, and all that describes it."""
    own = (*heading.path, heading.path[-1], *heading.keywords, heading.description, *heading.examples)
    return " ".join(part for part in own if part)


def make(
    headings: Sequence[tuple[str, Heading]], unlabelled: Sequence[Words], cutter: Cutter
) -> tuple[ColdStart, Vocabulary]:
    """A classifier from (label, line of the taxonomy) pairs and unlabelled texts (may be none)."""
    labels, line_class = classifier.encoded([label for label, _ in headings])
    lines = [features.prepared("", text_of(heading)) for _, heading in headings]
    masked = [words.body.text for words in unlabelled] + [mask(text_of(heading)) for _, heading in headings] * 2
    # every line counts twice, so that words only the taxonomy uses have a column
    vocabulary = features.build([*unlabelled, *lines, *lines], learn(masked, cutter), at_most=120_000)
    told = features.table(lines, vocabulary)
    seen = features.table(unlabelled, vocabulary) if unlabelled else told
    plain = _rarity(seen)
    seeds = _seeds(plain, told, seen, line_class, len(labels))
    readings = _blocks(seeds, plain, seen)
    scales = [max(float(reading.std()), 1e-6) for reading in readings]
    total = sum(reading / scale for reading, scale in zip(readings, scales, strict=True))
    total = np.asarray(total)
    spread = max(float(total.std()), 1e-6)
    if not unlabelled:
        nothing = Linear(np.zeros((len(vocabulary), len(labels)), dtype=np.float32), np.zeros(len(labels), np.float32))
        return ColdStart(labels, plain, seeds, (*scales, float("inf"), spread), plain, nothing), vocabulary
    weighting, student = _student(total / spread, seen, told, line_class)
    own = student.many(weighting.matrix(seen))
    return ColdStart(
        labels, plain, seeds, (*scales, max(float(own.std()), 1e-6), spread), weighting, student
    ), vocabulary


def _rarity(table: Table) -> Weighting:
    spread = sum(np.asarray((block > 0).sum(axis=0)).ravel() for block in table.blocks)
    idf = np.log((1 + len(table)) / (1 + np.asarray(spread))) + 1
    return Weighting(np.where(np.asarray(spread) >= 1, idf, idf.max()).astype(np.float32), 0.0)


def _seeds(plain: Weighting, told: Table, seen: Table, line_class: npt.NDArray[np.intp], classes: int) -> Seeds:
    from scipy.sparse.linalg import svds

    told_rows = plain.matrix(told)
    lines = np.asarray(told_rows.todense(), dtype=np.float32)
    matrix = plain.matrix(seen)
    size = min(DIMENSIONS, min(matrix.shape) - 1)
    start = np.random.default_rng(0).standard_normal(min(matrix.shape)).astype(np.float32)
    space = np.ascontiguousarray(svds(matrix, k=size, v0=start)[2].T, dtype=np.float32)
    spaced = _even(np.asarray(told_rows @ space, dtype=np.float32))
    return Seeds(
        lines, line_class, _even(_sums(lines, line_class, classes)), space, _even(_sums(spaced, line_class, classes))
    )


def _sums(rows: Floats, which: npt.NDArray[np.intp], classes: int) -> Floats:
    return np.stack([rows[which == each].sum(axis=0) for each in range(classes)])


def _blocks(seeds: Seeds, plain: Weighting, table: Table) -> list[Floats]:
    """Readings of many texts, some hundred at a time: dense rows are large."""
    matrix = plain.matrix(table)
    parts = [
        seeds.readings(np.asarray(matrix[at : at + 256].todense(), dtype=np.float32))
        for at in range(0, matrix.shape[0], 256)
    ]
    return [np.concatenate(each) for each in zip(*parts, strict=True)]


def _student(scores: Floats, seen: Table, told: Table, line_class: npt.NDArray[np.intp]) -> tuple[Weighting, Linear]:
    from scipy.sparse import vstack

    first = scores.argmax(axis=1)
    ordered = np.sort(scores, axis=1)
    lead = ordered[:, -1] - ordered[:, -2] if scores.shape[1] > 1 else ordered[:, -1]
    classes = scores.shape[1]
    chosen: list[int] = []
    for each in range(classes):
        members = np.flatnonzero(first == each)
        chosen.extend(int(text) for text in members[np.argsort(-lead[members], kind="stable")[:SUREST]])
    picked = seen.rows(np.array(chosen, dtype=np.intp))
    blocks = tuple(vstack([one, two]).tocsr() for one, two in zip(picked.blocks, told.blocks, strict=True))
    both = Table(blocks, np.concatenate([picked.unknown, told.unknown]))
    answers = np.concatenate([first[chosen], line_class]).astype(np.intp)
    weighting = classifier.weigh(both, answers, classes)
    return weighting, classifier.fit(weighting.matrix(both), classifier.targets(answers, classes))[0]
