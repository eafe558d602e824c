"""From what people decided to a model in use: train, compare with the one in use, store, promote or refuse."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from api import models
from api.desk import Desk
from casework import learning, past_cases
from storage.database import new_id
from triage import errors, model, promotion, training
from triage.examples import Labelled, read
from triage.model import Model
from triage.past_cases import PastCase
from triage.promotion import Verdict

SEEN = "seen.json"
"""Beside the model: texts it learnt from, and answers of its like that had not, to compare the next one with."""

STORING = "  比较并存放……"


@dataclass(frozen=True, slots=True)
class Learnt:
    """A stored model and the one ``before`` it, if any; where no text was compared, ``uncompared`` says why."""

    version: str
    promoted: bool
    before: str
    verdict: Verdict | None
    uncompared: str


@dataclass(frozen=True, slots=True)
class _Material:
    """What is learnt from: labelled rows by where they come from and each text once, and the desk's answered cases."""

    given: Mapping[str, Sequence[Labelled]]
    rows: list[Labelled]
    past: list[PastCase]

    @property
    def letters(self) -> list[Labelled]:
        """The answered cases as rows, for the fingerprint."""
        return [Labelled(each.text, each.title, each.category, unit=each.unit) for each in self.past]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What speaks for and against a new model: a verdict with the answers it rests on, or why there is none."""

    against: str = ""
    verdict: Verdict | None = None
    uncompared: str = ""
    answered: Mapping[str, str] = field(default_factory=dict)


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

    Worse is asked of models that had not read the texts they are asked. Where no such text is left, nothing is
    compared and it is promoted. Raises ``TooFewExamples``, and ``ModelInUseBroken`` before anything is trained.
    """
    current = models.sound_or_none(desk)
    material = _material(desk, given)
    rows, made = material.rows, _trained(desk, material, say)
    tried = {promotion.digest(row) for row in given["files"]}
    held = [bool(each) for each in promotion.held_back(rows, tried)] if current else [False] * len(rows)
    kept = [row for row, is_held in zip(rows, held, strict=True) if is_held and promotion.digest(row) not in tried]
    trial: dict[str, str] = {}
    if kept:
        trial = promotion.answered(_trial(desk, rows, held, made, say), kept)
    say(STORING)
    with models.in_turn(desk):  # another may have been promoted meanwhile: it is the one to compare with
        return _settle(desk, material, made, _judged(desk, models.promoted(desk), kept, trial))


def learn_without_comparison(
    desk: Desk, given: Mapping[str, Sequence[Labelled]], say: Callable[[str], None], *, why: str
) -> Learnt:
    """Train on all rows, store and promote, whatever is in use. ``why`` is kept with it. Raises ``TooFewExamples``."""
    material = _material(desk, given)
    made = _trained(desk, material, say)
    say(STORING)
    with models.in_turn(desk):
        return _settle(desk, material, made, _Judged(uncompared=why))


def _settle(desk: Desk, material: _Material, made: Model, judged: _Judged) -> Learnt:
    """Name the model, store it and promote it unless it was judged worse. For who has the turn."""
    before, verdict = models.promoted(desk) or "", judged.verdict
    worse = verdict is not None and verdict.worse
    data = {
        "fingerprint": promotion.fingerprint([*material.rows, *material.letters]),
        "rows": {name: len(part) for name, part in material.given.items()} | {"answered": len(material.past)},
        "compared_with": judged.against,
        "verdict": asdict(verdict) if verdict else None,
        "uncompared": judged.uncompared,
        "refused": sentence(desk, verdict) if verdict and worse else "",
    }
    learnt = sorted(promotion.digest(row) for row in material.rows if row.use != "kept")
    version = models.next_version(desk)
    named = replace(made, version=version, figures={**made.figures, "data": data})
    _store(desk, named, {"learnt": learnt, "answered": dict(judged.answered)})
    if not worse:
        models.put_to_use(desk, models.load_model(desk, version))
    return Learnt(version, not worse, before, verdict, judged.uncompared)


def _judged(desk: Desk, current: str | None, kept: Sequence[Labelled], trial: Mapping[str, str]) -> _Judged:
    """The comparison with the model in use. Raises ``ModelInUseBroken``."""
    if current is None:
        return _Judged(uncompared="此前没有启用的模型", answered=trial)
    answers = _of_current(desk, current, kept)
    if answers is None:
        return _Judged(uncompared=f"现用模型 {current} 没有记下它学过哪些诉求", answered=trial)
    verdict = promotion.compare({promotion.digest(row): row.category for row in kept}, answers, trial)
    if verdict is None:
        return _Judged(uncompared=f"没有现用模型 {current} 和新模型都没学过的诉求", answered=trial)
    return _Judged(current, verdict, answered=trial)


def _distinct(desk: Desk, given: Mapping[str, Sequence[Labelled]]) -> list[Labelled]:
    """Each text once: a person's word about it goes before any other, and a correction before all."""
    order = {"files": 1, "corrections": 2}
    found: dict[str, Labelled] = {}
    for name in sorted(given, key=lambda each: order.get(each, 0)):
        for row in given[name]:
            if row.category in desk.district.taxonomy:
                found[promotion.digest(row)] = row
    return list(found.values())


def _material(desk: Desk, given: Mapping[str, Sequence[Labelled]]) -> _Material:
    with desk.database.read() as session:
        past = past_cases.answered(session)
    return _Material(given, _distinct(desk, given), past)


def _trained(desk: Desk, material: _Material, say: Callable[[str], None]) -> Model:
    """A model that has no name yet: it gets one when it is stored."""
    past = f"，{len(material.past)} 件已答复的办件" if material.past else ""
    say(f"  {len(material.rows)} 条样例，{len(desk.district.taxonomy.leaves)} 个分类{past}")
    return training.train(desk.district, material.rows, version="", past=material.past, cache=desk.home / "words")


def _trial(
    desk: Desk, rows: Sequence[Labelled], held: Sequence[bool], made: Model, say: Callable[[str], None]
) -> Model:
    """A model that has not read what is held back; the one that is made already where it has not either."""
    if all(row.use == "kept" for row, is_held in zip(rows, held, strict=True) if is_held):
        return made
    say("  为比较另训练一个没有读过留出诉求的模型……")
    kept = [replace(row, use="kept") if is_held else row for row, is_held in zip(rows, held, strict=True)]
    return training.train(desk.district, kept, version="", cache=desk.home / "words")


def _of_current(desk: Desk, version: str, kept: Sequence[Labelled]) -> dict[str, str] | None:
    """What the model in use answers to texts it has not learnt from, or its like answered when it was made.

    None where it kept no record of what it learnt from. Raises ``ModelInUseBroken``.
    """
    try:
        used = models.load_model(desk, version)
    except errors.UnusableModel as problem:
        raise models.broken(desk, version, problem.why) from problem
    try:
        seen = json.loads((desk.models / version / SEEN).read_text(encoding="utf-8"))
        learnt, answered = {*seen["learnt"]}, dict(seen["answered"])
    except (OSError, ValueError, LookupError, TypeError):
        return None
    fresh = [row for row in kept if promotion.digest(row) not in learnt]
    return promotion.answered(used, fresh) | {name: answer for name, answer in answered.items() if name in learnt}


def _store(desk: Desk, made: Model, seen: Mapping[str, Any]) -> None:
    """Write the model beside the others. A stop in between leaves no half model. For who has the turn."""
    for left in desk.models.glob(".*.*.*"):  # by one that was stopped in its turn
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
    part = desk.models / f".{made.version}.{new_id()}"
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
