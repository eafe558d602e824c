"""Learns what tells complaints from questions: the runs of characters that ``knowledge.grievance`` weighs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from knowledge.grievance import Grievance, Said, runs_of

SEEN = 2
"""A run in fewer messages says nothing."""
KEPT = 2_000
"""The strongest runs are kept; all of them were no better on hands that nothing was learnt from."""
PULL = 0.1
"""How strongly weights are held to nought: the inverse of scikit-learn's C."""


def learnt(complaints: Sequence[str], questions: Sequence[str]) -> Grievance:
    """Fitted on messages of both kinds, which count equally much however many there are of each."""
    seen = [runs_of(text) for text in (*complaints, *questions)]
    outcomes = np.array([True] * len(complaints) + [False] * len(questions))
    counts = Counter(run for runs in seen for run in runs)
    rarity = {run: float(np.log((1 + len(seen)) / (1 + count)) + 1) for run, count in counts.items() if count >= SEEN}
    names = sorted(rarity)
    weights, _ = _fitted(seen, outcomes, names, rarity)
    strength = np.abs(weights) * np.sqrt([counts[name] for name in names])
    names = sorted(names[at] for at in np.argsort(-strength, kind="stable")[:KEPT])
    weights, bias = _fitted(seen, outcomes, names, rarity)
    return Grievance(
        {name: Said(rarity[name], float(weight)) for name, weight in zip(names, weights, strict=True)}, bias
    )


def _fitted(
    seen: Sequence[frozenset[str]], outcomes: npt.NDArray[np.bool_], names: Sequence[str], rarity: dict[str, float]
) -> tuple[npt.NDArray[np.float64], float]:
    """Weights and bias over rows of length one, as ``Grievance.log_odds`` makes them."""
    place = {name: at for at, name in enumerate(names)}
    rows, columns, values = [], [], []
    for at, runs in enumerate(seen):
        known = sorted(runs & place.keys())
        size = float(np.sqrt(sum(rarity[run] ** 2 for run in known))) or 1.0
        rows += [at] * len(known)
        columns += [place[run] for run in known]
        values += [rarity[run] / size for run in known]
    table = csr_matrix((values, (rows, columns)), shape=(len(seen), len(names)))
    fitted = LogisticRegression(C=1 / PULL, max_iter=1000, class_weight="balanced").fit(table, outcomes)
    return fitted.coef_[0], float(fitted.intercept_[0])
