"""The fields of a query as an index and the database know them, and what is said of a name that nothing has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches

from district.schemas import Unit
from district.taxonomy import Taxonomy
from district.units import Units
from knowledge.index import Filters
from knowledge.operators import Field, ParsedQuery

STATES = ("有效", "已发布", "未生效", "待复核", "待审", "待发布", "草稿", "已过期", "已撤下")
"""What can be written behind ``状态:``."""
LONGEST_NAME = 40
NEAR = 0.5
"""How alike a name must be to be offered instead, as ``difflib`` measures it."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the fields of a query narrow to. ``notes`` name what nothing has; then nothing can be found."""

    filters: Filters
    state: str = ""
    notes: tuple[str, ...] = ()


def narrowed(parsed: ParsedQuery, taxonomy: Taxonomy, units: Units, *, on: date | None) -> Narrowed:
    """The fields by names or codes as codes."""
    if not parsed.fields:
        return Narrowed(Filters(on=on))
    notes: list[str] = []

    def code(field: Field, what: str, known: Mapping[str, str]) -> str:
        name = parsed.field(field)
        if name and name not in known:
            notes.append(unknown(name, what, known))
        return known.get(name, "")

    filters = Filters(
        unit=code(Field.UNIT, "承办单位", _by_name(units)),
        street=code(Field.STREET, "街道", _by_name(units.streets)),
        category=code(Field.CATEGORY, "分类", _categories(taxonomy)),
        on=on,
    )
    state = code(Field.STATE, "状态", dict(zip(STATES, STATES, strict=True)))
    return Narrowed(filters, state, tuple(notes))


def unknown(name: str, what: str, known: Iterable[str]) -> str:
    """Chinese: nothing has this name, and which one may have been meant."""
    near = get_close_matches(name[:LONGEST_NAME], known, n=1, cutoff=NEAR)
    if what == "状态":
        return f"没有名为“{name[:LONGEST_NAME]}”的状态，可以写：{'、'.join(STATES)}"
    meant = f"，是不是“{near[0]}”" if near else ""
    return f"没有名为“{name[:LONGEST_NAME]}”的{what}{meant}"


def _by_name(units: Iterable[Unit]) -> dict[str, str]:
    """Codes by every name a unit goes by; the first of the file where two share one."""
    found: dict[str, str] = {}
    for unit in units:
        for name in (unit.code, unit.name, unit.short_name, *unit.aliases):
            if name:
                found.setdefault(name, unit.code)
    return found


def _categories(taxonomy: Taxonomy) -> dict[str, str]:
    """Codes by code and name; of a name that several have the uppermost."""
    found: dict[str, str] = {}
    for each in sorted(taxonomy, key=lambda category: len(category.code)):
        found.setdefault(each.name, each.code)
    return found | {each.code: each.code for each in taxonomy}
