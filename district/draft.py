"""What a pack's files say, before anybody asks whether it fits together: every rule with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from district.asks import FILE as ASKS
from district.asks import WORDS, Ask, AskWords, read_asks
from district.automatic import AutomaticRules, read_automatic
from district.callback import CallbackRules, read_callback
from district.city import CityCategory, CityRules, read_city, read_map
from district.dialogue import DialogueRules, read_dialogue
from district.duty import DutyRules, read_duty
from district.examples import Example, read_examples
from district.inspection import InspectionRules, read_inspection
from district.matters import MatterRules, read_matters
from district.notices import NoticeRules, read_notices
from district.phrases import Phrases, read_phrases
from district.reading import (
    Model,
    Problems,
    Stated,
    build_document,
    build_items,
    build_rows,
    listed,
    read_document,
    read_rows,
)
from district.replies import ReplyRules, read_replies
from district.retention import RetentionRules, read_retention
from district.schemas import (
    CalendarRule,
    Category,
    ClockRule,
    DirectoryLine,
    Formulas,
    Ladder,
    Manifest,
    Place,
    RequestType,
    Template,
    Unit,
    UrgencyRules,
    Workflow,
)
from district.self_service import SelfServiceRules, read_self_service
from district.sheets import SheetHeadings, read_headings
from district.street_map import StreetMap, read_street_map
from district.supervision import SupervisionRules, read_supervision
from district.synonyms import SynonymRules, read_synonyms
from district.transcripts import Transcripts, check_transcripts
from district.unit_changes import UnitChange, read_unit_changes

Cells = Mapping[str, str]
LEVELS = ("一级分类", "二级分类", "三级分类")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "units.csv": ("code", "name", "short_name", "kind", "parent", "phone", "aliases"),
    "taxonomy.csv": ("code", *LEVELS, "description", "keywords", "examples"),
    "directory.csv": ("line", "category", "lead", "co_units", "area", "clause", "basis"),
    "gazetteer.csv": ("name", "kind", "street", "community", "aliases", "from_number", "to_number"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """All rules that could be read; what could not is left out (None for a whole file) and was noted."""

    folder: Path
    manifest: Stated[Manifest] | None
    workflow: Stated[Workflow] | None
    formulas: Stated[Formulas] | None
    urgency: Stated[UrgencyRules] | None
    clocks: list[Stated[ClockRule]]
    ladder: Stated[Ladder] | None
    calendars: list[Stated[CalendarRule]]
    request_types: list[Stated[RequestType]]
    templates: list[Stated[Template]]
    units: list[Stated[Unit]]
    categories: list[Stated[Category]]
    directory: list[Stated[DirectoryLine]]
    places: list[Stated[Place]]
    headings: Stated[SheetHeadings] | None
    transcripts: Transcripts | None
    city: Stated[CityRules] | None
    matters: Stated[MatterRules] | None
    synonyms: Stated[SynonymRules] | None
    automatic: Stated[AutomaticRules] | None
    replies: Stated[ReplyRules] | None
    duty: Stated[DutyRules] | None
    notices: Stated[NoticeRules] | None
    unit_changes: list[Stated[UnitChange]]
    callback: Stated[CallbackRules] | None
    dialogue: Stated[DialogueRules] | None
    retention: Stated[RetentionRules] | None
    supervision: Stated[SupervisionRules] | None
    inspection: Stated[InspectionRules] | None
    self_service: Stated[SelfServiceRules] | None
    phrases: Stated[Phrases] | None
    city_categories: list[Stated[CityCategory]]
    asks: list[Stated[Ask]]
    ask_words: Stated[AskWords] | None
    examples: list[Example]
    street_map: StreetMap | None
    broken: frozenset[str]
    """Files that could not be read whole: nobody is blamed for referring to a line that is missing there."""


def read(folder: Path, problems: Problems) -> Draft:
    """Read every file of rules; what is not sound is noted with file and line."""
    files = _Files(folder, problems)
    return Draft(
        folder=folder,
        manifest=files.document("pack.yaml", Manifest),
        workflow=files.document("workflow.yaml", Workflow),
        formulas=files.document("formulas.yaml", Formulas),
        urgency=files.document("urgency.yaml", UrgencyRules),
        clocks=files.items("clocks.yaml", ClockRule, "clocks", beside="ladder"),
        ladder=files.part("clocks.yaml", Ladder, "ladder"),
        calendars=files.items("calendars.yaml", CalendarRule, "calendars"),
        request_types=files.items("request_types.yaml", RequestType, "request_types"),
        templates=files.items("templates.yaml", Template, "templates"),
        units=files.rows("units.csv", Unit, _unit),
        categories=files.rows("taxonomy.csv", Category, _category),
        directory=files.rows("directory.csv", DirectoryLine, _line),
        places=files.rows("gazetteer.csv", Place, _place),
        headings=read_headings(folder, problems),
        transcripts=check_transcripts(folder, problems),
        city=read_city(folder, problems),
        matters=read_matters(folder, problems),
        synonyms=read_synonyms(folder, problems),
        automatic=read_automatic(folder, problems),
        replies=read_replies(folder, problems),
        duty=read_duty(folder, problems),
        notices=read_notices(folder, problems),
        unit_changes=read_unit_changes(folder, problems),
        callback=read_callback(folder, problems),
        dialogue=read_dialogue(folder, problems),
        retention=read_retention(folder, problems),
        supervision=read_supervision(folder, problems),
        inspection=read_inspection(folder, problems),
        self_service=read_self_service(folder, problems),
        phrases=read_phrases(folder, problems),
        city_categories=read_map(folder, problems),
        asks=read_asks(folder, problems),
        ask_words=files.part(ASKS, AskWords, WORDS),
        examples=read_examples(folder, problems),
        street_map=read_street_map(folder, problems),
        broken=frozenset(problem.file for problem in problems.found),
    )


@dataclass(frozen=True, slots=True)
class _Files:
    folder: Path
    problems: Problems

    def document(self, file: str, model: type[Model]) -> Stated[Model] | None:
        return build_document(model, read_document(self.folder, file, self.problems), self.problems)

    def items(self, file: str, model: type[Model], key: str, *, beside: str = "") -> list[Stated[Model]]:
        return build_items(model, read_document(self.folder, file, self.problems), key, self.problems, beside=beside)

    def part(self, file: str, model: type[Model], key: str) -> Stated[Model] | None:
        """What stands under ``key`` of a file whose list is read by ``items``; None where nothing does."""
        document = read_document(self.folder, file, Problems())
        if document is None or not isinstance(document.data, dict) or key not in document.data:
            return None
        return build_document(model, document, self.problems, (key,))

    def rows(self, file: str, model: type[Model], fields: Callable[[Cells], dict[str, Any]]) -> list[Stated[Model]]:
        return build_rows(model, read_rows(self.folder, file, COLUMNS[file], self.problems), fields, self.problems)


def _unit(cells: Cells) -> dict[str, Any]:
    return {**cells, "parent": cells["parent"] or None, "aliases": listed(cells["aliases"])}


def _category(cells: Cells) -> dict[str, Any]:
    return {
        "code": cells["code"],
        "path": tuple(cells[level] for level in LEVELS if cells[level]),
        "description": cells["description"],
        "keywords": listed(cells["keywords"]),
        "examples": listed(cells["examples"]),
    }


def _line(cells: Cells) -> dict[str, Any]:
    return {**cells, "area": cells["area"] or None, "co_units": listed(cells["co_units"])}


def _place(cells: Cells) -> dict[str, Any]:
    optional = {name: cells[name] or None for name in ("community", "from_number", "to_number")}
    return {**cells, **optional, "aliases": listed(cells["aliases"])}
