"""Past cases and what was learnt of units, in a model's folder: ``past.json`` and arrays. No text is stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from triage.calibration import Calibration
from triage.classifier import Linear, Weighting
from triage.days import Days
from triage.features import Vocabulary
from triage.handling_history import Beside, History
from triage.past_cases import PastCase, PastCases
from triage.unit_names import UnitNames

FILE = "past.json"


def save(past: PastCases, units: History | None, folder: Path) -> None:
    """Write both into the folder of a model that is being written."""
    matrix = past.matrix
    arrays: dict[str, Any] = {
        "past.columns": matrix.indices.astype(np.int32),
        "past.values": matrix.data.astype(np.float16),
        "past.starts": matrix.indptr.astype(np.int64),
    }
    document: dict[str, Any] = {
        "cases": [[each.case_id, each.category, each.unit, list(each.returned_by)] for each in past.cases]
    }
    if units is not None:
        document["units"] = _values(units)
        arrays |= {f"units.{name}": array for name, array in _arrays(units).items()}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=False)
    (folder / FILE).write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def load(folder: Path, vocabulary: Vocabulary) -> tuple[PastCases, History | None]:
    """Read both back. Raises ``OSError``, ``ValueError``, ``LookupError`` and ``TypeError`` for what is not theirs."""
    from scipy.sparse import csr_matrix

    document = json.loads((folder / FILE).read_text(encoding="utf-8"))
    cases = [PastCase(case_id, category, unit, tuple(by)) for case_id, category, unit, by in document["cases"]]
    columns, values, starts = (_array(folder, f"past.{name}") for name in ("columns", "values", "starts"))
    matrix = csr_matrix((values.astype(np.float32), columns, starts), shape=(len(cases), len(vocabulary)))
    values = document.get("units")
    return PastCases(cases, matrix), _history(folder, values, vocabulary) if values else None


def _array(folder: Path, name: str) -> Any:
    return np.load(folder / f"{name}.npy", allow_pickle=False)


def _values(units: History) -> dict[str, Any]:
    fitted = units.calibration
    return {
        "labels": list(units.labels),
        "unknown": units.weighting.unknown,
        "beside": [units.beside.weight, units.beside.plain],
        "names": list(units.names.runs) if units.names else [],
        "calibration": [fitted.temperature, fitted.slope, fitted.lead, fitted.shift],
        "threshold": units.threshold,
        "accuracy": units.accuracy,
    }


def _arrays(units: History) -> dict[str, Any]:
    return {
        "columns": units.weighting.columns,
        "space": (units.beside.space if units.beside.space is not None else np.empty((0, 0))).astype(np.float16),
        "days": units.beside.days.middles,
        "weights": units.words.weights.astype(np.float16),
        "bias": units.words.bias,
        "dense": units.dense,
        "names": units.names.weights if units.names else np.empty((0, 0), np.float32),
        "favour": units.favour,
    }


def _history(folder: Path, values: dict[str, Any], vocabulary: Vocabulary) -> History:
    columns, space, days, weights, bias, dense, names, favour = (
        _array(folder, f"units.{name}")
        for name in ("columns", "space", "days", "weights", "bias", "dense", "names", "favour")
    )
    weight, plain = values["beside"]
    temperature, slope, lead, shift = values["calibration"]
    nothing = np.empty(0, dtype=np.float32)
    return History(
        tuple(values["labels"]),
        vocabulary,
        Weighting(columns, values["unknown"]),
        Beside(space.astype(np.float32), nothing, nothing, weight, plain, Days(days)),
        Linear(weights.astype(np.float32), bias),
        dense,
        UnitNames(tuple(values["names"]), names),
        favour,
        Calibration(temperature, (), slope, lead, shift),
        values["threshold"],
        values["accuracy"],
    )
