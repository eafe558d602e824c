"""docs/pack.md names every file, column and field of a pack, and its examples are what it says they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from district import callback
from district.asks import Ask, AskWords
from district.automatic import AutomaticRules
from district.callback import CallbackRules, DegreeQuestion, MarkRules, Script
from district.city import FIELDS as CITY_FIELDS
from district.city import MAP_COLUMNS, VALUES, CityRules
from district.draft import COLUMNS
from district.duty import AcknowledgeMinutes, DutyRules
from district.formulas import COLUMNS as FACTS
from district.inspection import Fault, InspectionRules, Item, Sheet
from district.matters import MatterRules
from district.notices import NoticeRule, NoticeRules, Quiet
from district.phrases import Phrases
from district.questionnaire import Choice, Questionnaire, ReplyWords
from district.reading import Document, Problems, Stated, build_document, build_items, compose
from district.replies import BUILT_IN, Phrase, Question, ReplyRules
from district.retention import RetentionRules
from district.schemas import (
    ArticleSource,
    CalendarRule,
    ClockRule,
    Cue,
    Formulas,
    Ladder,
    Life,
    Manifest,
    RequestKind,
    RequestType,
    Rule,
    Rung,
    Template,
    Transition,
    UnitKind,
    UrgencyRule,
    UrgencyRules,
    Workflow,
)
from district.self_service import SelfServiceRules
from district.sheets import FIELDS, SheetHeadings
from district.supervision import FollowUpRules, OrderLevel, SupervisionRules
from district.synonyms import OneWay, SynonymRules
from district.unit_changes import UnitChange

DOCS = (Path(__file__).parents[3] / "docs" / "pack.md").read_text(encoding="utf-8")
LISTS: dict[str, type[Rule]] = {
    "calendars": CalendarRule,
    "clocks": ClockRule,
    "request_types": RequestType,
    "templates": Template,
    "asks": Ask,
}
BESIDE: dict[str, type[Rule]] = {"ladder": Ladder, "words": AskWords}
"""What may stand beside a list in its file."""
WHOLE: dict[str, type[Rule]] = {
    "negations": UrgencyRules,
    "version": Formulas,
    "name": Manifest,
    "headings": SheetHeadings,
    "fields": CityRules,
    "event": MatterRules,
    "target": AutomaticRules,
    "closed_years": RetentionRules,
    "weight": SynonymRules,
    "shortest": ReplyRules,
    "acknowledge_minutes": DutyRules,
    "group_minutes": NoticeRules,
    "hours": CallbackRules,
    "issued_by": SupervisionRules,
    "share": InspectionRules,
    "draft_hours": SelfServiceRules,
    "phrases": Phrases,
}
MODELS = (
    *LISTS.values(),
    *WHOLE.values(),
    AskWords,
    OneWay,
    OrderLevel,
    FollowUpRules,
    Sheet,
    Item,
    Fault,
    Workflow,
    Life,
    Transition,
    RequestKind,
    UrgencyRule,
    Rung,
    Cue,
    ArticleSource,
    Phrase,
    Question,
    AcknowledgeMinutes,
    NoticeRule,
    Quiet,
    UnitChange,
    Script,
    callback.Question,
    DegreeQuestion,
    MarkRules,
    Questionnaire,
    Choice,
    ReplyWords,
)


def examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", DOCS, re.DOTALL)


def made(written: str, problems: Problems) -> list[Stated[Rule]]:
    document = compose("docs", written, problems)
    assert document is not None
    first = next(iter(document.data))
    if first in LISTS:
        parts = {key: Document("docs", {key: document.data[key]}, document.lines) for key in document.data}
        beside = [
            build_document(model, parts.pop(key), problems, (key,)) for key, model in BESIDE.items() if key in parts
        ]
        items = [item for key, part in parts.items() for item in build_items(LISTS[key], part, key, problems)]
        return [*items, *(each for each in beside if each is not None)]
    whole = build_document(WHOLE[first], document, problems)
    return [whole] if whole else []


@pytest.mark.parametrize("written", examples(), ids=lambda written: written.split(":")[0])
def test_every_example_is_a_sound_part_of_a_pack(written: str) -> None:
    problems = Problems()
    assert made(written, problems)
    assert problems.found == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_every_field_is_named(model: type[BaseModel]) -> None:
    fields = {field.alias or name for name, field in model.model_fields.items()} - {"body"}
    assert {name for name in fields if not re.search(rf"\b{name}\b", DOCS)} == set()


def test_every_file_and_column_is_named() -> None:
    for file, columns in COLUMNS.items():
        assert f"`{file}`" in DOCS
        assert [column for column in columns if f"`{column}`" not in DOCS] == []
    assert [kind for kind in UnitKind if f"`{kind}`" not in DOCS] == []
    assert "`walk_in.yaml`" in DOCS
    assert [field for field in FIELDS if f"`{field}`" not in DOCS] == []
    assert "`city.yaml`" in DOCS
    assert "`reply_check.yaml`" in DOCS
    assert [kind for kind in BUILT_IN if f"`{kind}`" not in DOCS] == []
    assert [word for word in (*CITY_FIELDS, *VALUES, *MAP_COLUMNS) if f"`{word}`" not in DOCS] == []


def test_an_example_of_a_formula_names_columns_there_are() -> None:
    (formulas,) = (
        each.rule for text in examples() for each in made(text, Problems()) if isinstance(each.rule, Formulas)
    )
    assert {term.column for rate in formulas.rates for term in (*rate.numerator, *rate.denominator)} <= FACTS
