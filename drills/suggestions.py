"""A suggestion as triage would make it, where a drill or a test says what it is."""

from __future__ import annotations

from district.pack import District
from triage.assessment import Assessment, CategoryGuess, RequestTypeGuess, UnitGuess, Urgency, UrgencyLevel


def suggestion(
    district: District,
    category: str,
    *,
    request_type: str = "投诉",
    urgency: UrgencyLevel = "normal",
    street: str = "",
) -> Assessment:
    """The category, with the unit that the directory gives it in this street; nothing else was found in the text."""
    unit = district.directory.resolve(category, street=street or None, community=None).lead
    return Assessment(
        category=(CategoryGuess(category, district.taxonomy.get(category).path, 0.9),),
        request_type=RequestTypeGuess(request_type, 0.9),
        urgency=Urgency(urgency),
        unit=(UnitGuess(unit, district.units.get(unit).name, 0.9),) if unit else (),
        co_units=(),
        matters=(),
        missing=(),
        entities=(),
        similar_cases=(),
        articles=(),
        reasons=(),
        decision="review",
        why="",
        model="stated",
        took_ms=0.0,
        street=street,
    )
