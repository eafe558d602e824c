"""The handling units (承办单位) of a district, as a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from district.errors import DistrictError, UnknownName
from district.schemas import Unit, UnitKind

NAMED = 5
"""Units that a refusal names where several fit."""


class UnitNotMeant(DistrictError):
    """What was typed names no unit, or fits several: ``fitting`` are the first of their names, of ``many``."""

    def __init__(self, text: str, fitting: Iterable[str] = (), many: int = 0) -> None:
        self.text = text
        self.fitting = tuple(fitting)
        self.many = many
        super().__init__(self.sentence())

    def sentence(self, label: str = "单位") -> str:
        """What is wrong, under the label that the field has."""
        if not self.text:
            return f"{label}没有填写"
        if not self.fitting:
            return f"没有{label}“{self.text}”，请填写单位的名称或代码"
        more = f"等 {self.many} 个" if self.many > len(self.fitting) else ""
        return f"{label}“{self.text}”可能是{'、'.join(self.fitting)}{more}，请写全名称"


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
            for name in _names(unit):
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

    def name_of(self, code: str | None) -> str:
        """The name of the unit with this code; empty for a code that is none, or is one no more."""
        return self._units[code].name if code in self._units else ""

    def by_name(self, text: str) -> Unit | None:
        """The unit that goes by exactly this name, short name or alias; the first of the file where two share one."""
        return self._names.get(text.strip())

    def typed(self, text: str) -> Unit:
        """The unit that somebody typed, on any form: its code, one of its names, the code before the name as the lists
        offer it, or a part of a name that fits no other unit. A part means a community only where it fits none else.

        Raises ``UnitNotMeant``.
        """
        words = text.strip()
        code = words.split(maxsplit=1)[0] if words else ""
        if code in self._units:
            return self._units[code]
        found = [unit for unit in self if words in _names(unit)]
        found = found or [unit for unit in self if words and any(words in name for name in _names(unit))]
        others = [unit for unit in found if unit.kind is not UnitKind.COMMUNITY]
        match others or found:
            case [unit]:
                return unit
            case fitting:
                raise UnitNotMeant(words, (unit.name for unit in fitting[:NAMED]), len(fitting))


def _names(unit: Unit) -> tuple[str, ...]:
    return tuple(name for name in (unit.name, unit.short_name, *unit.aliases) if name)
