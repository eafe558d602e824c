"""What answers such questions got: the one thing the second stage knows that no shared word shows.

Questions and articles are read into one space of a few dozen dimensions. The articles' side is what their texts have in
common (latent semantic analysis, Deerwester et al. 1990); the questions' side is a ridge regression from a question's
grams to the place of the answer it got. An article's affinity to a question is how much nearer it lies to where the
question points than to where questions usually point, in units of how much these differ for this article.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from knowledge.analysis import fold
from knowledge.features import Candidate

Floats = NDArray[np.float32]
Liking = Callable[[Candidate], float]

DIMENSIONS = 64
MOST_GRAMS = 30_000
"""Grams that questions, and articles, are read by; at four bytes a dimension each side takes 8 MB at most."""
REMEMBERED = 10_000
"""Articles whose place is kept."""
RIDGE = 1.0

_GAP = re.compile(r"[^\w]+")


def plain(text: str) -> str:
    """Folded, punctuation as single blanks: as a view has its text."""
    return _GAP.sub(" ", fold(text))


def _grams(text: str) -> list[str]:
    return [*text, *map("".join, pairwise(text))]


class Reader(NamedTuple):
    """Reads a text into the space: grams weighted as ``(1 + log count) * rarity``, of length 1, times ``matrix``."""

    places: Mapping[str, int]
    rarity: Floats
    matrix: Floats

    def read(self, text: str) -> Floats:
        """Where the text lies; the middle (nought) without known grams. ``text`` is plain."""
        counts = Counter(gram for gram in _grams(text) if gram in self.places)
        at = [self.places[gram] for gram in counts]
        weights = (1 + np.log(np.array([*counts.values()], dtype=np.float32))) * self.rarity[at]
        size = float(np.sqrt(weights @ weights)) or 1.0
        return np.asarray(weights @ self.matrix[at] / size, dtype=np.float32)

    def to_values(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {"grams": [*self.places], "rarity": _packed(self.rarity), "matrix": _packed(self.matrix)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Reader:
        """The way back."""
        rarity, matrix = _unpacked(values["rarity"]), _unpacked(values["matrix"])
        return cls({gram: at for at, gram in enumerate(values["grams"])}, rarity, matrix.reshape(len(rarity), -1))


@dataclass(frozen=True)
class Affinity:
    """``usual`` is where questions point on an average, ``varied`` the covariance of it (dimensions by dimensions).

    ``alone`` and ``whole`` are what an affinity of 1 adds to a score, for a question and for a message with a title.
    """

    questions: Reader
    articles: Reader
    usual: Floats
    varied: Floats
    alone: float = 0.0
    whole: float = 0.0
    _known: dict[int, Floats] = field(default_factory=dict, compare=False, repr=False)

    def weighing(self, alone: float, whole: float) -> Affinity:
        """The same with these weights."""
        return replace(self, alone=alone, whole=whole)

    def liking(self, text: str, *, whole: bool) -> Liking:
        """What a question adds to each candidate's score."""
        weight = self.whole if whole else self.alone
        return partial(self._liked, self.questions.read(plain(text)) * np.float32(weight), self.usual * weight)

    def _liked(self, pointed: Floats, usual: Floats, candidate: Candidate) -> float:
        return float((pointed - usual) @ self.place(candidate.view.text))

    def of(self, pointed: Floats, text: str) -> float:
        """The affinity of an article (plain text) to a question that points there."""
        return float((pointed - self.usual) @ self.place(text))

    def place(self, text: str) -> Floats:
        """Where an article lies, in units of how much questions differ in its direction."""
        key = hash(text)
        known = self._known.get(key)
        if known is None:
            there = self.articles.read(text)
            known = there / np.float32(np.sqrt(max(float(there @ self.varied @ there), 1e-12)))
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[key] = known
        return known

    def to_values(self) -> dict[str, Any]:
        """As JSON holds it."""
        return {
            "questions": self.questions.to_values(),
            "articles": self.articles.to_values(),
            "usual": _packed(self.usual),
            "varied": _packed(self.varied),
            "weights": [self.alone, self.whole],
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Affinity:
        """The way back."""
        readers = Reader.from_values(values["questions"]), Reader.from_values(values["articles"])
        usual, varied = _unpacked(values["usual"]), _unpacked(values["varied"])
        alone, whole = map(float, values["weights"])
        return cls(*readers, usual, varied.reshape(len(usual), -1), alone, whole)


class Learnt(NamedTuple):
    """An affinity without weights, and where each lesson points by what the other half of the lessons taught: its
    question alone and its whole message.
    """

    affinity: Affinity
    alone: Floats
    whole: Floats


def learn(
    questions: Sequence[str], messages: Sequence[str], answers: Sequence[str], collection: Sequence[str]
) -> Learnt:
    """From questions, the whole messages they stand above (the same where there is no more) and their answers;
    ``collection`` are texts of the articles. All of them are plain. Needs scikit-learn; a few seconds.
    """
    from sklearn.decomposition import TruncatedSVD

    theirs = _vectorizer(max_df=0.5)
    articles = theirs.fit_transform(collection)
    space: Any = TruncatedSVD(min(DIMENSIONS, min(articles.shape) - 1), algorithm="arpack", random_state=0)
    space.fit(articles)
    ours = _vectorizer(max_df=1.0)
    both = ours.fit_transform([*questions, *messages])
    places = space.transform(theirs.transform(answers))
    targets = np.vstack([places, places]) - places.mean(0)
    half = np.arange(len(targets)) % len(questions) % 2
    pointed = np.zeros_like(targets)
    for here in (0, 1):
        pointed[half == here] = both[half == here] @ _ridge(both[half != here], targets[half != here])
    affinity = Affinity(
        _reader(ours, _ridge(both, targets)),
        _reader(theirs, space.components_.T),
        pointed.mean(0).astype(np.float32),
        np.cov(pointed.T).astype(np.float32),
    )
    return Learnt(affinity, *np.split(pointed.astype(np.float32), 2))


def _ridge(rows: Any, targets: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights (grams by dimensions) of the ridge regression, by its dual: there are fewer lessons than grams."""
    likeness = (rows @ rows.T).toarray()
    return np.asarray(rows.T @ np.linalg.solve(likeness + RIDGE * np.eye(len(likeness)), targets))


def _vectorizer(*, max_df: float) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_grams, min_df=2, max_df=max_df, max_features=MOST_GRAMS, sublinear_tf=True)


def _reader(vectorizer: Any, matrix: NDArray[np.float64]) -> Reader:
    grams = vectorizer.get_feature_names_out()
    return Reader(
        {str(gram): at for at, gram in enumerate(grams)},
        vectorizer.idf_.astype(np.float32),
        np.ascontiguousarray(matrix, dtype=np.float32),
    )


def _packed(values: Floats) -> str:
    return base64.b64encode(values.astype("<f4").tobytes()).decode()


def _unpacked(text: str) -> Floats:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)
