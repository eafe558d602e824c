"""What speaks for and against two sides being one matter: a row of numbers, each by its name.

Every sign is 0 … 1 and speaks in one direction only (``FOR``, ``AGAINST``): the fitting may not turn it round, so that
no accident of the pairs it was fitted on makes an equal place speak against.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from itertools import product

import numpy as np

from district.sounds import sounded
from triage.sides import Side
from triage.swaps import swapped
from triage.traits import DOORS, Stance

FOR = (
    "same_place", "near_place", "same_number", "same_code", "same_line", "same_name", "same_sum",
    "topic", "category", "same_object", "same_trouble", "wording", "inside", "urged",
    "same_road", "clue", "same_figure",
)  # fmt: skip
AGAINST = (
    "other_place", "other_number", "other_name", "unanchored",
    "other_object", "other_trouble", "asked", "opposed", "mended", "apart", "long_apart",
    "other_title", "swapped", "contrary", "praised", "other_flat",
)  # fmt: skip
SIGNS = (*FOR, *AGAINST)
NAMED = 0.7
"""The evidence of a shared name from which two texts without a place speak of one thing."""
_RUNS = {0: 0.0, 1: 0.3, 2: 0.7}
"""How surely a run of so many pairs of characters, none of which the model has ever read, is a name."""
FLATS = ("室", "层")
RECENT, LATE = timedelta(days=7), timedelta(days=45)


def signs(one: Side, other: Side) -> dict[str, float]:
    """The signs of a pair; symmetric."""
    return dict.fromkeys(SIGNS, 0.0) | circumstances(one, other) | words(one, other)


def words(one: Side, other: Side) -> dict[str, float]:
    """The signs of the words: what the texts are about."""
    found = {"topic": _topic(one, other), "category": _category(one, other)}
    found["wording"], found["inside"] = _wording(one, other)
    found["clue"] = _clue(one, other)
    for name, here, there in (("object", one.objects, other.objects), ("trouble", one.troubles, other.troubles)):
        if here and there:
            shared = len(here & there) / min(len(here), len(there))
            found[f"same_{name}"], found[f"other_{name}"] = shared, float(not shared)
    return found


def circumstances(one: Side, other: Side) -> dict[str, float]:
    """The signs beside the words: place, number, name, stance and time. Asked of every case that may be shown."""
    told, beside = one.traits, other.traits
    wide = one.wide and other.wide
    found = _titles(one, other)
    found |= _places(one, other, wide=wide)
    found |= {} if wide else _doors(one, other)
    if any(x.endswith(y) or y.endswith(x) for x, y in product(told.codes, beside.codes)):
        found["same_code"] = 1.0
    elif any(_shape(x) == _shape(y) for x, y in product(told.codes, beside.codes)):
        found["other_number"] = 1.0
    if told.lines and beside.lines:
        found["other_number" if told.lines.isdisjoint(beside.lines) else "same_line"] = 1.0
    found["same_name"], found["other_name"] = _names(one, other)
    found["same_figure"] = _figures(one, other)
    found["same_sum"] = float(bool(told.sums & beside.sums))
    found["swapped"] = swapped(one.text, other.text)
    if found["swapped"]:
        found["same_name"] = 0.0
    anchors = ("same_place", "same_code", "same_line", "same_road")
    if not any(found.get(each) for each in anchors) and found["same_name"] < NAMED:
        found["unanchored"] = 0.5 if found.get("near_place") else 1.0
    for name, stance in (("asked", Stance.ASKS), ("opposed", Stance.AGAINST), ("praised", Stance.PRAISES)):
        found[name] = float((stance in told.stances) != (stance in beside.stances))
    for name, stance in (("mended", Stance.AGAIN), ("urged", Stance.CHASES)):
        found[name] = float(stance in told.stances or stance in beside.stances)
    found["contrary"] = float(any(
        Stance.MORE in x.stances and Stance.LESS not in x.stances and Stance.LESS in y.stances and Stance.MORE not in y.stances
        for x, y in ((told, beside), (beside, told))
    ))
    if one.at and other.at:
        apart = abs(one.at - other.at)
        found["apart"] = min(1.0, math.log1p(apart / RECENT) / math.log(8))
        found["long_apart"] = float(apart > LATE)
    return found


def _places(one: Side, other: Side, *, wide: bool) -> dict[str, float]:
    here, there = one.places, other.places
    if any(head in other.core for head in here.heads) or any(head in one.core for head in there.heads):
        return {"same_place": 1.0}
    if not here.names or not there.names:
        return {}
    if wide and here.heads & there.heads:
        return {"same_place": 1.0}
    if here.names.isdisjoint(there.names):
        return {"other_place" if here.communities.isdisjoint(there.communities) else "near_place": 1.0}
    found = {"same_road" if here.spots.isdisjoint(there.spots) else "same_place": 1.0}
    if here.numbers & there.numbers:
        found["same_number"] = 1.0
    elif any(
        road == beside and number != else_ for (road, number), (beside, else_) in product(here.numbers, there.numbers)
    ):
        found["other_number"] = 1.0
    return found


def _doors(one: Side, other: Side) -> dict[str, float]:
    """The house, entrance, flat, lift or storey that both name."""
    same = 0.0
    for kind in DOORS:
        here, there = (frozenset(number for each, number in side.traits.doors if each == kind) for side in (one, other))
        if here and there:
            if here.isdisjoint(there):
                return {"other_flat" if kind in FLATS else "other_number": 1.0}
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


def _titles(one: Side, other: Side) -> dict[str, float]:
    """Whether a name read by its ending stands in the other text; whether both bear such of one kind, each its own."""
    found = {}
    for side, beside in ((one, other), (other, one)):
        for kind, name in side.names:
            if name[-2:] in beside.text or (len(name) > 2 and name[-3:-1] in beside.text):
                found["same_road" if kind == "路" else "same_place"] = 1.0
    for (kind, name), (same, another) in product(one.names, other.names):
        if kind == same and not _alike(name, another) and name[-2:] not in other.text and another[-2:] not in one.text:
            found["other_title"] = 1.0
    return found


def _alike(name: str, other: str) -> bool:
    """Whether two names share two characters in a row, or sound alike."""
    return any(name[at : at + 2] in other for at in range(len(name) - 1)) or sounded(name[-2:]) == sounded(other[-2:])


def _topic(one: Side, other: Side) -> float:
    """How near the two clauses most alike are, in the model's eyes."""
    if one.topics is None or other.topics is None:
        return 0.0
    return max(0.0, float((one.topics @ other.topics.T).max()))


def _category(one: Side, other: Side) -> float:
    """How much the model's shares of the categories overlap (Bhattacharyya)."""
    if one.shares is None or other.shares is None:
        return 0.0
    return float(np.sqrt(one.shares * other.shares).sum())


def _clue(one: Side, other: Side) -> float:
    short, long = (one, other) if len(one.grams) <= len(other.grams) else (other, one)
    best = sorted((value for gram, value in short.grams.items() if len(gram) == 2 and gram in long.grams), reverse=True)[:2]
    return min(1.0, max(0.0, sum(best) / 2 - 14) / 9)


_FIGURE = re.compile(r"\d{2,}")
def _figures(one, other):
    a,b=(frozenset(x for x in _FIGURE.findall(t.text) if len(x)>2 or int(x)>31) - frozenset(n for _,n in t.traits.doors)-{"2024","2025","2026"} for t in (one,other))
    return float(bool(a&b))


def _wording(one: Side, other: Side) -> tuple[float, float]:
    """Shared characters and pairs by their rarity: of both texts, and of the shorter one."""
    if not one.mass or not other.mass:
        return 0.0, 0.0
    short, long = (one, other) if len(one.grams) <= len(other.grams) else (other, one)
    shared = sum(value * value for gram, value in short.grams.items() if gram in long.grams)
    return shared / math.sqrt(one.mass * other.mass), shared / min(one.mass, other.mass)
