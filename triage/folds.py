"""Folds for cross-fitting in which near copies stay together.

A copy in the training part makes the held-out text look easy, so that probabilities would promise too much. Copies
are found by MinHash over the features (candidates) and the cosine of the texts (certainty).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

BANDS = 12
ROWS = 3
NEAR = 0.6
LARGEST_BUCKET = 40
"""Texts of one bucket compared with its first; a larger bucket holds a stock phrase, not copies."""


def copies(matrix: csr_matrix, *, near: float = NEAR, seed: int = 0) -> npt.NDArray[np.intp]:
    """A group number a text; texts whose cosine exceeds ``near`` share one (nearly all: candidates are by chance)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    size = matrix.shape[0]
    rng = np.random.default_rng(seed)
    filled = np.flatnonzero(np.diff(matrix.indptr))
    pairs: set[tuple[int, int]] = set()
    for _ in range(BANDS):
        band = np.zeros(len(filled), dtype=np.uint64)
        for _ in range(ROWS):
            order = rng.permutation(matrix.shape[1]).astype(np.uint64)
            least = np.minimum.reduceat(order[matrix.indices], matrix.indptr[filled]) if len(filled) else band
            band = band * np.uint64(1_000_003) + least
        pairs.update(_neighbours(band, filled))
    first, second = (np.array(side, dtype=np.intp) for side in zip(*sorted(pairs), strict=True)) if pairs else _none()
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())  # below one where features are unknown
    product = np.asarray(matrix[first].multiply(matrix[second]).sum(axis=1)).ravel() if len(first) else np.empty(0)
    close = product > near * length[first] * length[second]
    joined = coo_matrix((np.ones(int(close.sum())), (first[close], second[close])), shape=(size, size))
    return np.asarray(connected_components(joined, directed=False)[1], dtype=np.intp)


def _none() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)


def _neighbours(band: npt.NDArray[np.uint64], texts: npt.NDArray[np.intp]) -> set[tuple[int, int]]:
    order = np.argsort(band, kind="stable")
    bounds = np.flatnonzero(np.diff(band[order])) + 1
    found: set[tuple[int, int]] = set()
    for bucket in np.split(order, bounds):
        members = texts[bucket[:LARGEST_BUCKET]]
        found.update((int(members[at]), int(members[at + 1])) for at in range(len(members) - 1))
        found.update((int(members[0]), int(other)) for other in members[1:])
    return found


def split(
    groups: npt.NDArray[np.intp], answers: npt.NDArray[np.intp], count: int, *, seed: int = 0
) -> npt.NDArray[np.intp]:
    """A fold (0 … count - 1) a text: groups stay whole, each class is spread as evenly as they allow."""
    rng = np.random.default_rng(seed)
    classes = int(answers.max()) + 1 if len(answers) else 0
    load = np.zeros((count, classes + 1))
    fold = np.zeros(len(answers), dtype=np.intp)
    names, sizes = np.unique(groups, return_counts=True)
    members: dict[int, list[int]] = {int(name): [] for name in names}
    for text, group in enumerate(groups):
        members[int(group)].append(text)
    shuffled = rng.permutation(len(names))
    for at in sorted(shuffled, key=lambda each: -int(sizes[each])):
        texts = members[int(names[at])]
        own = answers[texts]
        cost = load[:, own].sum(axis=1) + load[:, classes] * 1e-3
        best = int(np.argmin(cost))
        fold[texts] = best
        np.add.at(load[best], own, 1)
        load[best, classes] += len(texts)
    return fold
