"""Loads a pack: every file read, every breach noted with file and line, then one frozen ``District``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from district.calendar import Calendars
from district.clocks import Clocks
from district.directory import Directory
from district.errors import PackError
from district.gazetteer import Gazetteer
from district.reading import (
    Document,
    Problems,
    Row,
    build,
    build_document,
    build_items,
    listed,
    read_document,
    read_rows,
)
from district.schemas import (
    CalendarRule,
    Category,
    ClockRule,
    DirectoryLine,
    Formulas,
    Manifest,
    Place,
    RequestType,
    Rule,
    Template,
    Unit,
    UrgencyRules,
    Workflow,
)
from district.taxonomy import Taxonomy
from district.templates import Templates
from district.units import Units

Model = TypeVar("Model", bound=Rule)
RULE_FILES = ("workflow.yaml", "clocks.yaml", "calendars.yaml", "request_types.yaml")


@dataclass(frozen=True, slots=True)
class District:
    """A loaded pack. Read only: all threads share one."""

    folder: Path
    manifest: Manifest
    units: Units
    taxonomy: Taxonomy
    directory: Directory
    gazetteer: Gazetteer
    calendars: Calendars
    clocks: Clocks
    workflow: Workflow
    templates: Templates
    formulas: Formulas
    request_types: tuple[RequestType, ...]
    urgency: UrgencyRules
    rule_version: str
    """Hash of the files a case in flight is bound by: workflow, clocks, calendars, request types."""


def load(folder: Path) -> District:
    """The district of a pack's folder. Raises ``PackError`` with every breach, each with file and line."""
    problems = Problems()
    found = _read(folder, problems)
    if problems.found or found is None:
        raise PackError(folder.name, problems.found)
    return found


def _rows(folder: Path, file: str, columns: Sequence[str], problems: Problems) -> list[Row]:
    return read_rows(folder, file, columns, problems)


def _model(model: type[Model], row: Row, file: str, data: object, problems: Problems) -> Model | None:
    return build(model, data, lambda _loc: (file, row.line), problems)


def _document(folder: Path, file: str, problems: Problems) -> Document | None:
    return read_document(folder, file, problems)


def _units(folder: Path, problems: Problems) -> Units:
    columns = ("code", "name", "short_name", "kind", "parent", "phone", "aliases")
    made = []
    for row in _rows(folder, "units.csv", columns, problems):
        cells = row.cells
        data = {**cells, "parent": cells["parent"] or None, "aliases": listed(cells["aliases"])}
        if (unit := _model(Unit, row, "units.csv", data, problems)) is not None:
            made.append(unit)
    return Units(made)


def _taxonomy(folder: Path, problems: Problems) -> Taxonomy:
    levels = ("一级分类", "二级分类", "三级分类")
    columns = ("code", *levels, "description", "keywords", "examples")
    made = []
    for row in _rows(folder, "taxonomy.csv", columns, problems):
        cells = row.cells
        data = {
            "code": cells["code"],
            "path": tuple(cells[level] for level in levels if cells[level]),
            "description": cells["description"],
            "keywords": listed(cells["keywords"]),
            "examples": listed(cells["examples"]),
        }
        if (category := _model(Category, row, "taxonomy.csv", data, problems)) is not None:
            made.append(category)
    return Taxonomy(made)


def _directory(folder: Path, units: Units, taxonomy: Taxonomy, version: str, problems: Problems) -> Directory:
    columns = ("line", "category", "lead", "co_units", "area", "clause", "basis")
    made = []
    file = "directory.csv"
    for row in _rows(folder, file, columns, problems):
        cells = row.cells
        data = {**cells, "area": cells["area"] or None, "co_units": listed(cells["co_units"])}
        line = _model(DirectoryLine, row, file, data, problems)
        if line is None:
            continue
        if line.category not in taxonomy:
            problems.add(file, row.line, f"没有分类“{line.category}”")
        for unit in (line.lead, *line.co_units, *((line.area,) if line.area else ())):
            if not unit.startswith("@") and unit not in units:
                problems.add(file, row.line, f"没有单位“{unit}”")
        made.append(line)
    covered = {line.category for line in made if line.area is None}
    for category in taxonomy.leaves:
        if category.code not in covered:
            problems.add(file, 1, f"三级分类 {category.code} {category.name} 没有派单目录条目")
    return Directory(made, version=version)


def _gazetteer(folder: Path, units: Units, problems: Problems) -> Gazetteer:
    columns = ("name", "kind", "street", "community", "aliases", "from_number", "to_number")
    made = []
    file = "gazetteer.csv"
    for row in _rows(folder, file, columns, problems):
        cells = row.cells
        data = {
            **cells,
            "community": cells["community"] or None,
            "aliases": listed(cells["aliases"]),
            "from_number": cells["from_number"] or None,
            "to_number": cells["to_number"] or None,
        }
        place = _model(Place, row, file, data, problems)
        if place is None:
            continue
        for unit in (place.street, *((place.community,) if place.community else ())):
            if unit not in units:
                problems.add(file, row.line, f"没有单位“{unit}”")
        made.append(place)
    return Gazetteer(made, units)


def _read(folder: Path, problems: Problems) -> District | None:
    manifest = build_document(Manifest, _document(folder, "pack.yaml", problems), problems)
    workflow = build_document(Workflow, _document(folder, "workflow.yaml", problems), problems)
    formulas = build_document(Formulas, _document(folder, "formulas.yaml", problems), problems)
    urgency = build_document(UrgencyRules, _document(folder, "urgency.yaml", problems), problems)
    clocks = build_items(ClockRule, _document(folder, "clocks.yaml", problems), "clocks", problems)
    calendars = build_items(CalendarRule, _document(folder, "calendars.yaml", problems), "calendars", problems)
    kinds = build_items(RequestType, _document(folder, "request_types.yaml", problems), "request_types", problems)
    templates = build_items(Template, _document(folder, "templates.yaml", problems), "templates", problems)
    units, taxonomy = _units(folder, problems), _taxonomy(folder, problems)
    directory = _directory(folder, units, taxonomy, manifest.version if manifest else "", problems)
    gazetteer = _gazetteer(folder, units, problems)
    if manifest is None or workflow is None or formulas is None or urgency is None or problems.found:
        return None
    request_types = tuple(kind for kind, _ in kinds)
    return District(
        folder=folder,
        manifest=manifest,
        units=units,
        taxonomy=taxonomy,
        directory=directory,
        gazetteer=gazetteer,
        calendars=Calendars((rule for rule, _ in calendars), manifest.timezone),
        clocks=Clocks((rule for rule, _ in clocks), request_types),
        workflow=workflow,
        templates=Templates((template for template, _ in templates), manifest),
        formulas=formulas,
        request_types=request_types,
        urgency=urgency,
        rule_version=_rule_version(folder),
    )


def _rule_version(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in RULE_FILES:
        digest.update((folder / file).read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()[:32]
