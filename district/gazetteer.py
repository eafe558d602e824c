"""The gazetteer (地名库): finds the district's places in a text and says where they lie."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from district import numerals, place_names
from district.characters import simplified
from district.name_index import NameIndex
from district.roles import Mention, Role, is_away, joined, roles
from district.schemas import Place, PlaceKind, Unit

Spot = tuple[str, str | None]
"""Codes of a street and, where known, of a community."""

_NUMBER = re.compile(
    r"\s{0,2}(?:[路街]?[东西南北](?:[里侧边]|段)?|门牌)?\s?[甲乙丙丁第]?\s?"
    r"(\d{1,4}|[一二三四五六七八九十百零〇廿卅壹贰叁肆伍陆柒捌玖拾佰]{1,7})(?:[-—之、和,]\d{1,4}){0,3}\s?(?:[甲乙丙]\s?)?(?:号(?!线|楼(?![下上道前后门里内顶]))|弄)"
)


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """A place named in a text: ``text[start:end]``, and every place of the gazetteer that goes by that name.

    Where a house number follows (``number``), only the stretches of the road that include it are left. ``joined``:
    it goes with the match before, as two roads of one crossing, the ends of one way, places of one list. ``away``: what
    is meant lies some way from it (往东200米), maybe in the next community.
    """

    text: str
    start: int
    end: int
    places: tuple[Place, ...]
    number: int | None = None
    role: Role = Role.MATTER
    joined: bool = False
    away: bool = False


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
    ``around`` are the names of the district and its city: after the name of any other, a place is not ours.
    """

    def __init__(self, places: Iterable[Place], units: Iterable[Unit] = (), around: Iterable[str] = ()) -> None:
        self._places = tuple(places)
        by_name: dict[str, list[Place]] = {}
        for place in self._places:
            for name in dict.fromkeys(place_names.given(place)):
                by_name.setdefault(name, []).append(place)
        known = [*self._places]
        for unit in units:
            if (of_unit := place_names.place_of(unit)) is not None:
                known.append(of_unit)
                # a short name of two characters is too often part of another word
                for name in {unit.name, *(short for short in (unit.short_name,) if len(short) > 2)}:
                    by_name.setdefault(name, [of_unit])
        self._given = frozenset(name for name in by_name if len(name) > 1)
        derived: dict[str, list[Place]] = {}
        streets = {place.street: place.name for place in known if place.kind is PlaceKind.STREET}
        for place in known:
            for name in dict.fromkeys(place_names.derived(place, streets.get(place.street, ""))):
                if name not in by_name:
                    derived.setdefault(name, []).append(place)
        heads: dict[str, list[Place]] = {}
        for place in self._places:
            if head := place_names.estate(place):
                heads.setdefault(head, []).append(place)
        self._index = NameIndex(by_name, derived, heads, around)

    def __iter__(self) -> Iterator[Place]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    @property
    def names(self) -> frozenset[str]:
        """Every name and alias given, e.g. for a word cutter's dictionary."""
        return self._given

    def find(self, text: str) -> list[PlaceMatch]:
        """Places named in the text, from left to right; the longest name wins, matches do not overlap.

        Traditional characters and slips of one sound (梧桐大到) count as the name; ``PlaceMatch.text`` is what stands
        in the text given. The cost grows with the length of the text and the number of places, not with the gazetteer.
        """
        plain = simplified(text)
        hits = self._index.find(plain)
        mentions = [Mention(hit.start, hit.end, frozenset(place.kind for place in hit.places)) for hit in hits]
        together = joined(plain, mentions)
        found: list[PlaceMatch] = []
        for at, (hit, role) in enumerate(zip(hits, roles(plain, mentions), strict=True)):
            places, number = _narrowed(hit.places, plain, hit.end)
            part = Role.ELSEWHERE if hit.outside else role
            away = is_away(plain, mentions[at])
            written = text[hit.start : hit.end]
            found.append(PlaceMatch(written, hit.start, hit.end, places, number, part, at in together, away))
        return found

    def locate(self, text: str) -> Location:
        """Where the text as a whole lies: the most specific place leads, the others narrow it where they agree."""
        return self.locate_matches(self.find(text))

    def locate_matches(self, matches: Iterable[PlaceMatch]) -> Location:
        """The same for matches found before. What plays a lesser part (``Role``) counts where nothing greater does."""
        here: tuple[Spot, ...] = ()
        for each in _told(list(matches)):
            if not here:
                here = each.spots
            elif (each.role <= Role.BESIDE or len(_streets(here)) > 1) and (both := _both(here, each.spots)):
                here = both
        streets = _streets(here)
        street = next(iter(streets)) if len(streets) == 1 else None
        community = here[0][1] if len(set(here)) == 1 else None
        return Location(street, community, here)


def _told(matches: Sequence[PlaceMatch]) -> list[_Told]:
    """What the mentions say of the place, the one that leads first."""
    told: list[_Told] = []
    for match in matches:
        if match.role == Role.ELSEWHERE:
            continue
        spots = tuple(dict.fromkeys((each.street, None if match.away else each.community) for each in match.places))
        if match.joined and told:
            before = told.pop()
            told.append(_Told(min(before.role, match.role), _crossed(before.spots, spots)))
        else:
            told.append(_Told(match.role, spots))
    if not told:
        return []
    greatest = min(each.role for each in told)
    votes: Counter[str] = Counter()
    for each in told:
        if each.role == greatest:
            votes.update(each.votes())
    # stable: the earlier leads among equals
    told.sort(key=lambda each: (each.role, -max(votes[street] for street, _ in each.spots), each.width))
    return told


@dataclass(frozen=True, slots=True)
class _Told:
    """What one mention, or a few that go together, say of the place."""

    role: Role
    spots: tuple[Spot, ...]

    @property
    def width(self) -> tuple[int, bool]:
        """The less, the more exact."""
        return len(self.spots), self.spots[0][1] is None

    def votes(self) -> dict[str, int]:
        """What it speaks for: a place of one street for that street, the name of a street itself half as much."""
        streets = _streets(self.spots)
        weight = 6 if any(community for _, community in self.spots) else 3
        return {street: weight // len(streets) for street in streets}


def _streets(spots: Iterable[Spot]) -> set[str]:
    return {street for street, _ in spots}


def _crossed(one: tuple[Spot, ...], other: tuple[Spot, ...]) -> tuple[Spot, ...]:
    """Where two places go together: what they share; else their common street; else either."""
    if both := _both(one, other):
        return both
    streets = dict.fromkeys(street for street, _ in one if street in {each for each, _ in other})
    return tuple((street, None) for street in streets) or tuple(dict.fromkeys((*one, *other)))


def _both(one: tuple[Spot, ...], other: tuple[Spot, ...]) -> tuple[Spot, ...]:
    return tuple(dict.fromkeys(spot for pair in product(one, other) if (spot := _joined(*pair))))


def _joined(one: Spot, other: Spot) -> Spot | None:
    """The place both describe; a spot without a community agrees with any of its street."""
    if one[0] != other[0] or (one[1] and other[1] and one[1] != other[1]):
        return None
    return one[0], one[1] or other[1]


def _narrowed(places: tuple[Place, ...], text: str, end: int) -> tuple[tuple[Place, ...], int | None]:
    if all(place.kind is not PlaceKind.ROAD and place.from_number is None for place in places):
        return places, None
    found = _NUMBER.match(text, end)
    number = numerals.value(found[1]) if found else None
    if number is None:
        return places, None
    kept = tuple(place for place in places if (place.from_number or 0) <= number <= (place.to_number or 99999))
    return kept or places, number
