"""What the desk refuses and why is said in English on English pages; what was put in by people stays as they wrote it."""

from __future__ import annotations

import inspect
from unittest.mock import MagicMock

import pytest

from api import errors, invalid
from api.web.language import catalogue
from api.web.simulator import DOORS
from api.web.translating import HAN
from casework.errors import NotAllowed
from casework.people_errors import UnitEnded

ENGLISH = catalogue("en")
MAPPED = {**errors.PROBLEMS, **errors.GENERAL}
ANYTHING = MagicMock(years=(2027, 2028), limit=2_000_000)
"""An error with every attribute, each of them Latin words."""
LISTS = ("Iterable", "Sequence", "tuple", "list", "Mapping")


def _made(kind: type[Exception]) -> Exception:
    """An error whose own text is its sentence, made of Latin words and numbers."""
    wanted = list(inspect.signature(kind.__init__).parameters.values())[1:]
    given = {
        each.name: ["x", "y"]
        if any(name in str(each.annotation) for name in LISTS)
        else 7
        if "int" in str(each.annotation)
        else "x"
        for each in wanted
        if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    }
    return kind(**given)


@pytest.mark.parametrize("kind", MAPPED, ids=lambda kind: kind.__name__)
def test_every_refusal_has_its_english(kind: type[Exception]) -> None:
    words = MAPPED[kind][2]
    told = ENGLISH.said(str(words(_made(kind) if words is str else ANYTHING)))
    assert not HAN.search(told), told


def test_what_may_not_be_done_and_why_are_both_said() -> None:
    assert ENGLISH.said(errors.sentence(NotAllowed("查看值班", "由热线中心人员查看"))).isascii()
    refused = ENGLISH.said(errors.sentence(NotAllowed("派单", "您的角色没有这项权限")))
    assert not HAN.search(refused)


def test_names_stay_in_a_refusal_around_them() -> None:
    told = ENGLISH.said(errors.sentence(UnitEnded("区园林局", "区城管委")))
    assert "区园林局" in told
    assert "区城管委" in told
    assert not HAN.search(told.replace("区园林局", "").replace("区城管委", ""))


def test_a_field_is_named_beside_what_is_wrong_with_it() -> None:
    missing = {"loc": ("title",), "type": "missing", "ctx": {}}
    long = {"loc": ("reason",), "type": "string_too_long", "ctx": {"max_length": 500}}
    assert invalid.sentence([missing, long]) == "标题没有填写；原因最多 500 个字"
    assert ENGLISH.said(f"请求内容不符合要求：{invalid.sentence([missing, long])}") == (
        "The request does not fit: Title is missing; Reason: 500 characters at most"
    )


@pytest.mark.parametrize("kind", sorted({*invalid.INVALID, "url_type"}))
def test_every_fault_of_a_field_has_its_english(kind: str) -> None:
    context = dict.fromkeys(("max_length", "min_length", "gt", "ge", "lt", "le"), 3)
    told = ENGLISH.said(invalid.sentence([{"loc": ("title",), "type": kind, "ctx": context}]))
    assert told.startswith("Title")
    assert not HAN.search(told), told


def test_what_a_door_of_the_simulator_is_is_said_in_english() -> None:
    for door in DOORS.values():
        assert not HAN.search(ENGLISH.said(door.lead)), door.key
        assert not HAN.search(ENGLISH.said(door.label)), door.key
