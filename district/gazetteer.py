"""The gazetteer (地名库): finds the district's places in a text and says where they lie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from district.schemas import Place, PlaceKind, Unit, UnitKind

Spot = tuple[str, str | None]
"""Codes of a street and, where known, of a community."""

_NUMBER = re.compile(
    r"\s{0,2}(?:[甲乙丙丁]|[东西南北](?:里|侧|段)?)?\s?(\d{1,4}|[一二三四五六七八九十百零〇]{1,6})\s?(?:[甲乙丙]\s?)?号(?![楼线])"
)
_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0}


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A place named in a text: ``text[start:end]``, and every place of the gazetteer that goes by that name.

    Where a house number follows (``number``), only the stretches of the road that include it are left.
    """

    text: str
    start: int
    end: int
    places: tuple[Place, ...]
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Location:
    """The single best guess of where a matter lies; None where the text leaves it open.

    ``candidates`` are all (street, community) pairs that agree with the text, in the order of the gazetteer.
    """

    street: str | None
    community: str | None
    candidates: tuple[Spot, ...] = ()


class Gazetteer:
    """Places by name and alias. Read only, safe to share between threads.

    ``units`` add the names of streets and communities, so that those are found even where the file leaves them out.
    """

    def __init__(self, places: Iterable[Place], units: Iterable[Unit] = ()) -> None:
        self._places = tuple(places)
        by_name: dict[str, list[Place]] = {}
        for place in self._places:
            for name in dict.fromkeys((place.name, *place.aliases)):
                by_name.setdefault(name, []).append(place)
        for unit in units:
            if (place_of_unit := _place(unit)) is not None:
                # a short name of two characters is too often part of another word
                for name in {unit.name, *(short for short in (unit.short_name,) if len(short) > 2)}:
                    by_name.setdefault(name, [place_of_unit])
        self._by_name = {name: tuple(found) for name, found in by_name.items() if len(name) > 1}
        self._starts: dict[str, tuple[str, ...]] = {}
        starts: dict[str, list[str]] = {}
        for name in self._by_name:
            starts.setdefault(name[:2], []).append(name)
        self._starts = {head: tuple(sorted(names, key=len, reverse=True)) for head, names in starts.items()}

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def names(self) -> frozenset[str]:
        """Every name and alias, e.g. for a word cutter's dictionary."""
        return frozenset(self._by_name)

    def find(self, text: str) -> list[PlaceMatch]:
        """Places named in the text, from left to right; the longest name wins, matches do not overlap."""
        found: list[PlaceMatch] = []
        at = 0
        while at < len(text) - 1:
            name = next((name for name in self._starts.get(text[at : at + 2], ()) if text.startswith(name, at)), None)
            if name is None:
                at += 1
                continue
            end = at + len(name)
            places, number = _narrowed(self._by_name[name], text, end)
            found.append(PlaceMatch(name, at, end, places, number))
            at = end
        return found

    def locate(self, text: str) -> Location:
        """Where the text as a whole lies: the most specific place leads, the others narrow it where they agree."""
        return self.locate_matches(self.find(text))

    def locate_matches(self, matches: Iterable[PlaceMatch]) -> Location:
        """The same for matches found before."""
        told = [tuple(dict.fromkeys((each.street, each.community) for each in match.places)) for match in matches]
        told.sort(key=lambda spots: (len(spots), spots[0][1] is None))  # stable: the earlier leads among equals
        here: tuple[Spot, ...] = ()
        for spots in told:
            if not here:
                here = spots
            elif both := tuple(dict.fromkeys(spot for pair in product(here, spots) if (spot := _joined(*pair)))):
                here = both
        streets = {street for street, _ in here}
        spots_left = set(here)
        street = next(iter(streets)) if len(streets) == 1 else None
        community = here[0][1] if len(spots_left) == 1 else None
        return Location(street, community, here)


def _place(unit: Unit) -> Place | None:
    if unit.kind is UnitKind.STREET:
        return Place(name=unit.name, kind=PlaceKind.STREET, street=unit.code)
    if unit.kind is UnitKind.COMMUNITY and unit.parent:
        return Place(name=unit.name, kind=PlaceKind.COMMUNITY, street=unit.parent, community=unit.code)
    return None


def _joined(one: Spot, other: Spot) -> Spot | None:
    """The place both describe; a spot without a community agrees with any of its street."""
    if one[0] != other[0] or (one[1] and other[1] and one[1] != other[1]):
        return None
    return one[0], one[1] or other[1]


def _narrowed(places: tuple[Place, ...], text: str, end: int) -> tuple[tuple[Place, ...], int | None]:
    if all(place.from_number is None and place.to_number is None for place in places):
        return places, None
    found = _NUMBER.match(text, end)
    if not found:
        return places, None
    number = int(found[1]) if found[1].isdecimal() else _chinese_number(found[1])
    kept = tuple(place for place in places if (place.from_number or 0) <= number <= (place.to_number or 99999))
    return kept or places, number


def _chinese_number(text: str) -> int:
    """The value of a number below 1,000 as a house number writes it: 一百二十三, 十二, 一二三."""
    if not set(text) & {"十", "百"}:
        return int("".join(str(_DIGITS[each]) for each in text))
    value, digit = 0, 0
    for each in text:
        if each in "十百":
            value += (digit or 1) * (10 if each == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[each]
    return value + digit
