"""Loads a pack: every file read and checked, every breach noted with file and line, then one frozen ``District``."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from district.asks import Ask, AskWords
from district.automatic import AutomaticRules
from district.calendar import Calendars
from district.callback import CallbackRules
from district.checks import examine
from district.city import City, CityRules
from district.clocks import Clocks
from district.dialogue import DialogueRules
from district.directory import Directory
from district.draft import Draft
from district.duty import DutyRules
from district.errors import PackError
from district.examples import Examples
from district.gazetteer import Gazetteer
from district.inspection import InspectionRules
from district.matters import MatterRules
from district.notices import NoticeRules
from district.phrases import AnswerForm, Phrase
from district.replies import ReplyRules
from district.retention import RetentionRules
from district.schemas import Formulas, Manifest, RequestType, UrgencyRules, Workflow
from district.self_service import SelfServiceRules
from district.street_map import StreetMap
from district.supervision import SupervisionRules
from district.synonyms import SynonymRules
from district.taxonomy import Taxonomy
from district.templates import Templates
from district.unit_changes import UnitChanges
from district.units import Units

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
    city: City
    asks: tuple[Ask, ...]
    ask_words: AskWords
    examples: Examples
    matters: MatterRules
    synonyms: SynonymRules
    automatic: AutomaticRules
    replies: ReplyRules
    duty: DutyRules
    notices: NoticeRules
    unit_changes: UnitChanges
    callback: CallbackRules
    dialogue: DialogueRules
    retention: RetentionRules
    supervision: SupervisionRules
    inspection: InspectionRules
    self_service: SelfServiceRules
    phrases: tuple[Phrase, ...]
    answer_forms: tuple[AnswerForm, ...]
    street_map: StreetMap | None
    channel_settings: Mapping[str, Mapping[str, object]]
    """What the pack adds to the settings of a channel's accounts: headings of sheets, layouts of transcripts."""
    rule_version: str
    """Hash of the files a case in flight is bound by: workflow, clocks, calendars, request types."""
    pages: str = ""
    """Where residents reach the desk's pages, without a slash at its end; empty where nobody has said so."""


def load(folder: Path) -> District:
    """The district of a pack's folder: its rules, without articles and samples, which their users read.

    Raises ``PackError`` with every breach, each with file and line, and ``PackNotFound``.
    """
    draft, problems = examine(folder)
    manifest, workflow, formulas, urgency = draft.manifest, draft.workflow, draft.formulas, draft.urgency
    if problems.found or manifest is None or workflow is None or formulas is None or urgency is None:
        raise PackError(folder.name, problems.sorted())
    units = Units(each.rule for each in draft.units)
    request_types = tuple(each.rule for each in draft.request_types)
    return District(
        folder=folder,
        manifest=manifest.rule,
        units=units,
        taxonomy=Taxonomy(each.rule for each in draft.categories),
        directory=Directory((each.rule for each in draft.directory), version=_hash(folder, "directory.csv")[:12]),
        gazetteer=Gazetteer((each.rule for each in draft.places), units, (manifest.rule.district, manifest.rule.city)),
        calendars=Calendars((each.rule for each in draft.calendars), manifest.rule.timezone),
        clocks=Clocks((each.rule for each in draft.clocks), request_types, draft.ladder.rule if draft.ladder else None),
        workflow=workflow.rule,
        templates=Templates((each.rule for each in draft.templates), manifest.rule),
        formulas=formulas.rule,
        request_types=request_types,
        urgency=urgency.rule,
        city=_city(draft),
        asks=tuple(each.rule for each in draft.asks),
        ask_words=draft.ask_words.rule if draft.ask_words is not None else AskWords(),
        examples=Examples.of(tuple(draft.examples)),
        matters=draft.matters.rule if draft.matters is not None else MatterRules(),
        synonyms=draft.synonyms.rule if draft.synonyms is not None else SynonymRules(),
        automatic=draft.automatic.rule if draft.automatic is not None else AutomaticRules(),
        replies=draft.replies.rule if draft.replies is not None else ReplyRules(),
        notices=draft.notices.rule if draft.notices is not None else NoticeRules(),
        duty=draft.duty.rule if draft.duty is not None else DutyRules(),
        unit_changes=UnitChanges([each.rule for each in draft.unit_changes]),
        callback=draft.callback.rule if draft.callback is not None else CallbackRules(),
        dialogue=draft.dialogue.rule if draft.dialogue is not None else DialogueRules(),
        retention=draft.retention.rule if draft.retention is not None else RetentionRules(),
        supervision=draft.supervision.rule if draft.supervision is not None else SupervisionRules(),
        inspection=draft.inspection.rule if draft.inspection is not None else InspectionRules(),
        self_service=draft.self_service.rule if draft.self_service is not None else SelfServiceRules(),
        phrases=draft.phrases.rule.phrases if draft.phrases is not None else (),
        answer_forms=draft.phrases.rule.answers if draft.phrases is not None else (),
        street_map=draft.street_map,
        channel_settings=_channel_settings(draft),
        rule_version=_hash(folder, *RULE_FILES)[:32],
    )


def _channel_settings(draft: Draft) -> Mapping[str, Mapping[str, object]]:
    given: dict[str, Mapping[str, object]] = {}
    if draft.headings is not None:
        given["walk_in"] = {"headings": dict(draft.headings.rule.headings)}
    if draft.transcripts is not None:
        given["hotline"] = {"layouts": draft.transcripts}
    if draft.city is not None:
        rules = draft.city.rule
        given["city"] = {"fields": dict(rules.fields), "values": dict(rules.values)}
    return given


def _city(draft: Draft) -> City:
    categories = {each.rule.city_category: each.rule.category for each in draft.city_categories}
    return City(draft.city.rule if draft.city is not None else CityRules(), categories)


def _hash(folder: Path, *files: str) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update((folder / file).read_bytes())
        digest.update(b"\0")
    return digest.hexdigest()
