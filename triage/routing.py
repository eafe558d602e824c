"""From categories and a place to the handling unit: the directory first, line and clause cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
    is not known adds to no unit; ``missing`` then names the place if the likeliest category is such.
    """
    found: dict[str, UnitGuess] = {}
    missing: tuple[str, ...] = ()
    co_units: tuple[str, ...] = ()
    for number, (code, probability) in enumerate(guesses):
        resolution = directory.resolve(code, street=street, community=community)
        if number == 0:
            missing, co_units = resolution.missing, resolution.co_units
        if resolution.lead is None or resolution.line is None:
            continue
        before = found.get(resolution.lead)
        line = resolution.line
        found[resolution.lead] = UnitGuess(
            resolution.lead,
            units.get(resolution.lead).name,
            probability + (before.probability if before else 0.0),
            before.directory_line if before else line.line,
            before.clause if before else line.clause,
        )
    ordered = sorted(found.values(), key=lambda unit: -unit.probability)[:MOST]
    lead = ordered[0].code if ordered else ""
    shown = tuple(UnitGuess(code, units.get(code).name, ordered[0].probability) for code in co_units if code != lead)
    return Route(tuple(ordered), shown if ordered else (), missing)
