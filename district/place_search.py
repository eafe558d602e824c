"""Places of the gazetteer by the beginning or a part of their names, for who types one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from district.characters import simplified
from district.gazetteer import Gazetteer
from district.schemas import Place, PlaceKind, Unit

LONGEST = 40


@dataclass(frozen=True, slots=True)
class Found:
    """A place that fits. ``alias`` is the other name that it was found by.

    ``street`` is a name, ``community`` one or several: a road crosses them.
    """

    name: str
    alias: str
    street: str
    community: str
    written: str
    """As it is put into a field: with its street before it where several places go by the name."""


class PlaceSearch:
    """The names of one gazetteer, made ready. Read only, safe to share between threads."""

    def __init__(self, gazetteer: Gazetteer, units: Iterable[Unit]) -> None:
        by_code = {unit.code: unit.name for unit in units}
        self._names: list[tuple[str, Place]] = []
        streets: dict[str, set[str]] = {}
        for place in gazetteer:
            for name in dict.fromkeys((place.name, *place.aliases)):
                self._names.append((simplified(name).casefold(), place))
            streets.setdefault(place.name, set()).add(place.street)
        self._units = by_code
        self._ambiguous = frozenset(name for name, found in streets.items() if len(found) > 1)

    def find(self, typed: str, limit: int = 8) -> Sequence[Found]:
        """Names that are, begin with or hold what was typed, in that order; of one kind the shorter before the longer.

        What stands behind a whole name (惠风里小区3号楼) does not hinder that it is found.
        """
        wanted = simplified("".join(typed.split())).casefold()[:LONGEST]
        if not wanted:
            return ()
        ranked = sorted(self._fitting(wanted), key=lambda each: each[:2])
        found: dict[tuple[str, str], list[tuple[str, Place]]] = {}
        for _, _, at in ranked:
            name, place = self._names[at]
            if (place.name, place.street) in found or len(found) < limit:
                found.setdefault((place.name, place.street), []).append((name, place))
        return [self._found(each) for each in found.values()]

    def _fitting(self, wanted: str) -> Iterator[tuple[int, int, int]]:
        for at, (name, place) in enumerate(self._names):
            if place.kind is PlaceKind.STREET:
                continue
            if name == wanted:
                yield 0, len(name), at
            elif name.startswith(wanted):
                yield 1, len(name), at
            elif len(name) > 2 and wanted.startswith(name):
                yield 2, -len(name), at
            elif len(wanted) > 1 and wanted in name:
                yield 3, len(name), at

    def _found(self, stretches: Sequence[tuple[str, Place]]) -> Found:
        """One place of all its stretches."""
        name, place = stretches[0]
        street = self._units.get(place.street, "")
        communities = dict.fromkeys(self._units.get(each.community or "", "") for _, each in stretches)
        return Found(
            name=place.name,
            alias="" if simplified(place.name).casefold() == name else name,
            street=street,
            community="、".join(filter(None, communities)),
            written=f"{street}{place.name}" if place.name in self._ambiguous else place.name,
        )
