"""How like a pack's example sentences a text is: ridge regression over runs of characters.

It hangs on the pack alone and needs no stored model: for some thousand sentences it is fitted in a second or three, and
then kept (``kept.py``). The desk's big questions (category, unit) are answered by ``classifier.py`` from stored models.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from triage import kept
from triage.features import Floats, Ints, ngrams
from triage.text import mask

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

FORM = 1
"""Raised whenever what is counted or how it is fitted changes: what was kept before is of no use then."""
PENALTY = 0.3
UNKNOWN = 0.4
"""Weight of a run no example has, beside the rarest: a text of such runs says little either way."""
BIAS = 5.0
"""The value of the constant feature: so large that the penalty does not feel it."""
DESCENT = 60
TOLERANCE = 1e-4

Answer = npt.NDArray[np.bool_]


class Likeness:
    """One number a question: about 1 for texts like the examples that answer it with yes, about -1 for the others.

    A text is the runs of one to three characters in it, as a unit vector; the rarer a run among the examples, the
    heavier. Those of the first and the last ``ends`` characters count once more by themselves. Each of ``answers``
    covers the first examples, as many as it is long; its two sides weigh the same, however many examples each has. Read
    only, safe to share between threads.
    """

    def __init__(self, texts: Sequence[str], answers: Sequence[Answer], *, ends: int = 0) -> None:
        self._ends = ends
        found = kept.through(_key(texts, answers, ends), lambda: _fitted(texts, answers, ends))
        self._column = {run: at for at, run in enumerate(found["runs"].tolist())}
        self._rarity, self._weights, self._bias = found["rarity"], found["weights"], found["bias"]
        self._unknown = UNKNOWN * float(self._rarity.max(initial=1.0))

    def of(self, text: str) -> Floats:
        """The answers' numbers for one text, in their order."""
        columns, values = self._vector(_counted(text, self._ends))
        return np.asarray(self._bias + values @ self._weights[columns])

    def _vector(self, runs: Counter[str]) -> tuple[Ints, Floats]:
        """Columns and values of the runs that an example has; the others only make these lighter."""
        known = [(at, times) for run, times in runs.items() if (at := self._column.get(run)) is not None]
        columns, times = np.array(known, dtype=np.int32).reshape(-1, 2).T
        values = (1 + np.log(times)) * self._rarity[columns]
        foreign = [1 + np.log(times) for run, times in runs.items() if run not in self._column]
        mass = values @ values + self._unknown**2 * np.dot(foreign, foreign)
        return columns, np.asarray(values / max(float(np.sqrt(mass)), 1e-6), dtype=np.float32)


def _key(texts: Sequence[str], answers: Sequence[Answer], ends: int) -> str:
    """By what weights are kept: everything they hang on."""
    said = hashlib.sha256(repr((FORM, PENALTY, BIAS, DESCENT, TOLERANCE, ends, len(texts))).encode())
    for part in (*(text.encode("utf-8", "replace") for text in texts), *(answer.tobytes() for answer in answers)):
        said.update(len(part).to_bytes(8, "big"))
        said.update(part)
    return f"likeness-{said.hexdigest()[:32]}"


def _fitted(texts: Sequence[str], answers: Sequence[Answer], ends: int) -> dict[str, npt.NDArray[Any]]:
    counted = [_counted(text, ends) for text in texts]
    spread = Counter(chain.from_iterable(counted))
    column = {run: at for at, run in enumerate(spread)}
    often = np.fromiter(spread.values(), dtype=np.float32, count=len(spread))
    rarity = np.log((1 + len(texts)) / (1 + often)) + 1
    table = _table(counted, column, rarity)
    weights = np.stack([_fit(table[: len(answer)], answer) for answer in answers], axis=1)
    return {"runs": np.array(list(column)), "rarity": rarity, "weights": weights[:-1], "bias": weights[-1]}


def _table(counted: Sequence[Counter[str]], column: dict[str, int], rarity: Floats) -> csr_matrix:
    """The examples as rows of length one."""
    from scipy.sparse import csr_matrix, diags

    sizes = np.array([len(runs) for runs in counted])
    columns = np.fromiter(map(column.__getitem__, chain.from_iterable(counted)), np.int32, sizes.sum())
    times = np.fromiter(chain.from_iterable(runs.values() for runs in counted), np.float32, sizes.sum())
    values = (1 + np.log(times)) * rarity[columns]
    rows = csr_matrix((values, columns, np.cumsum([0, *sizes])), shape=(len(counted), len(column)))
    mass = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    return csr_matrix(diags(1 / np.sqrt(np.maximum(mass, 1e-12))) @ rows)


def _fit(table: csr_matrix, answer: Answer) -> Floats:
    """Weights of the columns, and of the constant at last (columns + 1,)."""
    from scipy.sparse import csr_matrix, diags, hstack
    from scipy.sparse.linalg import lsqr

    share = np.where(answer, answer.mean(), 1 - answer.mean()) * 2
    even = 1 / np.sqrt(share)
    weighed = hstack([diags(even) @ table, csr_matrix(BIAS * even[:, None])]).tocsr()
    wanted = even * np.where(answer, 1.0, -1.0)
    found = lsqr(weighed, wanted, damp=np.sqrt(PENALTY), atol=TOLERANCE, btol=TOLERANCE, iter_lim=DESCENT)[0]
    found[-1] *= BIAS
    return np.asarray(found, dtype=np.float32)


def _counted(text: str, ends: int) -> Counter[str]:
    runs = list(chain.from_iterable(ngrams(mask(text))))
    if ends:
        runs += chain.from_iterable(ngrams(mask(text[:ends]), "^"))
        runs += chain.from_iterable(ngrams(mask(text[-ends:]), "$"))
    return Counter(run for run in runs if " " not in run)
