"""A trained model: heads for category and request type over one vocabulary, stored in a folder and checked on loading.

Nothing in the folder is a pickle: arrays are ``.npy``, the rest JSON; a manifest holds the SHA-256 of each file, so a
damaged or foreign model is refused (``UnusableModel``) and never half used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from triage import past_storage
from triage.calibration import Calibration
from triage.classifier import Linear, Weighting
from triage.errors import UnusableModel
from triage.features import Vocabulary
from triage.handling_history import History
from triage.head import Head, Scorer
from triage.kernel import Nearness
from triage.meaning import Meaning
from triage.past_cases import PastCases
from triage.text import Lexicon

FORMAT = 2
MEANING = ("points", "middle", "shared")


@dataclass(frozen=True, slots=True)
class Model:
    """``category`` labels are codes. ``figures`` are what cross-fitting measured at training.

    ``past`` are the desk's own answered cases, if there are any; ``units`` what they teach, where they are enough.
    """

    version: str
    vocabulary: Vocabulary
    category: Head
    request_type: Head | None
    figures: dict[str, Any]
    past: PastCases | None = None
    units: History | None = None


def save(model: Model, folder: Path, *, beside: Mapping[str, Any] | None = None) -> None:
    """Write the model into a new folder; ``beside`` are further JSON files to keep with it, by their names."""
    folder.mkdir(parents=True)
    heads = {"category": model.category, "request_type": model.request_type}
    document: dict[str, Any] = {
        "format": FORMAT,
        "version": model.version,
        "figures": model.figures,
        "features": list(model.vocabulary.features),
        "words": model.vocabulary.lexicon.most_frequent(),
        "meaning": model.vocabulary.meaning.vocabulary(),
        "heads": {name: _head_values(head) for name, head in heads.items() if head is not None},
    }
    (folder / "model.json").write_text(
        json.dumps(document, ensure_ascii=False), encoding="utf-8", errors="surrogatepass"
    )
    for name, head in heads.items():
        if head is None:
            continue
        for part, array in _head_arrays(head).items():
            np.save(folder / f"{name}.{part}.npy", array, allow_pickle=False)
    for part in MEANING:
        np.save(folder / f"meaning.{part}.npy", getattr(model.vocabulary.meaning, part), allow_pickle=False)
    if model.past is not None:
        past_storage.save(model.past, model.units, folder)
    for name, content in (beside or {}).items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    manifest = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def load(folder: Path) -> Model:
    """Read a model back. Raises ``UnusableModel``, whose words name the folder and its files without their paths."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for name, digest in manifest.items():
            if _digest(folder / Path(name).name) != digest:
                raise UnusableModel(folder.name, f"文件 {name} 与清单不符")
        document = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise UnusableModel(folder.name, f"格式 {document['format']}，需要 {FORMAT}")
        if unlisted := {path.name for path in folder.iterdir()} - {*manifest, "manifest.json"}:
            raise UnusableModel(folder.name, f"文件 {min(unlisted)} 不在清单中")
        lexicon = Lexicon({word: int(count) for word, count in document["words"]})
        heads = {name: _head(folder, name, values) for name, values in document["heads"].items()}
        vocabulary = Vocabulary(document["features"], lexicon, _meaning(folder, document["meaning"]))
        past, units = past_storage.load(folder, vocabulary) if past_storage.FILE in manifest else (None, None)
        return Model(
            document["version"],
            vocabulary,
            heads["category"],
            heads.get("request_type"),
            dict(document["figures"]),
            past,
            units,
        )
    except FileNotFoundError as problem:
        raise UnusableModel(folder.name, f"缺少文件 {Path(str(problem.filename)).name}") from problem
    except OSError as problem:
        raise UnusableModel(folder.name, f"文件读不出来：{problem.strerror}") from problem
    except (EOFError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise UnusableModel(folder.name, f"内容不成模型（{type(problem).__name__}）") from problem


def _head_arrays(head: Head) -> dict[str, Any]:
    scorer = head.scorer
    return {
        "weights": scorer.linear.weights.astype(np.float16),
        "columns": scorer.weighting.columns,
        "bias": scorer.linear.bias,
        "landmarks": scorer.nearness.landmarks.astype(np.float16),
        "nearness": scorer.nearness.weights,
        "thresholds": head.thresholds,
    }


def _meaning(folder: Path, words: list[str]) -> Meaning:
    points, middle, shared = (np.load(folder / f"meaning.{part}.npy", allow_pickle=False) for part in MEANING)
    return Meaning({word: number for number, word in enumerate(words)}, points, middle, shared)


def _head_values(head: Head) -> dict[str, Any]:
    fitted = head.calibration
    return {
        "labels": list(head.labels),
        "unknown": head.scorer.weighting.unknown,
        "calibration": [fitted.temperature, list(fitted.offsets), fitted.slope, fitted.lead, fitted.shift],
    }


def _head(folder: Path, name: str, values: dict[str, Any]) -> Head:
    def array(part: str) -> Any:
        return np.load(folder / f"{name}.{part}.npy", allow_pickle=False)

    temperature, offsets, slope, lead, shift = values["calibration"]
    scorer = Scorer(
        Weighting(array("columns"), values["unknown"]),
        Linear(array("weights").astype(np.float32), array("bias")),
        Nearness(array("landmarks").astype(np.float32), array("nearness")),
    )
    return Head(
        tuple(values["labels"]),
        scorer,
        Calibration(temperature, tuple(offsets), slope, lead, shift),
        array("thresholds"),
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
