"""Whether two texts speak of the same matter: wording by rapidfuzz, place, category and time beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from rapidfuzz import fuzz

from district.gazetteer import PlaceMatch
from district.schemas import PlaceKind
from triage.assessment import SimilarCase
from triage.text import mask

COMPARED = 400
"""Characters of each text that are compared."""
SHOWN = 0.25
SAME = 0.6
MOST = 3
SOON = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """The places a text names, the communities they may lie in, and the house numbers given."""

    names: frozenset[str] = frozenset()
    communities: frozenset[str] = frozenset()
    numbers: frozenset[tuple[str, int | None]] = frozenset()


# Weights of the evidence, set by hand and held by the pairs in tests/unit/triage/test_duplicates.py: no labelled
# pairs were to be had (docs/triage.md).
_BIAS, _WORDING, _STREET, _TIME = -6.2, 8.0, 1.6, 0.6
_WHOLE, _PART = 0.6, 0.4
_SAME_PLACE, _OTHER_PLACE, _OTHER_NUMBER = 1.5, -4.0, -5.0
_SAME_CATEGORY, _NEAR_CATEGORY, _OTHER_CATEGORY = 1.2, 0.4, -2.5
_SHOWN_FROM = math.log(SHOWN / (1 - SHOWN))
"""The evidence that makes a probability of ``SHOWN``."""
_MARGIN = 0.01
"""Per cent of likeness by which a case is let off, so that rounding never hides one."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its text and what is known of it. ``category`` is a code of two digits a level."""

    text: str
    category: str = ""
    street: str = ""
    at: datetime | None = None
    places: Whereabouts = Whereabouts()


@dataclass(frozen=True, slots=True)
class Comparison:
    """``probability`` that both are one matter, with Chinese reasons."""

    probability: float
    reasons: tuple[str, ...]


def whereabouts(matches: Iterable[PlaceMatch]) -> Whereabouts:
    """What a text's places say for comparing: roads, compounds, landmarks and communities; streets are too wide."""
    told = [match for match in matches if any(place.kind != PlaceKind.STREET for place in match.places)]
    return Whereabouts(
        frozenset(match.places[0].name for match in told),
        frozenset(place.community for match in told for place in match.places if place.community),
        frozenset((match.places[0].name, match.number) for match in told if match.number is not None),
    )


def compare(one: Side, other: Side) -> Comparison:
    """Compare two texts; symmetric."""
    left, right = _compared(one.text[:COMPARED]), _compared(other.text[:COMPARED])
    if not left or not right:
        return Comparison(0.0, ())
    wording = _wording(left, right)
    total = _BIAS + _WORDING * wording + _circumstances(one, other)
    reasons = [f"措辞相近 {wording:.2f}"] if wording > 0.5 else []
    return Comparison(1 / (1 + math.exp(-total)), (*reasons, *_reasons(one, other)))


def _circumstances(one: Side, other: Side) -> float:
    """What speaks for and against beside the wording. Asked of every open case, so it makes nothing but the sum."""
    return (
        _street(one.street, other.street)
        + _place(one.places, other.places)
        + _category(one.category, other.category)
        + _time(one.at, other.at)
    )


def _reasons(one: Side, other: Side) -> Iterator[str]:
    """The same in words."""
    if street := _street(one.street, other.street):
        yield {_STREET: "同一街道", -_STREET: "街道不同"}[street]
    if place := _place(one.places, other.places):
        shared = min(one.places.names & other.places.names, default="")
        same, number = f"同一地点：{shared}", f"同在{shared}，门牌不同"
        yield {_SAME_PLACE: same, _OTHER_PLACE: "地点不同", _OTHER_NUMBER: number}[place]
    if category := _category(one.category, other.category):
        yield {_SAME_CATEGORY: "同一分类", _NEAR_CATEGORY: "分类相近", _OTHER_CATEGORY: "分类不同"}[category]
    if _time(one.at, other.at):
        yield "相隔不到七天"


def _may_be_shown(one: Side, other: Side) -> bool:
    """Whether the wording can still bring the two to ``SHOWN``, were the shorter text wholly inside the longer.

    Most open cases are ruled out by place and category, most others by the cheaper of the two likenesses.
    """
    least = (_SHOWN_FROM - _BIAS - _circumstances(one, other)) / _WORDING
    whole = 100 * (least - _PART) / _WHOLE - _MARGIN
    if whole > 100:
        return False
    left, right = _compared(one.text[:COMPARED]), _compared(other.text[:COMPARED])
    return whole <= 0 or fuzz.ratio(left, right, score_cutoff=whole) > 0


@lru_cache(maxsize=2_000)
def _compared(text: str) -> str:
    return " ".join(mask(text).split())


def _wording(left: str, right: str) -> float:
    """0 … 1; the shorter one inside the longer counts too, unless it is a mere word."""
    whole = fuzz.ratio(left, right) / 100
    short = min(len(left), len(right))
    part = fuzz.partial_ratio(left, right) / 100 if short >= 8 else whole
    return _WHOLE * whole + _PART * part


def _street(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return _STREET if one == other else -_STREET


def _place(one: Whereabouts, other: Whereabouts) -> float:
    """Two roads of the same name are the same place, two compounds of one community may be."""
    if not one.names or not other.names:
        return 0.0
    if one.names.isdisjoint(other.names):
        return _OTHER_PLACE if one.communities.isdisjoint(other.communities) else 0.0
    apart = one.numbers and other.numbers and one.numbers.isdisjoint(other.numbers)
    return _OTHER_NUMBER if apart else _SAME_PLACE


def _category(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    return _SAME_CATEGORY if one == other else _NEAR_CATEGORY if one[:4] == other[:4] else _OTHER_CATEGORY


def _time(one: datetime | None, other: datetime | None) -> float:
    return _TIME if one and other and abs(one - other) <= SOON else 0.0


def similar(side: Side, others: Iterable[tuple[str, Side]]) -> tuple[SimilarCase, ...]:
    """The cases (id, side) most like a text, at most three; ``same_matter`` where likelier than not by a margin."""
    found = []
    for case_id, other in others:
        if not _may_be_shown(side, other):
            continue
        verdict = compare(side, other)
        if verdict.probability >= SHOWN:
            found.append(SimilarCase(case_id, round(verdict.probability, 4), verdict.probability >= SAME))
    return tuple(sorted(found, key=lambda each: -each.score)[:MOST])
