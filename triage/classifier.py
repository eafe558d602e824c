"""A linear classifier of many classes: ridge regression on the classes' indicators, one set of weights a class.

Ridge (least squares with a penalty) was no worse than a support vector machine on all files tried but one and has a
closed form (docs/triage.md). The features of a class are weighted by how much they tell the classes apart (the square
root of the largest log-odds, after naive Bayes). Prediction is a handful of rows of one matrix: numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from triage.features import BLOCK_WEIGHTS, BLOCKS, Counts, Floats, Ints, Table

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

PENALTY = 0.2
BIAS = 0.5
"""The value of the constant feature: small, so that the frequency of a class counts less than its words."""
UNKNOWN = 0.3
"""Weight of an unknown feature beside the rarest known one."""
DENSE_LIMIT = 9_000
"""Texts up to which the normal equations are solved directly when classes are many."""
TOLERANCE = 1e-2
"""Of the residual's length, where the descent ends: a smaller one changed no figure."""


@dataclass(frozen=True, slots=True)
class Weighting:
    """How columns count for one question (category, request type): ``columns`` weights, and the unknown's weight."""

    columns: Floats
    unknown: float

    def vector(self, counts: Counts) -> tuple[Ints, Floats]:
        """Columns and values of one text. Each block has length one before its weight, unknown mass included."""
        values: list[Floats] = []
        present = 0.0
        for block in range(BLOCKS):
            value = counts.times[block] * self.columns[counts.columns[block]]
            mass = float(value @ value) + counts.unknown[block] * self.unknown**2
            if mass > 0:
                value *= BLOCK_WEIGHTS[block] / np.sqrt(mass)
                present += float(BLOCK_WEIGHTS[block]) ** 2
            values.append(value)
        joined = np.concatenate(values)
        if present:
            joined /= np.float32(np.sqrt(present))
        return np.concatenate(counts.columns), joined

    def matrix(self, table: Table) -> csr_matrix:
        """The same for many texts: a row a text."""
        from scipy.sparse import csr_matrix, diags

        total: csr_matrix | None = None
        present = np.zeros(len(table), dtype=np.float32)
        weigh = diags(self.columns)
        for block, counted in enumerate(table.blocks):
            weighed = csr_matrix(counted @ weigh)
            mass = np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel()
            mass = mass + table.unknown[:, block] * self.unknown**2
            scale = np.divide(BLOCK_WEIGHTS[block], np.sqrt(mass), out=np.zeros_like(mass), where=mass > 0)
            present += np.where(mass > 0, BLOCK_WEIGHTS[block] ** 2, 0).astype(np.float32)
            weighed = csr_matrix(diags(scale.astype(np.float32)) @ weighed)
            total = weighed if total is None else total + weighed
        even = np.divide(1, np.sqrt(present), out=np.zeros_like(present), where=present > 0)
        return csr_matrix(diags(even) @ total).astype(np.float32)


def weigh(table: Table, answers: npt.NDArray[np.intp], classes: int) -> Weighting:
    """Weights of columns: rarity (idf) × the square root of the largest log-odds of any class.

    A column seen in fewer than two of the texts weighs nothing: it counts as unknown.
    """
    from scipy.sparse import csr_matrix

    size = len(table)
    ones = np.ones(size, dtype=np.float32)
    indicator = csr_matrix((ones, (answers, np.arange(size))), shape=(classes, size))
    spread = np.zeros(table.blocks[0].shape[1], dtype=np.float32)
    odds = np.zeros_like(spread)
    per_class = np.bincount(answers, minlength=classes).astype(np.float32)
    for block in table.blocks:
        presence = block.copy()
        presence.data = np.ones_like(presence.data)
        here = np.asarray(presence.sum(axis=0)).ravel().astype(np.float32)
        spread += here
        used = np.flatnonzero(here)
        together = csr_matrix(indicator @ presence[:, used])
        found = np.zeros(len(used), dtype=np.float32)
        for number in np.flatnonzero(per_class):
            inside = np.asarray(together[number].todense()).ravel() + 1
            outside = here[used] - inside + 2
            ratio = np.log(inside / (per_class[number] + 2)) - np.log(outside / (size - per_class[number] + 2))
            np.maximum(found, np.abs(ratio), out=found)
        odds[used] = found
    idf = np.log((1 + size) / (1 + spread)) + 1
    columns = np.where(spread >= 2, idf * np.sqrt(odds), 0).astype(np.float32)
    known = odds[spread >= 2]
    middle = float(np.sqrt(np.median(known))) if len(known) else 1.0
    return Weighting(columns, UNKNOWN * float(np.log((1 + size) / 2) + 1) * middle)


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights (columns × classes) and a bias a class."""

    weights: Floats
    bias: Floats

    def scores(self, columns: Ints, values: Floats) -> Floats:
        """The scores of one text: about 1 for the class it belongs to, about -1 for the others."""
        return np.asarray(values @ self.weights[columns] + self.bias)

    def many(self, matrix: csr_matrix) -> Floats:
        """The scores of many texts."""
        return np.asarray(matrix @ self.weights + self.bias)


def targets(answers: npt.NDArray[np.intp], classes: int, kin: Floats | None = None) -> Floats:
    """+1 where a text is of the class, -1 where it is not; ``kin`` (classes × classes) is added to the latter."""
    wanted = np.full((len(answers), classes), -1, dtype=np.float32)
    if kin is not None:
        wanted += kin[answers]
    wanted[np.arange(len(answers)), answers] = 1
    return wanted


def fit(
    matrix: csr_matrix,
    wanted: Floats,
    *,
    coordinates: Floats | None = None,
    penalty: float = PENALTY,
    direct: bool | None = None,
) -> tuple[Linear, Floats]:
    """Weights that minimise ‖Xw + Φv - y‖² + penalty·(‖w‖² + ‖v‖²) for each class; Φ are the ``coordinates``.

    ``direct`` chooses the solver; both give the same weights within ``TOLERANCE``. By default the direct one where
    classes are many and texts few enough for their Gram matrix; conjugate gradients otherwise (linear in the size of
    the texts).
    Return w with the bias, and v (coordinates × classes).
    """
    texts, classes = wanted.shape
    if coordinates is None:
        coordinates = np.zeros((texts, 0), dtype=np.float32)
    if direct is None:
        direct = classes > 40 and texts <= DENSE_LIMIT
    solve = _direct if direct else _conjugate
    dual = solve(matrix, coordinates, wanted, penalty)
    weights = np.ascontiguousarray(matrix.T @ dual, dtype=np.float32)
    return Linear(weights, BIAS * BIAS * dual.sum(axis=0)), np.asarray(coordinates.T @ dual, dtype=np.float32)


def _direct(matrix: csr_matrix, coordinates: Floats, wanted: Floats, penalty: float) -> Floats:
    from scipy.linalg import cho_factor, cho_solve

    texts = matrix.shape[0]
    gram = np.empty((texts, texts), dtype=np.float32, order="F")
    other = matrix.T.tocsr()
    for at in range(0, texts, 512):  # some rows at a time: as a sparse product the whole would be three times as large
        part = slice(at, at + 512)
        gram[part] = (matrix[part] @ other).toarray() + coordinates[part] @ coordinates.T + np.float32(BIAS * BIAS)
    gram[np.diag_indices_from(gram)] += np.float32(penalty)
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(cho_solve(factor, wanted, check_finite=False), dtype=np.float32)


def _conjugate(matrix: csr_matrix, coordinates: Floats, wanted: Floats, penalty: float) -> Floats:
    """Conjugate gradients in the texts' space, classes side by side, 64 at a time to bound memory."""
    transposed = matrix.T.tocsr()

    def product(way: Floats) -> Floats:
        near = coordinates @ (coordinates.T @ way) if coordinates.shape[1] else np.float32(0)
        common = np.float32(BIAS * BIAS) * way.sum(axis=0)
        return np.asarray(matrix @ (transposed @ way) + near + common + np.float32(penalty) * way)

    return np.concatenate([_descend(product, wanted[:, at : at + 64]) for at in range(0, wanted.shape[1], 64)], axis=1)


def _descend(product: Callable[[Floats], Floats], wanted: Floats) -> Floats:
    answer = np.zeros_like(wanted)
    rest = wanted.copy()
    way = rest.copy()
    left = (rest * rest).sum(axis=0)
    goal = TOLERANCE**2 * left
    for _ in range(300):
        moved = product(way)
        bend = (way * moved).sum(axis=0)
        step = np.divide(left, bend, out=np.zeros_like(left), where=bend > 0)
        answer += step * way
        rest -= step * moved
        now = (rest * rest).sum(axis=0)
        if (now <= goal).all():
            break
        way = rest + np.divide(now, left, out=np.zeros_like(now), where=left > 0) * way
        left = now
    return answer


def softmax(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Shares that sum to one along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=-1, keepdims=True), dtype=np.float64)


def encoded(labels: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.intp]]:
    """Distinct labels in order, and each text's label as a number."""
    classes = tuple(sorted(set(labels)))
    number = {label: at for at, label in enumerate(classes)}
    return classes, np.array([number[label] for label in labels], dtype=np.intp)
