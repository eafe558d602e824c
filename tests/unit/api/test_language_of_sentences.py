"""What the desk says by itself is said in English to who reads English: deadlines, suggestions, the workflow, refusals."""

from __future__ import annotations

import sys
from dataclasses import replace
from importlib import util
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

import pytest

import packs
from api import rule_changing
from api.web.language import catalogue, figures
from api.web.translating import HAN
from casework import deadlines
from casework.rules import RuleBook
from district.graph import worded
from district.pack import District, load
from triage.assessment import CategoryGuess, Matter, SimilarCase, UnitGuess, Urgency
from triage.decision import NO_APPEAL, Ground, decide

_spec = util.spec_from_file_location(
    "deadline_words", Path(__file__).parents[1] / "casework" / "test_deadline_words.py"
)
assert _spec
assert _spec.loader
worked_out = util.module_from_spec(_spec)
sys.modules[_spec.name] = worked_out  # its dataclasses look for their module there
_spec.loader.exec_module(worked_out)

ENGLISH = catalogue("en")


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


def test_the_way_to_every_deadline_worked_out_by_hand_is_told_in_english(district: District) -> None:
    for row in worked_out.worked.ROWS:
        case, clock = worked_out.clock_of(district, row)
        told = ENGLISH.said(deadlines.explain(cast("RuleBook", district), case, clock))
        assert not HAN.search(told), told


def test_a_deadline_in_english_has_the_days_hours_and_reasons_of_the_chinese_one(district: District) -> None:
    told = worked_out.sentence_of(district, start="2026-09-29 15:00", allowance="5 wd office")
    assert ENGLISH.said(told) == (
        "Time limit for Sign: 5 working days (Office hours), counted from 09-29 (Tue) 15:00; 09-30: working day 1; "
        "10-01 to 07 not counted: National Day holiday; 10-08 to 09: working day 2 to 3; "
        "10-10 (made-up working day): working day 4; 10-11 not counted: weekend; 10-12: working day 5; "
        "due 10-12 (Mon) 15:00"
    )
    paused = worked_out.sentence_of(
        district,
        start="2026-03-24 09:30",
        allowance="4 wh office",
        paused_from="2026-03-24 10:00",
        paused_to="2026-03-24 15:00",
    )
    assert (
        "paused from 03-24 10:00 to 03-24 15:00 (Return waits for a decision): "
        "3 hours 30 minutes of it do not count and are added from 03-24 15:00"
    ) in ENGLISH.said(paused)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("10月08日至09日", "10-08 to 09"),
        ("2027年01月01日（周五） 14:00", "2027-01-01 (Fri) 14:00"),
        ("6小时30分", "6 hours 30 minutes"),
        ("1个工作日", "1 working day"),
        ("2027年、2028年", "2027, 2028"),
        ("09:00–12:00、13:30–18:00", "09:00–12:00, 13:30–18:00"),
        ("10月08日来的", ""),
        ("九月初八", ""),
        ("2026-10-08", ""),
    ],
)
def test_figures_are_days_hours_and_lengths_and_nothing_else(text: str, written: str) -> None:
    assert figures(text) == written


SURE = Ground(
    understood=True,
    foreign=False,
    best=CategoryGuess("a", ("市政", "照明", "路灯不亮"), 0.91),
    threshold=0.8,
    urgency=Urgency("normal"),
    matters=(),
    units=(UnitGuess("u", "城管委", 0.9, "D-12"),),
    missing=(),
    similar=(),
)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"understood": False},
        {"foreign": True},
        {"urgency": Urgency("emergency", ("燃气泄漏", "有人被困"))},
        {"urgency": Urgency("emergency")},
        {"best": replace(SURE.best, probability=0.2)},
        {"best": replace(SURE.best, probability=0.5)},
        {"missing": ("place",)},
        {"missing": ("object",)},
        {"units": ()},
        {"units": (UnitGuess("u", "城管委", 0.9, basis="history"),)},
        {"units": (UnitGuess("u", "城管委", 0.9, basis="returns"),)},
        {"units": (UnitGuess("u", "城管委", 0.9, "D-12", returns=("1", "2")),)},
        {"matters": (Matter(0, 3, SURE.best), Matter(3, 6, SURE.best))},
        {"similar": (SimilarCase("c", 0.9, same_matter=True),)},
    ],
)
def test_why_triage_suggests_what_it_does_is_said_around_the_names_that_it_puts_in(changed: dict[str, object]) -> None:
    _, why = decide(replace(SURE, **changed))
    told = ENGLISH.said(why)
    assert not HAN.search(told.replace("路灯不亮", "").replace("城管委", "")), told


def test_the_signs_of_an_emergency_are_named_in_english(district: District) -> None:
    _, why = decide(replace(SURE, urgency=Urgency("emergency", ("燃气泄漏", "有人被困"))))
    assert ENGLISH.said(why) == "Perhaps an emergency (gas leak, somebody trapped): check it and act at once"
    assert ENGLISH.said(NO_APPEAL) != NO_APPEAL
    for rule in district.urgency.rules:
        assert ENGLISH.said(rule.label) != rule.label


def test_the_drawing_of_the_workflow_has_every_word_in_english_and_nothing_cut_in_two(district: District) -> None:
    drawn = ET.fromstring(rule_changing.picture(district, ENGLISH.said))
    lines = [each.text or "" for each in drawn.iter() if each.text]
    assert not [line for line in lines if HAN.search(line.replace(district.manifest.district, ""))]
    words = " ".join(lines).split()
    told = worded(rule_changing.graph_of(district), ENGLISH.said)
    moves = [move for life in told.lives for flow in life.flows for move in flow.moves]
    for move in moves:
        assert set(f"{move.label} {move.roles} {move.approval}".split()) <= set(words)
