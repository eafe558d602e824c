"""A small district's words, and files planned and landed the way the edge does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from api import article_imports
from district.schemas import Category, Unit
from district.taxonomy import Taxonomy
from district.units import Units
from knowledge.importing import reading
from knowledge.importing.material import Reading
from knowledge.importing.plan import ImportPlan, plan
from knowledge.importing.vocabulary import Vocabulary
from storage.database import Database
from tests.unit.knowledge.importing import office

VOCABULARY = Vocabulary(
    Taxonomy(
        Category(code=code, path=path)
        for code, path in (
            ("03", ("市政",)),
            ("0304", ("市政", "照明")),
            ("030401", ("市政", "照明", "路灯不亮")),
            ("030402", ("市政", "照明", "灯杆倾斜")),
        )
    ),
    Units([Unit(code="U012", name="区城市管理委", short_name="城管委", kind="bureau", aliases=("区城管委",))]),
)


def sheet(*rows: tuple[Any, ...], head: tuple[str, ...] = ("编号", "问题", "答案"), file: str = "a.xlsx") -> Reading:
    return reading.read(file, office.xlsx(head, *rows))


def planned(database: Database, *readings: Reading, actor: str = "author") -> ImportPlan:
    with database.read() as session:
        return plan(session, readings, actor=actor, vocabulary=VOCABULARY)


def land(database: Database, now: datetime, made: ImportPlan, *, actor: str = "author") -> ImportPlan:
    """Bring in what is planned; the plan says then what became of it."""
    for _ in article_imports.land(database, made, actor=actor, clock=lambda: now, on_record=lambda *_: None):
        pass
    return made


def landed(database: Database, now: datetime, *readings: Reading) -> ImportPlan:
    return land(database, now, planned(database, *readings))


def counts(made: ImportPlan) -> tuple[int, int, int, int]:
    return made.count("added"), made.count("changed"), made.count("unchanged"), len(made.faults)
