"""From categories and a place to the handling unit: the directory first, line and clause cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from district.directory import Directory
from district.units import Units
from triage.assessment import UnitGuess

MOST = 3


@dataclass(frozen=True, slots=True)
class Route:
    """Units with the probability of every category that leads to them, the best first."""

    units: tuple[UnitGuess, ...]
    co_units: tuple[UnitGuess, ...]
    missing: tuple[str, ...]


def route(
    guesses: Sequence[tuple[str, float]],
    *,
    street: str | None,
    community: str | None,
    directory: Directory,
    units: Units,
) -> Route:
    """Add up the probabilities of categories by the unit the directory gives each to.

    ``guesses`` are category codes with probabilities, the likeliest first. A category whose line needs a place that
    is not known adds to no unit; ``missing`` then names the place if the likeliest category is such. The co-handling
    units are those of the line that the best unit cites.
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
    ordered = sorted(found.values(), key=lambda unit: -unit.probability)[:MOST]
    co_units: tuple[UnitGuess, ...] = ()
    if ordered:
        best = ordered[0]
        co_units = tuple(replace(best, code=code, name=units.get(code).name) for code in beside[best.code])
    return Route(tuple(ordered), co_units, missing)
