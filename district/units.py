"""The handling units (承办单位) of a district, as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from district.errors import UnknownName
from district.schemas import Unit, UnitKind


class Units:
    """The unit tree. Read only, safe to share between threads.

    Cycles and unknown parents were refused when the pack was checked (``district.table_checks``).
    """

    def __init__(self, units: Iterable[Unit]) -> None:
        self._units = {unit.code: unit for unit in units}
        below: dict[str, list[Unit]] = {}
        for unit in self._units.values():
            if unit.parent:
                below.setdefault(unit.parent, []).append(unit)
        self._children = {code: tuple(found) for code, found in below.items()}
        self._descendants = {code: frozenset(self._walk(code)) for code in self._units}
        self._names: dict[str, Unit] = {}
        for unit in self._units.values():
            for name in (unit.name, unit.short_name, *unit.aliases):
                if name:
                    self._names.setdefault(name, unit)
        self.streets = tuple(unit for unit in self._units.values() if unit.kind is UnitKind.STREET)

    def _walk(self, code: str) -> Iterator[str]:
        waiting, seen = [code], {code}
        while waiting:
            here = waiting.pop()
            yield here
            for child in self._children.get(here, ()):
                if child.code not in seen:
                    seen.add(child.code)
                    waiting.append(child.code)

    def __iter__(self) -> Iterator[Unit]:
        return iter(self._units.values())

    def __len__(self) -> int:
        return len(self._units)

    def __contains__(self, code: object) -> bool:
        return code in self._units

    def get(self, code: str) -> Unit:
        """The unit with this code; raises ``UnknownName``."""
        try:
            return self._units[code]
        except KeyError:
            raise UnknownName("单位", code) from None

    def descendants(self, code: str) -> frozenset[str]:
        """Codes of the unit itself and of all units below: whose cases the unit may see."""
        return self._descendants.get(code, frozenset())

    def by_name(self, text: str) -> Unit | None:
        """The unit that goes by exactly this name, short name or alias; the first of the file where two share one."""
        return self._names.get(text.strip())
