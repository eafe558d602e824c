"""Classifying before anything is labelled: from the taxonomy, what residents say for its words, and unlabelled texts.

The taxonomy's lines and the civic words that its names call up (``civic_words``) are what is told. Three readings of
it score a text: the words found in it as they stand; the three nearest lines of a class; and these once more in a
space of co-occurrence learnt from unlabelled text, so that words nobody told can speak for a class. Their sum says how
likely each unlabelled text is of each class, and from these shares every feature learns for which class it speaks: the
fourth reading (figures in docs/triage.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from triage import civic_words, classifier, features, rarity, word_columns
from triage.calibration import Calibration, Shares
from triage.classifier import Weighting
from triage.examples import Heading
from triage.features import Floats, Ints, Table, Vocabulary, Words
from triage.text import Lexicon, mask
from triage.word_columns import WordColumns
from triage.words import Cutter, learn

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

SILENT = {"其他"}
"""Names that say nothing."""
DECIDES = 2.0
"""How much more a decisive word counts."""
DIMENSIONS = 200
NEAREST = 3
"""Lines of a class that a text is compared with: one alone is often near by chance."""
SURENESS = 4.0
"""How sharply the readings' sum, spread one, is taken for shares of the unlabelled texts."""
DOUBT = 3.0
"""Texts without an opinion that each feature is thought to have been seen in."""
LEARNT = 0.35
"""Weight of what the unlabelled texts taught beside what was told."""
GUESSED = Calibration(1.8, (), 1.0, 0.0, 0.0)
GUESSED_ALONE = Calibration(5.0, (), 1.0, 0.0, 0.0)
"""Without labels nothing can be calibrated: temperatures, with unlabelled text and without, that were about right on
one development set."""


class Sayings:
    """Words that speak for classes wherever a text holds them, the longest first. Safe to share between threads."""

    def __init__(
        self,
        lines: Sequence[tuple[int, Sequence[str]]],
        classes: int,
        texts: Sequence[str],
        decisive: Container[str] = (),
    ) -> None:
        """``lines``: a class and its words. A word is rarer the fewer ``texts`` hold it; several classes share it.

        Words that are ``decisive`` count for more.
        """
        said: dict[str, set[int]] = {}
        for number, words in lines:
            for word in words:
                said.setdefault(word, set()).add(number)
        self._at = {word: at for at, word in enumerate(said)}
        self._prefixes = {word[:size] for word in said for size in range(1, len(word) + 1)}
        spread = np.zeros(len(said))
        for text in texts:
            spread[list(self._found(text))] += 1
        self._rarity = np.log((1 + len(texts)) / (1 + spread)) if texts else np.ones(len(said))
        self._rarity = self._rarity * [DECIDES if word in decisive else 1 for word in said]
        self._shares = np.zeros((len(said), classes))
        for at, numbers in enumerate(said.values()):
            self._shares[at, list(numbers)] = len(numbers) ** -0.5

    def _found(self, text: str) -> Counter[int]:
        """Numbers of the words found, and how often."""
        found: Counter[int] = Counter()
        start, size = 0, len(text)
        while start < size:
            end, best, after = start + 1, -1, start + 1
            while end <= size and (part := text[start:end]) in self._prefixes:
                if part in self._at:
                    best, after = self._at[part], end
                end += 1
            if best >= 0:
                found[best] += 1
            start = after
        return found

    def reading(self, text: str) -> Floats:
        """A score a class, of a masked text."""
        found = self._found(text)
        at = np.fromiter(found, dtype=np.intp, count=len(found))
        values = (1 + np.log(np.fromiter(found.values(), dtype=np.float64, count=len(found)))) * self._rarity[at]
        return np.asarray(values @ self._shares[at] / (1 + np.sqrt(values @ values)), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Columns:
    """Features of a text: runs of characters, and words after them; both count alike."""

    runs: Vocabulary
    weighting: Weighting
    words: WordColumns

    def vector(self, words: Words) -> tuple[Ints, Floats]:
        """Columns and values of one text."""
        columns, values = self.weighting.vector(self.runs.counts(words))
        cut, weights = self.words.vector(words)
        joined = np.concatenate([values, weights]) * np.float32(np.sqrt(0.5))
        return np.concatenate([columns, cut + np.int32(len(self.runs))]), joined

    def matrix(self, texts: Sequence[Words]) -> csr_matrix:
        """The same for many texts: a row a text."""
        return self.joined(features.table(texts, self.runs), texts)

    def joined(self, table: Table, texts: Sequence[Words]) -> csr_matrix:
        """The same where the table of their runs is at hand."""
        from scipy.sparse import csr_matrix, hstack

        both = [self.weighting.matrix(table), self.words.matrix(texts)]
        return csr_matrix(hstack(both) * np.float32(np.sqrt(0.5)))


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines told, as rows of weights over the columns they use, and in the space of co-occurrence (if there is one)."""

    line_class: npt.NDArray[np.intp]
    place: Ints
    """Where each column of the vocabulary stands in ``rows``; -1 where no line uses it."""
    rows: Floats
    space: Floats
    spaced: Floats

    def readings(self, columns: Ints, values: Floats) -> list[Floats]:
        """Scores a class of one text."""
        place = self.place[columns]
        told = place >= 0
        scores = [self._nearest(self.rows[:, place[told]] @ values[told])]
        if self.space.shape[1]:
            scores.append(self._nearest(self.spaced @ _even(values @ self.space[columns])))
        return scores

    def _nearest(self, likeness: Floats) -> Floats:
        """The mean of each class's nearest lines."""
        classes = int(self.line_class.max()) + 1
        near = [np.sort(likeness[self.line_class == each])[-NEAREST:].mean() for each in range(classes)]
        return np.array(near, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class ColdStart:
    """A classifier made without any label."""

    labels: tuple[str, ...]
    columns: Columns
    sayings: Sayings
    lines: Lines
    scales: Floats
    learnt: Floats | None = None
    """Weights (columns × classes) learnt from unlabelled texts."""
    learnt_scale: float = 1.0

    def told(self, words: Words, columns: Ints, values: Floats) -> Floats:
        """What the told words say of a text: the sum of the readings."""
        readings = [self.sayings.reading(words.whole), *self.lines.readings(columns, values)]
        return np.asarray(np.stack(readings).T @ (1 / self.scales[: len(readings)]), dtype=np.float32)

    def probabilities(self, words: Words) -> Shares:
        """Probabilities of one text, in the order of ``labels``. A guess: they could not be calibrated."""
        columns, values = self.columns.vector(words)
        scores = self.told(words, columns, values)
        if self.learnt is None:
            return GUESSED_ALONE.probabilities(scores)
        return GUESSED.probabilities(scores + values @ self.learnt[columns] / self.learnt_scale)


def _even(rows: Floats) -> Floats:
    length = np.sqrt((rows * rows).sum(axis=-1, keepdims=True))
    return np.asarray(np.divide(rows, length, out=np.zeros_like(rows), where=length > 0), dtype=np.float32)


def text_of(heading: Heading) -> str:
    """A line of the taxonomy as a text: its path, its own name once more, and all that describes it."""
    own = (*heading.path, heading.path[-1], *heading.keywords, heading.description, *heading.examples)
    return " ".join(part for part in own if part)


def make(headings: Sequence[tuple[str, Heading]], unlabelled: Sequence[Words], cutter: Cutter) -> ColdStart:
    """A classifier from (label, line of the taxonomy) pairs and unlabelled texts (may be none)."""
    civic = civic_words.said(headings)
    labels, line_class = classifier.encoded([label for label, _ in (*headings, *civic)])
    told = [mask(text_of(heading)) for _, heading in (*headings, *civic)]
    lines = [features.prepared("", text) for text in told]
    # every line counts twice, so that words only the lines use have a column
    lexicon = learn([*(part for words in unlabelled for part in (words.title, words.body.text)), *told, *told], cutter)
    columns, matrix = _columns(lines, unlabelled, lexicon)
    sayings = Sayings(
        [
            (number, _words(heading, cutter))
            for number, (_, heading) in zip(line_class, (*headings, *civic), strict=True)
        ],
        len(labels),
        [words.whole for words in unlabelled],
        {mask(word) for word in civic_words.decisive()},
    )
    made = ColdStart(
        labels,
        columns,
        sayings,
        _lines(columns.matrix(lines), line_class, matrix if unlabelled else None),
        np.ones(3, dtype=np.float32),
    )
    return _scaled(made, unlabelled or lines, matrix, learn_too=bool(unlabelled))


def _columns(lines: Sequence[Words], unlabelled: Sequence[Words], lexicon: Lexicon) -> tuple[Columns, csr_matrix]:
    """Columns of what the lines and several unlabelled texts hold, and the rows of the latter (else of the lines)."""
    # every line counts twice, so that runs only the lines use have a column
    runs = features.build([*unlabelled, *lines, *lines], lexicon, at_most=120_000)
    seen = unlabelled or lines
    table = features.table(seen, runs)
    columns = Columns(runs, rarity.weigh(table), word_columns.build(lines, seen, lexicon))
    return columns, columns.joined(table, seen)


def _words(heading: Heading, cutter: Cutter) -> list[str]:
    """The words of a line that are looked for as they stand: its keywords, and the words of its names."""
    names = [word for name in heading.path for word in cutter.cut(mask(name)) if len(word) > 1 and word not in SILENT]
    return [mask(word) for word in heading.keywords] + names


def _lines(rows: csr_matrix, line_class: npt.NDArray[np.intp], matrix: csr_matrix | None) -> Lines:
    from scipy.sparse.linalg import svds

    used = np.flatnonzero(np.asarray((rows > 0).sum(axis=0)).ravel())
    place = np.full(rows.shape[1], -1, dtype=np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    dense = np.asarray(rows[:, used].todense(), dtype=np.float32)
    space = np.empty((rows.shape[1], 0), dtype=np.float32)
    if matrix is not None and matrix.shape[0] > 2:
        start = np.random.default_rng(0).standard_normal(min(matrix.shape)).astype(np.float32)
        size = min(DIMENSIONS, min(matrix.shape) - 1)
        space = np.ascontiguousarray(svds(matrix, k=size, v0=start)[2].T, dtype=np.float32)
    return Lines(line_class, place, dense, space, _even(np.asarray(rows @ space, dtype=np.float32)))


def _scaled(made: ColdStart, texts: Sequence[Words], matrix: csr_matrix, *, learn_too: bool) -> ColdStart:
    """The same with readings of like spread over the texts, and with what unlabelled texts teach."""
    rows = [(matrix[at].indices, matrix[at].data) for at in range(len(texts))]
    several = [
        [made.sayings.reading(words.whole), *made.lines.readings(*row)] for words, row in zip(texts, rows, strict=True)
    ]
    readings = np.array(several, dtype=np.float32)
    scales = np.maximum(readings.std(axis=(0, 2)), 1e-6)
    total = np.einsum("trc,r->tc", readings, 1 / scales)
    scales = scales * max(float(total.std()), 1e-6)
    total = total / max(float(total.std()), 1e-6)
    if not learn_too:
        return replace(made, scales=scales)
    learnt = _odds(matrix, classifier.softmax(SURENESS * total))
    own = float((matrix @ learnt).std())
    return replace(made, scales=scales, learnt=learnt, learnt_scale=max(own, 1e-6) / LEARNT)


def _odds(matrix: csr_matrix, shares: Shares) -> Floats:
    """How much more than its due each class has of a column, as log-odds: classes count alike, however many texts."""
    from scipy.sparse import csr_matrix

    even = shares / np.maximum(shares.sum(axis=0), 1e-9) * len(shares) / shares.shape[1]
    present = csr_matrix((matrix > 0).astype(np.float32))
    due = 1 / shares.shape[1]
    together = np.asarray(present.T @ even) + DOUBT * due
    odds = np.log(together / together.sum(axis=1, keepdims=True) / due)
    odds[np.asarray(present.sum(axis=0)).ravel() < DOUBT] = 0
    return np.asarray(odds, dtype=np.float32)
