"""Units that were renamed, merged, split or closed in mid-year (机构变更): the pack's ``unit_changes.csv``.

``from`` is the code of the unit that ends, ``to`` that of the unit which takes its work over. Both stay in
``units.csv``: what happened under the old code is told under the old name for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from district.reading import Problems, Stated, build_rows, read_rows
from district.rule import Rule

FILE = "unit_changes.csv"
COLUMNS = ("day", "kind", "from", "to", "note")
LABELS = {"rename": "更名", "merge": "合并", "split": "拆分", "end": "撤销"}


class UnitChange(Rule):
    """One line of a change. ``day`` is the first day on which the old unit is no more; a split has several lines."""

    day: date
    kind: Literal["rename", "merge", "split", "end"]
    source: str = Field(alias="from", pattern=r"^U\d{3,5}$")
    target: str = Field("", alias="to", pattern=r"^(U\d{3,5})?$")
    note: str = ""

    @property
    def label(self) -> str:
        """The kind as people call it."""
        return LABELS[self.kind]


def read_unit_changes(folder: Path, problems: Problems) -> list[Stated[UnitChange]]:
    """The pack's file; nothing where it has none, or of lines that are wrong, which are noted."""
    if not (folder / FILE).exists():
        return []
    return build_rows(UnitChange, read_rows(folder, FILE, COLUMNS, problems), _fields, problems)


def _fields(cells: Mapping[str, str]) -> dict[str, Any]:
    return dict(cells)


def check_unit_changes(changes: Sequence[Stated[UnitChange]], units: frozenset[str], problems: Problems) -> None:
    """Both sides are units of the pack; a unit ends once, of one kind and day; nothing succeeds itself in a ring."""
    first: dict[str, UnitChange] = {}
    for each in changes:
        rule = each.rule
        for code in filter(None, (rule.source, rule.target)):
            if code not in units:
                each.note(problems, f"没有单位“{code}”；变更前后的单位都要留在 units.csv 中")
        if bool(rule.target) is (rule.kind == "end"):
            each.note(problems, "撤销（end）不填 to，其他变更须填 to")
        known = first.setdefault(rule.source, rule)
        if known is rule:
            continue
        if (known.kind, known.day) != (rule.kind, rule.day) or rule.kind != "split":
            each.note(problems, f"单位“{rule.source}”的变更重复；只有拆分（split）可有多行，且须在同一天")
        elif rule.target == known.target:
            each.note(problems, f"单位“{rule.source}”拆分到“{rule.target}”重复")
    after = {source: rule.target for source, rule in first.items()}
    for each in changes:
        if _returns_to(each.rule.source, each.rule.target, after):
            each.note(problems, f"单位“{each.rule.source}”的承接单位绕了一圈又回到它自己")
        later = first.get(each.rule.target)
        if later is not None and later.day < each.rule.day:
            each.note(problems, f"承接单位“{each.rule.target}”已在 {later.day} 撤销")


def _returns_to(source: str, target: str, after: Mapping[str, str]) -> bool:
    seen: set[str] = set()
    while target and target not in seen:
        if target == source:
            return True
        seen.add(target)
        target = after.get(target, "")
    return False


class UnitChanges:
    """All changes of a district. Read only."""

    def __init__(self, changes: Sequence[UnitChange] = ()) -> None:
        self.all = tuple(sorted(changes, key=lambda each: each.day))
        self._of: dict[str, list[UnitChange]] = {}
        for each in self.all:
            self._of.setdefault(each.source, []).append(each)

    def __bool__(self) -> bool:
        return bool(self.all)

    def ended_on(self, code: str) -> date | None:
        """The first day on which the unit is no more, or None for one that goes on."""
        found = self._of.get(code)
        return found[0].day if found else None

    def ended(self, code: str, day: date) -> bool:
        """Whether the unit is no more on this day."""
        ended_on = self.ended_on(code)
        return ended_on is not None and ended_on <= day

    def changes_of(self, code: str) -> tuple[UnitChange, ...]:
        """The lines by which this unit ended; several for a split."""
        return tuple(self._of.get(code, ()))

    def successors(self, code: str, day: date) -> tuple[str, ...]:
        """Who has the unit's work on this day: itself while it goes on, several after a split, nobody after an end."""
        if not self.ended(code, day):
            return (code,)
        found: dict[str, None] = {}
        for each in self._of[code]:
            if each.target:
                found |= dict.fromkeys(self.successors(each.target, day))
        return tuple(found)

    def successor(self, code: str, day: date) -> str:
        """The one unit that has its work on this day; empty after an end, or a split into several."""
        found = self.successors(code, day)
        return found[0] if len(found) == 1 else ""
