"""Whether two texts speak of the same matter: wording by rapidfuzz, place, category and time beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from triage.assessment import OpenCase, SimilarCase
from triage.text import mask

COMPARED = 400
"""Characters of each text that are compared."""
SHOWN = 0.25
SAME = 0.6
MOST = 3
SOON = timedelta(days=7)

# Weights of the evidence, set by hand on the pack's samples; docs/triage.md says how they measure.
_BIAS, _WORDING, _PLACE, _CATEGORY, _TIME = -6.2, 8.0, 1.6, 1.2, 0.6


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: its text and what is known of it."""

    text: str
    category: str = ""
    street: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``probability`` that both are one matter, with Chinese reasons."""

    probability: float
    reasons: tuple[str, ...]


def compare(one: Side, other: Side) -> Comparison:
    """Compare two texts; symmetric."""
    left, right = mask(one.text[:COMPARED]).strip(), mask(other.text[:COMPARED]).strip()
    if not left or not right:
        return Comparison(0.0, ())
    whole = fuzz.ratio(left, right) / 100
    part = fuzz.partial_ratio(left, right) / 100 if min(len(left), len(right)) >= 8 else whole
    wording = 0.6 * whole + 0.4 * part
    evidence = _BIAS + _WORDING * wording
    reasons = [f"措辞相近 {wording:.2f}"] if wording > 0.5 else []
    if one.street and one.street == other.street:
        evidence += _PLACE
        reasons.append("同一街道")
    elif one.street and other.street:
        evidence -= _PLACE
    if one.category and one.category == other.category:
        evidence += _CATEGORY
        reasons.append("同一分类")
    if one.at and other.at and abs(one.at - other.at) <= SOON:
        evidence += _TIME
        reasons.append("相隔不到七天")
    return Comparison(1 / (1 + math.exp(-evidence)), tuple(reasons))


def similar(side: Side, cases: Sequence[OpenCase]) -> tuple[SimilarCase, ...]:
    """The open cases most like a text, at most three; ``same_matter`` where it is likelier than not by a margin."""
    found = []
    for case in cases:
        verdict = compare(side, Side(case.text, case.category, case.street, case.opened_at))
        if verdict.probability >= SHOWN:
            found.append(SimilarCase(case.case_id, round(verdict.probability, 4), verdict.probability >= SAME))
    return tuple(sorted(found, key=lambda each: -each.score)[:MOST])
