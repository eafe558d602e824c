"""Fits the weights of the duplicate scorer on pairs that people have judged.

``python -m triage.pair_fitting PAIRS MODEL [PACK]`` prints the ``weights`` for a pack's ``duplicates.yaml``. PAIRS is
JSON Lines as ``yingsheng compare`` takes them with ``same_matter``; MODEL is the folder of a trained model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from triage.pair_likeness import FOR, SIGNS, signs
from triage.sides import Side, SideReader

PENALTY = 0.1
Values = npt.NDArray[np.float64]


def table(pairs: Sequence[tuple[Side, Side]]) -> Values:
    """A row of signs a pair, in the order of ``SIGNS``."""
    return np.array([list(signs(one, other).values()) for one, other in pairs])


def fit(rows: Values, same: npt.NDArray[np.bool_], *, penalty: float = PENALTY) -> dict[str, float]:
    """Logistic regression with a penalty in which every sign keeps its direction; ``bias`` is free."""
    from scipy.optimize import minimize

    wanted = np.where(same, 1.0, -1.0)

    def loss(values: Values) -> tuple[float, Values]:
        margin = wanted * (rows @ values[:-1] + values[-1])
        pull = -wanted / (1 + np.exp(np.clip(margin, -40, 40)))
        slope = np.append(rows.T @ pull + penalty * values[:-1], pull.sum())
        return float(np.logaddexp(0, -margin).sum() + penalty / 2 * (values[:-1] ** 2).sum()), slope

    bounds = [(0, None) if name in FOR else (None, 0) for name in SIGNS]
    found = minimize(loss, np.zeros(len(SIGNS) + 1), jac=True, method="L-BFGS-B", bounds=[*bounds, (None, None)]).x
    return {name: round(float(value), 2) for name, value in zip((*SIGNS, "bias"), found, strict=True)}


def read(file: Path, reader: SideReader) -> tuple[Values, npt.NDArray[np.bool_]]:
    """The signs and the answers of a file of judged pairs."""
    judged = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]

    def side(given: dict[str, str]) -> Side:
        return reader.read(given["text"], at=datetime.fromisoformat(given["time"]) if given.get("time") else None)

    return table([(side(row["a"]), side(row["b"])) for row in judged]), np.array([row["same_matter"] for row in judged])


def main(pairs: str, model: str, pack: str = "packs/demo") -> None:
    """Fit and print."""
    from district.pack import load
    from triage import model as stored

    rows, same = read(Path(pairs), SideReader(load(Path(pack)), stored.load(Path(model))))
    sys.stdout.write("weights:\n" + "".join(f"  {name}: {value}\n" for name, value in fit(rows, same).items()))


if __name__ == "__main__":
    main(*sys.argv[1:])
