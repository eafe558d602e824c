"""Fits the weights of the duplicate scorer on pairs that people have judged.

``python -m triage.pair_fitting MODEL PACK FILE…`` prints the ``weights`` for a pack's ``duplicates.yaml``. A FILE is
JSON Lines as ``yingsheng compare`` takes them with ``same_matter``, or tellings (``group``, ``matter``, ``time``,
``text``): any two of one group are a pair, judged by their matters. MODEL is the folder of a trained model; one that
learnt the tellings' categories would find those of one matter more alike than it ever will others.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import combinations, groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage.pair_likeness import FOR, SIGNS, signs
from triage.sides import Side, SideReader

PENALTY = 0.1
LEAST: Mapping[str, float] = {"unanchored": 2.2, "elsewhere": 1.0, "apart": 0.8}
"""What a sign weighs at the least, whatever the pairs say: in groups of near misses nobody else reports the like
without a place or at another, and all is told within days; at a desk all this happens daily."""
Values = npt.NDArray[np.float64]


def table(pairs: Sequence[tuple[Side, Side]]) -> Values:
    """A row of signs a pair, in the order of ``SIGNS``."""
    return np.array([list(signs(one, other).values()) for one, other in pairs])


def fit(
    rows: Values, same: npt.NDArray[np.bool_], *, counts: Values | None = None, penalty: float = PENALTY
) -> dict[str, float]:
    """Logistic regression with a penalty in which every sign keeps its direction; ``bias`` is free.

    ``counts`` are what the pairs count, one each by default.
    """
    from scipy.optimize import minimize

    wanted = np.where(same, 1.0, -1.0)
    times = np.ones(len(rows)) if counts is None else counts

    def loss(values: Values) -> tuple[float, Values]:
        margin = wanted * (rows @ values[:-1] + values[-1])
        pull = -wanted * times / (1 + np.exp(np.clip(margin, -40, 40)))
        slope = np.append(rows.T @ pull + penalty * values[:-1], pull.sum())
        return float((times * np.logaddexp(0, -margin)).sum() + penalty / 2 * (values[:-1] ** 2).sum()), slope

    least = [LEAST.get(name, 0.0) for name in SIGNS]
    bounds = [(low, None) if name in FOR else (None, -low) for name, low in zip(SIGNS, least, strict=True)]
    start = np.array([low if name in FOR else -low for name, low in zip(SIGNS, least, strict=True)] + [0.0])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return {name: round(float(value), 2) for name, value in zip((*SIGNS, "bias"), found, strict=True)}


def even(same: npt.NDArray[np.bool_], texts: int) -> Values:
    """What pairs of one file count: those of one matter as much as the others, all together as the texts at most.

    Tellings make many more pairs than they are texts, and most of them are of two matters.
    """
    whole = min(len(same), texts)
    return np.asarray(np.where(same, whole / 2 / max(1, same.sum()), whole / 2 / max(1, (~same).sum())))


def read(file: Path, reader: SideReader) -> tuple[Values, npt.NDArray[np.bool_], int]:
    """The signs and the answers of a file of judged pairs or of tellings, and how many texts it has."""
    judged = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]

    def side(given: dict[str, str]) -> Side:
        return reader.read(given["text"], at=datetime.fromisoformat(given["time"]) if given.get("time") else None)

    if judged and "matter" not in judged[0]:
        pairs = [(side(row["a"]), side(row["b"])) for row in judged]
        return table(pairs), np.array([row["same_matter"] for row in judged]), 2 * len(judged)
    told = [(row["group"], row["matter"], side(row)) for row in judged]
    within = [pair for _, group in groupby(told, key=itemgetter(0)) for pair in combinations(group, 2)]
    same = np.array([one[1] == other[1] for one, other in within])
    return table([(one[2], other[2]) for one, other in within]), same, len(told)


def main(model: str, pack: str, *files: str) -> None:
    """Fit and print."""
    from district.pack import load
    from triage import model as stored

    reader = SideReader(load(Path(pack)), stored.load(Path(model)))
    found = [read(Path(file), reader) for file in files]
    rows, same = (np.concatenate([each[at] for each in found]) for at in (0, 1))
    counts = np.concatenate([even(each[1], each[2]) for each in found])
    weights = fit(rows, same, counts=counts)
    sys.stdout.write("weights:\n" + "".join(f"  {name}: {value}\n" for name, value in weights.items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
