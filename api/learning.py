"""From what people decided to a model in use: train, compare with the one in use, store, promote or refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from api import models
from api.desk import Desk
from casework import learning
from storage.database import new_id
from triage import errors, model, promotion, training
from triage.examples import Labelled, read
from triage.model import Model
from triage.promotion import Verdict

SEEN = "seen.json"
"""Beside the model: texts it learnt from, and answers of its like that had not, to compare the next one with."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A stored model; ``verdict`` is None where there was none to compare it with."""

    version: str
    promoted: bool
    verdict: Verdict | None


def sources(desk: Desk, files: Sequence[Path] = ()) -> dict[str, list[Labelled]]:
    """Labelled rows by where they come from. Raises what reading a file raises."""
    found = {"samples": training.pack_samples(desk.district.folder)}
    with desk.database.read() as session:
        found["corrections"] = [
            Labelled(each.text, each.title, each.category, each.request_type) for each in learning.corrected(session)
        ]
    found["files"] = [row for file in files for row in read(file, need="category")]
    return found


def learn(desk: Desk, given: Mapping[str, Sequence[Labelled]], say: Callable[[str], None]) -> Learnt:
    """Train on all rows and store the model; it is promoted unless it is worse than the one in use.

    Worse is asked of models that had not read the texts they are asked. Raises ``TooFewExamples``.
    """
    rows = _distinct(desk, given)
    current = models.promoted(desk)
    version = models.next_version(desk)
    say(f"  {len(rows)} 条样例，{len(desk.district.taxonomy.leaves)} 个分类")
    made = _trained(desk, rows, version)
    tried = {promotion.digest(row) for row in given["files"]}
    held = [bool(each) for each in promotion.held_back(rows, tried)] if current else [False] * len(rows)
    kept = [row for row, is_held in zip(rows, held, strict=True) if is_held and promotion.digest(row) not in tried]
    verdict: Verdict | None = None
    trial: dict[str, str] = {}
    if current and kept:
        say(f"  与现用模型 {current} 比较：{len(kept)} 条两者都没有学过的诉求")
        trial = promotion.answered(_trial(desk, rows, held, made), kept)
        verdict = promotion.compare(
            {promotion.digest(row): row.category for row in kept}, _of_current(desk, current, kept), trial
        )
    data = {
        "fingerprint": promotion.fingerprint(rows),
        "rows": {name: len(part) for name, part in given.items()},
        "compared_with": current or "",
        "verdict": asdict(verdict) if verdict else None,
        "refused": sentence(desk, verdict) if verdict and verdict.worse else "",
    }
    seen = {"learnt": sorted(promotion.digest(row) for row in rows if row.use != "kept"), "answered": trial}
    _store(desk, replace(made, figures={**made.figures, "data": data}), seen)
    use = verdict is None or not verdict.worse
    if use:
        models.promote(desk, version)
    return Learnt(version, use, verdict)


def _distinct(desk: Desk, given: Mapping[str, Sequence[Labelled]]) -> list[Labelled]:
    """Each text once: a person's word about it goes before any other, and a correction before all."""
    order = {"files": 1, "corrections": 2}
    found: dict[str, Labelled] = {}
    for name in sorted(given, key=lambda each: order.get(each, 0)):
        for row in given[name]:
            if row.category in desk.district.taxonomy:
                found[promotion.digest(row)] = row
    return list(found.values())


def _trained(desk: Desk, rows: Sequence[Labelled], version: str) -> Model:
    return training.train(desk.district, rows, version=version, cache=desk.home / "words")


def _trial(desk: Desk, rows: Sequence[Labelled], held: Sequence[bool], made: Model) -> Model:
    """A model that has not read what is held back; the one that is made already where it has not either."""
    if all(row.use == "kept" for row, is_held in zip(rows, held, strict=True) if is_held):
        return made
    kept = [replace(row, use="kept") if is_held else row for row, is_held in zip(rows, held, strict=True)]
    return _trained(desk, kept, made.version)


def _of_current(desk: Desk, version: str, kept: Sequence[Labelled]) -> dict[str, str]:
    """What the model in use answers to texts it has not learnt from, or its like answered when it was made."""
    try:
        engine = models.load_model(desk, version)
        seen = json.loads((desk.models / version / SEEN).read_text(encoding="utf-8"))
    except (errors.UnusableModel, OSError, ValueError):
        return {}  # what cannot be used is no reason to refuse a model that can
    learnt = {*seen["learnt"]}
    fresh = [row for row in kept if promotion.digest(row) not in learnt]
    return promotion.answered(engine, fresh) | {
        name: answer for name, answer in seen["answered"].items() if name in learnt
    }


def _store(desk: Desk, made: Model, seen: Mapping[str, Any]) -> None:
    """Write the model beside the others. A stop in between leaves no half model."""
    part = desk.models / f".{made.version}.{new_id()}"
    desk.models.mkdir(parents=True, exist_ok=True)
    try:
        model.save(made, part, beside={SEEN: seen})
        part.rename(desk.models / made.version)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def sentence(desk: Desk, verdict: Verdict) -> str:
    """Why a model is refused: what got worse, on how many texts."""
    parts = []
    for loss in verdict.losses:
        known = loss.category in desk.district.taxonomy
        name = f"“{desk.district.taxonomy.get(loss.category).name}”" if known else "全部"
        parts.append(f"{name} {loss.texts} 条由答对 {loss.before} 条降为 {loss.now} 条（p={loss.p:.2g}）")
    return "；".join(parts)
