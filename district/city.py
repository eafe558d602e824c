"""What a district states about the city's platform (市平台): its words, its categories, who returns orders to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from pydantic import Field, field_validator

from district.reading import Problems, Stated, build_document, build_rows, read_document, read_rows
from district.rule import Rule
from district.schemas import Role

FILE, MAP_FILE = "city.yaml", "city_categories.csv"
MAP_COLUMNS = ("city_category", "category")

CityField = Literal[
    "number", "act", "revision", "title", "text", "place", "name", "phone", "category", "category_2", "category_3",
    "request_type", "urgency", "latitude", "longitude", "accepted_at", "deadline", "may_return", "return_until",
    "files", "reached", "contacted", "resolved", "satisfaction", "said", "rules_on", "approved", "reason",
    "at", "dropped",
]  # fmt: skip
FIELDS: frozenset[str] = frozenset(get_args(CityField))
CityValue = Literal[
    "issue", "withdraw", "urge", "verdict", "decision", "yes", "no", "satisfied", "basically_satisfied", "dissatisfied",
    "return", "extension", "nothing",
]  # fmt: skip
VALUES: frozenset[str] = frozenset(get_args(CityValue))


class CityRules(Rule):
    """市平台: ``fields`` and ``values`` add to the words known by default (``channels.city.words``)."""

    fields: dict[CityField, tuple[str, ...]] = Field(default_factory=dict)
    values: dict[CityValue, tuple[str, ...]] = Field(default_factory=dict)
    returned_by: frozenset[Role] = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
    """Who asks the city to take an order back (退回市平台)."""


class CityCategory(Rule):
    """A line of the category map: the city's category, levels joined by ``/``, and the code of ours."""

    city_category: str
    category: str

    @field_validator("city_category")
    @classmethod
    def _joined(cls, given: str) -> str:
        return path_of(given)


def path_of(written: str) -> str:
    """A category as the map names it: levels joined by ``/``, without blanks around them or empty levels."""
    for joint in (">", "＞", "－", "-", "—", "\\", "／", "|"):
        written = written.replace(joint, "/")
    return "/".join(level for part in written.split("/") if (level := part.strip(" \u3000\t")))


@dataclass(frozen=True, slots=True)
class City:
    """The city's platform as the district knows it. Read only."""

    rules: CityRules = field(default_factory=CityRules)
    categories: Mapping[str, str] = field(default_factory=dict)

    def category(self, path: str) -> str:
        """Our code for a category of the city's; the nearest level above it that is mapped; empty when none is."""
        levels = path_of(path).split("/")
        while levels:
            if code := self.categories.get("/".join(levels)):
                return code
            levels.pop()
        return ""


def read_city(folder: Path, problems: Problems) -> Stated[CityRules] | None:
    """The pack's ``city.yaml``; None where it has none, or after noting what is wrong with it."""
    if not (folder / FILE).exists():
        return None
    return build_document(CityRules, read_document(folder, FILE, problems), problems)


def read_map(folder: Path, problems: Problems) -> list[Stated[CityCategory]]:
    """The pack's ``city_categories.csv``; empty where it has none."""
    if not (folder / MAP_FILE).exists():
        return []
    rows = read_rows(folder, MAP_FILE, MAP_COLUMNS, problems)
    return build_rows(CityCategory, rows, dict, problems)


def check_map(lines: Iterable[Stated[CityCategory]], known: frozenset[str], problems: Problems) -> None:
    """Each category of the city once, each code a third-level category of ours."""
    seen: set[str] = set()
    for line in lines:
        if line.rule.city_category in seen:
            line.note(problems, f"市平台分类“{line.rule.city_category}”重复", "city_category")
        seen.add(line.rule.city_category)
        if line.rule.category not in known:
            line.note(problems, f"没有三级分类“{line.rule.category}”", "category")
