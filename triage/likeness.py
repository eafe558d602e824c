"""How like a pack's example sentences a text is: kernel ridge regression over runs of characters and more.

For a few hundred sentences it is fitted in closed form in a fraction of a second and needs no stored model. The desk's
big questions (category, unit) are answered by ``classifier.py`` from thousands of texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from math import log

import numpy as np
import numpy.typing as npt

from triage.features import ngrams
from triage.text import mask

PENALTY = 0.3
UNKNOWN = 0.4
"""Weight of a run no example has, beside the rarest: a text of such runs says little either way."""

Features = dict[str, float]
Answer = npt.NDArray[np.bool_]


class Runs:
    """Runs of one to three characters as a unit vector; the rarer among the examples, the heavier."""

    def __init__(self, texts: Sequence[str]) -> None:
        spread = Counter(chain.from_iterable(map(_counted, texts)))
        self._rarity = {run: log((1 + len(texts)) / (1 + count)) + 1 for run, count in spread.items()}
        self._unknown = UNKNOWN * max(self._rarity.values(), default=1.0)

    def of(self, text: str) -> Features:
        rarity, unknown = self._rarity, self._unknown
        runs = {run: (1 + log(often)) * rarity.get(run, unknown) for run, often in _counted(text).items()}
        norm = sum(value * value for value in runs.values()) ** 0.5 or 1.0
        return {run: value / norm for run, value in runs.items()}


class Likeness:
    """One number a question: about 1 for texts like the examples that answer it with yes, about -1 for the others.

    Each of ``answers`` covers the first examples, as many as it is long; its two sides weigh the same, however many
    examples each has. Read only, safe to share between threads.
    """

    def __init__(self, rows: Sequence[Features], answers: Sequence[Answer]) -> None:
        from scipy.linalg import solve
        from scipy.sparse import csr_matrix

        self._column = column = {name: at for at, name in enumerate(dict.fromkeys(chain.from_iterable(rows)))}
        starts = np.cumsum([0, *map(len, rows)])
        columns = [column[name] for row in rows for name in row]
        values = [value for row in rows for value in row.values()]
        table = csr_matrix((np.array(values, np.float32), columns, starts), shape=(len(rows), len(column)))
        kernel = (table @ table.T).toarray()
        weights, bias = [], []
        for answer in answers:
            size = len(answer)
            share = np.where(answer, answer.mean(), 1 - answer.mean()) * 2
            sides = np.stack([np.where(answer, 1, -1), np.ones(size)], axis=1).astype(np.float32)
            ridge = kernel[:size, :size] + np.diag(PENALTY * share).astype(np.float32)
            solved = solve(ridge, sides, assume_a="pos", overwrite_a=True, check_finite=False)
            bias.append(solved[:, 0].sum() / solved[:, 1].sum())
            weights.append(table[:size].T @ (solved[:, 0] - bias[-1] * solved[:, 1]))
        self._bias = np.array(bias, dtype=np.float32)
        self._weights = np.stack(weights, axis=1)

    def of(self, features: Features) -> list[float]:
        """The answers' numbers for one text, in their order."""
        places = list(map(self._column.get, features))
        known = np.array([at for at in places if at is not None], dtype=np.intp)
        values = [value for at, value in zip(places, features.values(), strict=True) if at is not None]
        found: list[float] = (self._bias + np.array(values, np.float32) @ self._weights[known]).tolist()
        return found


def _counted(text: str) -> Counter[str]:
    return Counter(run for run in chain.from_iterable(ngrams(mask(text))) if " " not in run)
