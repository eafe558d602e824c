"""From categories, a place and what became of past cases to the handling unit.

The directory goes first, line and clause cited. What it leaves open (no line, a line by area without a place) goes to
the units that answered such letters. A unit that gave cases like this one back loses by as much as it gave back, to
those that answered them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from district.directory import Directory
from district.schemas import UnitKind
from district.units import Units
from triage.assessment import Basis, UnitGuess
from triage.past_cases import Like, doubt

MOST = 3
LISTED = 0.15
"""Probability from which a unit is named that no line of the directory names: below it, it is a guess at large."""


@dataclass(frozen=True, slots=True)
class Route:
    """Units with their probability, the best first; ``co_units`` are those of the line that the best one cites.

    ``missing`` names the place where the likeliest category's line needs one that is not known.
    """

    units: tuple[UnitGuess, ...]
    co_units: tuple[UnitGuess, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """What past cases say of a text: each unit's probability (may be empty), and the cases that are like it.

    Units that there are no more have no part in it.
    """

    shares: Mapping[str, float]
    likes: Sequence[Like]


NO_PAST = Past({}, ())


def route(
    guesses: Sequence[tuple[str, float]],
    *,
    street: str | None,
    community: str | None,
    directory: Directory,
    units: Units,
    past: Past = NO_PAST,
) -> Route:
    """The units for a text of these categories (codes with probabilities, the likeliest first).

    The probabilities of categories that the directory gives to one unit add up; a category whose line needs a place
    that is not known adds to none.
    """
    found: dict[str, UnitGuess] = {}
    beside: dict[str, tuple[str, ...]] = {}
    missing: tuple[str, ...] = ()
    for number, (code, probability) in enumerate(guesses):
        resolution = directory.resolve(code, street=street, community=community)
        if number == 0:
            missing = resolution.missing
        lead, line = resolution.lead, resolution.line
        if lead is None or line is None:
            continue
        before = found.get(lead)
        if before is None:
            found[lead] = UnitGuess(lead, units.get(lead).name, probability, line.line, line.clause)
            beside[lead] = resolution.co_units
        else:
            found[lead] = replace(before, probability=before.probability + probability)
    _left_open(found, past.shares, units, street)
    _given_back(found, past.likes, units)
    named = [unit for unit in found.values() if unit.basis == "directory" or unit.probability >= LISTED]
    ordered = sorted(named, key=lambda unit: -unit.probability)[:MOST]
    co_units: tuple[UnitGuess, ...] = ()
    if ordered and ordered[0].basis == "directory":
        best = ordered[0]
        co_units = tuple(replace(best, code=code, name=units.get(code).name, returns=()) for code in beside[best.code])
    return Route(tuple(ordered), co_units, missing)


def _left_open(found: dict[str, UnitGuess], shares: Mapping[str, float], units: Units, street: str | None) -> None:
    """Give what the directory leaves open to the units that answered such letters.

    Where the street is known, other streets and their communities have no part in it.
    """
    open_share = 1 - sum(unit.probability for unit in found.values())
    there = units.descendants(street) if street else frozenset()
    fitting = {
        code: share
        for code, share in shares.items()
        if code in units
        and (not street or code in there or units.get(code).kind not in (UnitKind.STREET, UnitKind.COMMUNITY))
    }
    total = sum(fitting.values())
    if open_share <= 0 or not total:
        return
    for code, share in fitting.items():
        _add(found, code, open_share * share / total, units, "history")


def _given_back(found: dict[str, UnitGuess], likes: Sequence[Like], units: Units) -> None:
    known = [each for each in likes if each.unit in units]
    for unit in list(found.values()):
        against = doubt(unit.code, known)
        if against is None:
            continue
        moved = unit.probability * against.share
        kept = found[unit.code].probability - moved
        found[unit.code] = replace(found[unit.code], probability=kept, returns=against.case_ids)
        for code, part in against.answered_by.items():
            _add(found, code, moved * part, units, "returns")


def _add(found: dict[str, UnitGuess], code: str, probability: float, units: Units, basis: Basis) -> None:
    """Add to a unit's probability; the weightier part is its basis."""
    before = found.get(code)
    if before is not None and before.probability >= probability:
        found[code] = replace(before, probability=before.probability + probability)
    else:
        had, returns = (before.probability, before.returns) if before is not None else (0.0, ())
        found[code] = UnitGuess(code, units.get(code).name, had + probability, basis=basis, returns=returns)
