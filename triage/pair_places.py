"""Whether two sides speak of one place: by the gazetteer, by the short names of compounds, by names' endings."""

from __future__ import annotations

from itertools import product

from triage.naming import ROAD
from triage.sides import Side


def compared(one: Side, other: Side, *, wide: bool) -> dict[str, float]:
    """``same_place``, ``other_place``, and whether the house number is the same.

    ``same_road``, where only a road or a community is shared, and ``near_place``, where two places lie in one
    community, are no signs, but tie the two together. ``wide``: both speak of what strikes a whole estate, so its parts
    count as one place.
    """
    told = _by_endings(one, other)
    known = _by_gazetteer(one, other, wide=wide)
    if "other_place" in known and ("same_place" in told or "same_road" in told):
        del known["other_place"]
    return told | known


def _by_gazetteer(one: Side, other: Side, *, wide: bool) -> dict[str, float]:
    here, there = one.places, other.places
    if any(head in other.core for head in here.heads) or any(head in one.core for head in there.heads):
        return {"same_place": 1.0}
    if not here.names or not there.names:
        return {}
    if wide and here.heads & there.heads:
        return {"same_place": 1.0}
    if here.names.isdisjoint(there.names):
        near = (here.spots or there.spots) and here.communities & there.communities  # two roads are two places
        return {"near_place" if near else "other_place": 1.0}
    found = {"same_road" if here.spots.isdisjoint(there.spots) else "same_place": 1.0}
    if here.numbers & there.numbers:
        found["same_number"] = 1.0
    elif any(
        road == beside and number != else_ for (road, number), (beside, else_) in product(here.numbers, there.numbers)
    ):
        found["other_number"] = 1.0
    return found


def _by_endings(one: Side, other: Side) -> dict[str, float]:
    """A name read by its ending that stands in the other text."""
    return {
        "same_road" if kind == ROAD else "same_place": 1.0
        for side, beside in ((one, other), (other, one))
        for kind, name in side.names
        if name[-2:] in beside.text or (len(name) > 2 and name[-3:-1] in beside.text)
    }
