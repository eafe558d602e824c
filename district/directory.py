"""The dispatch directory (派单目录): which unit handles which category in which area."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from district.errors import UnknownName
from district.schemas import DirectoryLine

STREET = "@street"
COMMUNITY = "@community"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the directory says of one matter.

    ``lead`` is a unit's code, None where no line applies or the place is not known. ``missing`` names what must be
    asked before the line can be followed (``place``).
    """

    line: DirectoryLine | None
    lead: str | None
    co_units: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Directory:
    """The lines of the directory by category and area. Read only, safe to share between threads.

    ``version`` is a short hash of the file, so that a suggestion can say which directory it followed.
    """

    def __init__(self, lines: Iterable[DirectoryLine], *, version: str) -> None:
        self.version = version
        self._lines = {line.line: line for line in lines}
        self._by_place: dict[tuple[str, str | None], DirectoryLine] = {}
        self._by_area: set[str] = set()
        for line in self._lines.values():
            self._by_place.setdefault((line.category, line.area), line)
            if line.area:
                self._by_area.add(line.category)

    def __iter__(self) -> Iterator[DirectoryLine]:
        return iter(self._lines.values())

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, line: str) -> DirectoryLine:
        """The line with this number; raises ``UnknownName``."""
        try:
            return self._lines[line]
        except KeyError:
            raise UnknownName("派单目录条目", line) from None

    def line_for(self, category: str, street: str | None) -> DirectoryLine | None:
        """The line that binds: the street's own before the general one, a category's own before its parent's."""
        for size in range(len(category), 0, -2):
            code = category[:size]
            line = (self._by_place.get((code, street)) if street else None) or self._by_place.get((code, None))
            if line is not None:
                return line
        return None

    def resolve(self, category: str, *, street: str | None, community: str | None) -> Resolution:
        """Lead and co-handling units of a matter.

        ``@community`` falls back to the street where the community is not known. An area rule without a place
        leaves ``missing=("place",)``; so does a category that some street has a line of its own for.
        """
        line = self.line_for(category, street)
        if line is None:
            return Resolution(None, None)
        lead = _unit(line.lead, street, community)
        co_units = [_unit(each, street, community) for each in line.co_units]
        unknown = lead is None or None in co_units or (not street and line.category in self._by_area)
        known = dict.fromkeys(each for each in co_units if each is not None and each != lead)
        return Resolution(line, lead, tuple(known), ("place",) if unknown else ())


def _unit(rule: str, street: str | None, community: str | None) -> str | None:
    if rule == STREET:
        return street or None
    if rule == COMMUNITY:
        return community or street or None
    return rule
