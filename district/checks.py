"""Everything that must hold in a pack beyond the shape of its files; each breach with file and line.

``examine`` is what ``district.pack.load`` asks, so a pack that is loaded has passed; ``check`` looks at the articles
and samples too, and counts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from district.articles import check_articles, read_articles
from district.city import check_map
from district.draft import Draft, read
from district.errors import PackNotFound, Problem
from district.formulas import COLUMNS
from district.inspection import check_inspection
from district.reading import Problems, Stated, read_text
from district.schemas import Column, Composite, Formulas, Ladder, Manifest, UnitKind
from district.street_map import FILE as STREET_MAP
from district.street_map import check_street_map
from district.supervision import check_supervision
from district.table_checks import check_tables, once
from district.transcripts import check_transcripts
from district.unit_changes import check_unit_changes
from district.wording_checks import check_wording
from district.workflow_checks import check_workflow

SAMPLES = "samples"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found: breaches by file and line, and how much of everything there is."""

    pack: str
    problems: tuple[Problem, ...]
    counts: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The report as one JSON document."""
        return {
            "pack": self.pack,
            "problems": [problem._asdict() for problem in self.problems],
            "counts": dict(self.counts),
        }


def check(folder: Path) -> Report:
    """Check a whole pack, articles and samples included. Raises ``PackNotFound``."""
    draft, problems = examine(folder)
    articles = read_articles(folder, problems)
    samples = 0
    known = {
        "category": {each.rule.code for each in draft.categories if each.rule.level == 3},
        "request_type": {each.rule.name for each in draft.request_types},
    }
    if not draft.broken & {"taxonomy.csv", "units.csv", "request_types.yaml"}:
        categories, units = ({each.rule.code for each in stated} for stated in (draft.categories, draft.units))
        check_articles(articles, categories, units, problems)
        files = sorted((folder / SAMPLES).glob("*.jsonl"))
        samples = sum(_check_samples(file, known, problems) for file in files)
    counts = {**_counts(draft), "articles": len(articles), "samples": samples}
    return Report(folder.name, tuple(problems.sorted()), counts)


def examine(folder: Path) -> tuple[Draft, Problems]:
    """Read the rules of a pack and note every breach. Raises ``PackNotFound``."""
    if not folder.is_dir():
        raise PackNotFound(str(folder))
    problems = Problems()
    draft = read(folder, problems)
    check_tables(draft, problems)
    check_workflow(draft, problems)
    check_wording(draft, problems)
    check_transcripts(folder, problems)
    if "taxonomy.csv" not in draft.broken:
        third = frozenset(each.rule.code for each in draft.categories if each.rule.level == 3)
        check_map(draft.city_categories, third, problems)
    if "units.csv" not in draft.broken:
        check_unit_changes(draft.unit_changes, frozenset(each.rule.code for each in draft.units), problems)
        if STREET_MAP not in draft.broken:
            ended = frozenset(each.rule.source for each in draft.unit_changes)
            streets = {each.rule.code: each.rule.name for each in draft.units if each.rule.kind is UnitKind.STREET}
            check_street_map(draft.street_map, streets, ended, problems)
    _check_clocks(draft, problems)
    if "calendars.yaml" not in draft.broken:
        calendars = {each.rule.name for each in draft.calendars}
        check_supervision(draft.supervision, calendars, problems)
        check_inspection(draft.inspection, calendars, problems)
    if draft.manifest is not None:
        _check_manifest(draft.manifest, problems)
    if draft.formulas is not None:
        _check_formulas(draft.formulas, problems)
    return draft, problems


def _check_manifest(manifest: Stated[Manifest], problems: Problems) -> None:
    try:
        ZoneInfo(manifest.rule.timezone)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, or a folder of names
        manifest.note(problems, f"没有时区“{manifest.rule.timezone}”", "timezone")
    period = manifest.rule.fictional_period
    if period is None:
        return
    try:
        first, last = map(date.fromisoformat, period)
    except ValueError:
        manifest.note(problems, f"日期应写作“2026-03-01”；这里是“{'、'.join(period)}”", "fictional_period")
        return
    if last < first:
        manifest.note(problems, "最后一天早于第一天", "fictional_period")


def _check_clocks(draft: Draft, problems: Problems) -> None:
    """Every column is there, every calendar known, red comes after yellow."""
    once(draft.clocks, lambda clock: clock.name, "时限“{0.name}”", problems, "name")
    once(draft.calendars, lambda calendar: calendar.name, "日历“{0.name}”", problems, "name")
    calendars = {each.rule.name for each in draft.calendars}
    if draft.ladder is not None and "calendars.yaml" not in draft.broken:
        _check_ladder(draft.ladder.rule, calendars, draft.ladder, (), problems)
    for clock in draft.clocks:
        rule = clock.rule
        if missing := [str(column) for column in Column if column not in rule.allow]:
            clock.note(problems, f"时限“{rule.name}”缺少列：{'、'.join(missing)}", "allow")
        for column, allowance in rule.allow.items():
            if allowance.calendar not in calendars and "calendars.yaml" not in draft.broken:
                clock.note(problems, f"没有日历“{allowance.calendar}”", "allow", str(column))
        if rule.ladder is not None and "calendars.yaml" not in draft.broken:
            _check_ladder(rule.ladder, calendars, clock, ("ladder",), problems)
        if rule.warn.red >= rule.warn.yellow:
            clock.note(problems, f"时限“{rule.name}”的 red 须小于 yellow", "warn")


def _check_ladder(
    ladder: Ladder, calendars: set[str], stated: Stated[Any], path: tuple[str, ...], problems: Problems
) -> None:
    for at, rung in enumerate(ladder.rungs):
        later = rung.after_overdue
        if later is not None and later.calendar not in calendars:
            stated.note(problems, f"没有日历“{later.calendar}”", *path, at)


def _check_formulas(formulas: Stated[Formulas], problems: Problems) -> None:
    rule = formulas.rule
    rates: set[str] = set()
    for at, rate in enumerate(rule.rates):
        if rate.name in rates:
            formulas.note(problems, f"指标“{rate.name}”重复", "rates", at, "name")
        rates.add(rate.name)
        for key in ("numerator", "denominator"):
            for number, term in enumerate(getattr(rate, key)):
                if term.column not in COLUMNS:
                    note = f"没有统计列“{term.column}”，可用 {'、'.join(sorted(COLUMNS))}"
                    formulas.note(problems, note, "rates", at, key, number)
    _check_weights(formulas, "composite", rule.composite, rates, problems)
    if rule.unit_score is not None:
        _check_weights(formulas, "unit_score", rule.unit_score, rates, problems)


def _check_weights(
    formulas: Stated[Formulas], key: str, composite: Composite, rates: Container[str], problems: Problems
) -> None:
    for name in composite.weights:
        if name not in rates:
            formulas.note(problems, f"没有指标“{name}”", key, "weights", name)


def _check_samples(path: Path, known: Mapping[str, Container[str]], problems: Problems) -> int:
    """Rows are JSON objects whose labels are the pack's; the number of rows."""
    file = f"{SAMPLES}/{path.name}"
    rows = [(at, row) for at, row in enumerate((read_text(path, file, problems) or "").split("\n"), 1) if row.strip()]
    for number, written in rows:
        try:
            row = json.loads(written)
        except (ValueError, RecursionError) as error:
            problems.add(file, number, f"不是 JSON：{error}")
            continue
        if not isinstance(row, dict):
            problems.add(file, number, "每行应是一个 JSON 对象")
            continue
        for key, what in (("category", "三级分类"), ("request_type", "诉求类型")):
            value = row.get(key)
            if value and (not isinstance(value, str) or value not in known[key]):
                problems.add(file, number, f"没有{what}“{value}”")
    return len(rows)


def _counts(draft: Draft) -> dict[str, int]:
    kinds = Counter(each.rule.kind for each in draft.units)
    levels = Counter(each.rule.level for each in draft.categories)
    workflow = draft.workflow.rule if draft.workflow else None
    transitions = len(workflow.ticket.transitions) + len(workflow.case.transitions) if workflow else 0
    return {
        "streets": kinds[UnitKind.STREET],
        "communities": kinds[UnitKind.COMMUNITY],
        "bureaus": kinds[UnitKind.BUREAU],
        "utilities": kinds[UnitKind.UTILITY],
        "categories_1": levels[1],
        "categories_2": levels[2],
        "categories_3": levels[3],
        "directory_lines": len(draft.directory),
        "places": len(draft.places),
        "city_categories": len(draft.city_categories),
        "transitions": transitions,
        "requests": len(workflow.requests) if workflow else 0,
        "clocks": len(draft.clocks),
        "calendars": len(draft.calendars),
        "request_types": len(draft.request_types),
        "urgency_rules": len(draft.urgency.rule.rules) if draft.urgency else 0,
        "templates": len(draft.templates),
        "rates": len(draft.formulas.rule.rates) if draft.formulas else 0,
    }
