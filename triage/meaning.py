"""What a text means by the company its words keep: a point near those of texts that say the same in other words.

Words that stand near the same others get near points: positive pointwise mutual information of words within a stretch
of text, reduced by a singular value decomposition (Levy and Goldberg 2014). A text is the mean of its words' points,
frequent ones counting less, without what all texts share (Arora, Liang and Ma 2017). Learnt from texts without labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = npt.NDArray[np.float32]

DIMENSIONS = 200
STRETCH, OVERLAP = 12, 4
"""Words of one stretch, and how many of the next one's it holds besides."""
AT_LEAST = 5
"""Stretches that a word must stand in to get a point."""
TOGETHER = 2
"""Stretches that a pair must share: what met once met by chance, and takes most of the time."""
COMMON = 1e-3
"""Share of all words at which a word counts half."""
SMOOTHED = 0.75
"""Power of the frequency of a word's company: without it rare words are near to all that stand beside them."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Points of words, and where a text's point is measured from. Read only, safe to share between threads.

    ``points`` (words × dimensions) are weighted by rarity already.
    """

    number: dict[str, int]
    points: Floats
    middle: Floats
    shared: Floats

    def of(self, words: Iterable[str]) -> Floats:
        """The text's point, of length one (dimensions,); zeros where no word has one."""
        if not (seen := self._seen(words)):
            return np.zeros(self.points.shape[1], dtype=np.float32)
        point = self._sum(seen) - self.middle
        point -= (point @ self.shared) * self.shared
        length = float(np.sqrt(point @ point))
        return np.asarray(point / length if length > 0 else point, dtype=np.float32)

    def sum(self, words: Iterable[str]) -> Floats:
        """The weighted sum of the words' points, from which ``middle`` and ``shared`` are learnt (dimensions,)."""
        return self._sum(self._seen(words))

    def _seen(self, words: Iterable[str]) -> Counter[int]:
        """Numbers of the words that have a point, and how often; where no word has one, ``words`` are not looked at."""
        return Counter(at for word in words if (at := self.number.get(word)) is not None) if self.number else Counter()

    def _sum(self, seen: Counter[int]) -> Floats:
        times = 1 + np.log(np.fromiter(seen.values(), dtype=np.float32, count=len(seen)))
        return np.asarray(times @ self.points[list(seen)])

    def vocabulary(self) -> list[str]:
        """The words in the order of their points."""
        return sorted(self.number, key=self.number.__getitem__)


NOTHING = Meaning({}, np.zeros((0, 1), np.float32), np.zeros(1, np.float32), np.zeros(1, np.float32))
"""Where there was too little text to learn from."""


def learn(texts: Sequence[Sequence[str]], *, seed: int = 0) -> Meaning:
    """Points for the words of ``texts`` (each a list of words); ``NOTHING`` where hardly a word is frequent enough."""
    number, counts, beside = _stretches(texts)
    if len(number) <= DIMENSIONS:
        return NOTHING
    points = _reduced(beside, seed)
    share = counts / counts.sum()
    points *= (COMMON / (COMMON + share))[:, None]
    raw = Meaning(number, points, np.zeros(DIMENSIONS, np.float32), np.zeros(DIMENSIONS, np.float32))
    sums = np.stack([raw.sum(words) for words in texts])
    middle = sums.mean(axis=0)
    shared = np.linalg.eigh((sums - middle).T @ (sums - middle))[1][:, -1]
    return Meaning(number, points, middle.astype(np.float32), shared.astype(np.float32))


def _stretches(texts: Sequence[Sequence[str]]) -> tuple[dict[str, int], Floats, csr_matrix]:
    """The words kept, how many stretches each stands in, and a row of the words of each stretch."""
    from scipy.sparse import csr_matrix

    cut = [
        set(words[at : at + STRETCH + OVERLAP])
        for words in texts
        for at in range(0, max(len(words) - OVERLAP, 1), STRETCH)
    ]
    often = Counter(word for stretch in cut for word in stretch)
    kept = sorted(word for word, count in often.items() if count >= AT_LEAST)
    number = {word: at for at, word in enumerate(kept)}
    columns = [sorted(number[word] for word in stretch if word in number) for stretch in cut]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    joined = np.fromiter((at for row in columns for at in row), dtype=np.int32, count=int(starts[-1]))
    matrix = csr_matrix((np.ones(len(joined), np.float32), joined, starts), shape=(len(cut), len(kept)))
    return number, np.array([often[word] for word in kept], dtype=np.float32), matrix


def _reduced(beside: csr_matrix, seed: int) -> Floats:
    """Unit points of words from the stretches they stand in."""
    from scipy.sparse import csr_matrix
    from sklearn.utils.extmath import randomized_svd

    counts = np.asarray(beside.sum(axis=0)).ravel()
    company = counts**SMOOTHED
    company *= counts.sum() / company.sum()
    pairs = (beside.T @ beside).tocoo()
    apart = (pairs.row != pairs.col) & (pairs.data >= TOGETHER)
    rows, columns = pairs.row[apart], pairs.col[apart]
    surprise = np.log(pairs.data[apart] * beside.shape[0] / (counts[rows] * company[columns]))
    kept = surprise > 0
    matrix = csr_matrix(
        (surprise[kept].astype(np.float32), (rows[kept], columns[kept])), shape=(len(counts), len(counts))
    )
    left, size, _ = randomized_svd(matrix, DIMENSIONS, n_iter=2, random_state=seed)
    points = (left * np.sqrt(size)).astype(np.float32)
    return np.asarray(points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9), dtype=np.float32)
