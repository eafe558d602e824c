"""What speaks for and against two sides being one matter: a row of numbers, each by its name.

Every sign is 0 … 1 and speaks in one direction only (``FOR``, ``AGAINST``): the fitting may not turn it round, so that
no accident of the pairs it was fitted on makes an equal place speak against.
"""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import product

import numpy as np

from triage import pair_places
from triage.sides import Side
from triage.swaps import swapped
from triage.traits import DOORS, Stance

FOR = (
    "same_place", "same_number", "same_code", "same_line", "same_sum", "category", "shared", "meaning", "urged",
)  # fmt: skip
AGAINST = (
    "other_place", "other_number", "other_name", "unanchored", "swapped",
    "asked", "opposed", "praised", "apart", "long_apart", "unshared", "elsewhere",
)  # fmt: skip
SIGNS = (*FOR, *AGAINST)
_RUNS = {0: 0.0, 1: 0.3, 2: 0.7}
"""How surely a run of so many pairs of characters, none of which the model has ever read, is a name."""
NAMED = 0.7
NEAR = 0.9
"""How far a place in the same community stands in for the same one."""
SETTING, ENOUGH = 0.25, 1.5
"""What a shared setting counts beside a shared thing, and the logarithm at which sharing more says no more."""
RECENT, LATE = timedelta(days=7), timedelta(days=45)
STOREY = "层"
"""Storeys may differ where one matter strikes a whole house."""
_ANCHORS = ("same_place", "same_road", "same_code", "same_line")


def signs(one: Side, other: Side) -> dict[str, float]:
    """The signs of a pair; symmetric."""
    return dict.fromkeys(SIGNS, 0.0) | circumstances(one, other) | words(one, other)


def words(one: Side, other: Side) -> dict[str, float]:
    """The signs of the words: what the texts are about.

    A common category speaks only as far as no shared thing does: else one likeness would be counted twice. Things that
    only one of the two names speak against, where both name any.
    """
    shared = _shared(one, other)
    return {
        "category": _category(one, other) * (1 - shared),
        "shared": shared,
        "meaning": max(0.0, float(one.meaning @ other.meaning)),
        "unshared": _unshared(one, other),
    }


def circumstances(one: Side, other: Side) -> dict[str, float]:
    """The signs beside the words: place, number, name, stance and time. Asked of every case that may be shown."""
    told, beside = one.traits, other.traits
    wide = one.wide and other.wide
    found = pair_places.compared(one, other, wide=wide) | ({} if wide else _doors(one, other))
    if any(x.endswith(y) or y.endswith(x) for x, y in product(told.codes, beside.codes)):
        found["same_code"] = 1.0
    elif any(_shape(x) == _shape(y) for x, y in product(told.codes, beside.codes)):
        found["other_number"] = 1.0
    if told.lines and beside.lines:
        found["other_number" if told.lines.isdisjoint(beside.lines) else "same_line"] = 1.0
    found["same_sum"] = float(bool(told.figures & beside.figures))
    found["swapped"] = swapped(one.stripped, other.stripped)
    name, found["other_name"] = _names(one, other)
    near = found.get("near_place", 0.0)
    if found["swapped"] and near:  # in the same words two names are two places, also in one community
        found["other_place"], near = near, 0.0
    anchored = max(0.0 if found["swapped"] else name, NEAR * near)
    found["unanchored"] = 0.0 if any(found.get(each) for each in _ANCHORS) else (1.0 - anchored) ** 2
    found["elsewhere"] = found["unanchored"] * float(_placed(one) and _placed(other))
    found = {name: value for name, value in found.items() if name in SIGNS}
    return found | _stances(told.stances, beside.stances) | _time(one, other)


def _placed(side: Side) -> bool:
    """Whether a side names any place, known or not."""
    return bool(side.places.names or side.names)


def _stances(one: frozenset[Stance], other: frozenset[Stance]) -> dict[str, float]:
    """What only one of the two does, and what they want to opposite ends."""
    contrary = any(
        Stance.MORE in here and Stance.LESS not in here and Stance.LESS in there and Stance.MORE not in there
        for here, there in ((one, other), (other, one))
    )
    return {
        "asked": float((Stance.ASKS in one) != (Stance.ASKS in other)),
        "opposed": float(contrary or (Stance.AGAINST in one) != (Stance.AGAINST in other)),
        "praised": float((Stance.PRAISES in one) != (Stance.PRAISES in other)),
        "urged": float(Stance.CHASES in one or Stance.CHASES in other),
    }


def _time(one: Side, other: Side) -> dict[str, float]:
    if not one.at or not other.at:
        return {}
    apart = abs(one.at - other.at)
    return {"apart": min(1.0, math.log1p(apart / RECENT) / math.log(8)), "long_apart": float(apart > LATE)}


def _doors(one: Side, other: Side) -> dict[str, float]:
    """The house, entrance, phase, gate, flat or storey that both name."""
    if not one.traits.doors or not other.traits.doors:
        return {}
    same = 0.0
    for kind in DOORS:
        here, there = (frozenset(number for each, number in side.traits.doors if each == kind) for side in (one, other))
        if here and there:
            if here.isdisjoint(there):
                return {} if kind == STOREY else {"other_number": 1.0}
            same = 1.0
    return {"same_number": same} if same else {}


def _shape(code: str) -> str:
    """The form of a code: two receipts of one kind that differ are two things, a plate and a telephone are not."""
    return "".join("0" if each.isdigit() else "a" for each in code)


def _names(one: Side, other: Side) -> tuple[float, float]:
    """The surest name that both bear; whether both bear names in quotes of which none is in the other text."""
    quoted = any(name in other.text for name in one.traits.names) or any(
        name in one.text for name in other.traits.names
    )
    if quoted:
        return 1.0, 0.0
    if any(name[:2] in beside.strange for told, beside in ((one, other), (other, one)) for name in told.traits.names):
        return NAMED, 0.0
    run = longest = 0
    for gram in one.strange_order:
        run = run + 1 if gram and gram in other.strange else 0
        longest = max(longest, run)
    return _RUNS.get(longest, 1.0), float(bool(one.traits.names and other.traits.names))


def _category(one: Side, other: Side) -> float:
    """How much the model's shares of the categories overlap (the root of Bhattacharyya's measure)."""
    if one.shares is None or other.shares is None:
        return 0.0
    return math.sqrt(float(np.sqrt(one.shares * other.shares).sum()))


def _unshared(one: Side, other: Side) -> float:
    """The share of the things named by the one that names fewer which the other does not name."""
    here, there = one.objects | one.troubles, other.objects | other.troubles
    fewer = min(len(here), len(there))
    return 1 - len(here & there) / fewer if fewer else 0.0


def _shared(one: Side, other: Side) -> float:
    """How much of what they speak of, and of what is wrong with it, is in both; a setting counts little."""
    both = (one.objects & other.objects) | (one.troubles & other.troubles)
    settings = len(both & one.settings)
    return min(1.0, math.log1p(len(both) - (1 - SETTING) * settings) / ENOUGH)
