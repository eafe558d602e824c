"""Whether a suggestion may go out without a person, and the sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from triage.assessment import CategoryGuess, Matter, SimilarCase, UnitGuess, Urgency

GUESS = 0.3
"""Below this the best category is a guess, and nothing is said that rests on it."""
NOTHING_TO_JUDGE = "来件没有可供研判的内容，请人工查看原文或联系居民"
NO_APPEAL = "来件不像要办理的诉求（闲聊、广告、乱码或外文等），请人工查看原文"
NO_CATEGORY = frozenset({NOTHING_TO_JUDGE, NO_APPEAL})
"""Why a text belongs to no category: whichever a person files it under, no other text is like it."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the decision rests on. ``threshold`` is the probability from which the best category is trusted.

    ``foreign``: the text is unlike anything that is brought to a desk, however sure of its category a classifier is
    that has to choose one.
    """

    understood: bool
    foreign: bool
    best: CategoryGuess
    threshold: float
    urgency: Urgency
    matters: tuple[Matter, ...]
    units: tuple[UnitGuess, ...]
    missing: tuple[str, ...]
    similar: tuple[SimilarCase, ...]


def decide(ground: Ground) -> tuple[Literal["auto", "review"], str]:
    """``auto`` only where nothing speaks for a look by a person; else ``review`` with the weightiest reason."""
    if reason := next(_doubts(ground), ""):
        return "review", reason
    unit = ground.units[0]
    return "auto", f"把握 {_percent(ground.best)}，按派单目录 {unit.directory_line} 由{unit.name}承办"


def _doubts(ground: Ground) -> Iterator[str]:
    """What speaks for a person's look, the weightiest first."""
    name = ground.best.path[-1]
    if ground.urgency.level == "emergency":
        signs = "、".join(ground.urgency.reasons) or "突发情形"
        yield f"疑似突发情形（{signs}），请立即人工核实处置"
    if not ground.understood:
        yield NOTHING_TO_JUDGE
    if ground.foreign:
        yield NO_APPEAL
    if len(ground.matters) > 1:
        named = "、".join(f"“{matter.category.path[-1]}”" for matter in ground.matters)
        yield f"来件包含 {len(ground.matters)} 件事项（{named}），请人工拆分后分别派单"
    if ground.best.probability < GUESS:
        yield f"拿不准属于哪一类（最接近“{name}”，把握 {_percent(ground.best)}），请人工研判"
    if "place" in ground.missing:
        yield f"“{name}”按派单目录由属地办理，来件没有说明具体位置，请向居民核实"
    if "object" in ground.missing:
        yield f"“{name}”没有说明是哪一家、哪一路或哪一辆，请向居民核实"
    yield from _about_units(ground.units, name)
    if ground.best.probability < ground.threshold:
        yield f"对“{name}”的把握为 {_percent(ground.best)}，未达到自动派单的标准，请人工确认"
    if ground.similar and ground.similar[0].same_matter:
        yield "与一件在办件疑为同一事项，请人工确认是否并单"


def _about_units(units: tuple[UnitGuess, ...], name: str) -> Iterator[str]:
    """The directory's silence on a category of this name, and what past cases say against it."""
    if not units:
        yield f"派单目录没有给出“{name}”的承办单位，请人工确定"
    elif units[0].basis == "returns":
        told = by_returns(units[0].name)
        yield f"{told}，与派单目录不一致，请人工确定"
    elif units[0].basis == "history":
        yield f"派单目录没有给出“{name}”的承办单位，类似办件多由{units[0].name}办理，请人工确定"
    for unit in units:
        if unit.returns:
            yield f"{unit.name}退回过 {len(unit.returns)} 件类似办件，请人工确定承办单位"


def by_returns(name: str) -> str:
    """Why a unit is proposed beside the directory: the words a dispatch against it is given as its reason."""
    return f"类似办件被退回后由{name}办理"


def _percent(guess: CategoryGuess) -> str:
    """Rounded down, so that it never promises certainty."""
    return f"{int(guess.probability * 100)}%"
