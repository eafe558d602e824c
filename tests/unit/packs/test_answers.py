"""What units answer in the demo's history suits the matter, and the letters of thanks are what they look like."""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path
from typing import cast

import pytest

import packs
from api.demo.cast import Cast, read_words
from api.desk import Desk
from district.pack import District, load
from packs.demo.samples import letters
from triage.urgency import UrgencyJudge

PACK = Path(packs.__file__).parent / "demo"
WORDS = read_words(PACK)


@pytest.fixture(scope="module")
def district() -> District:
    return load(PACK)


def player() -> Cast:
    return Cast(cast(Desk, None), random.Random(3), WORDS)


def test_each_second_level_category_has_words_of_its_own(district: District) -> None:
    second = {category.code for category in district.taxonomy if len(category.code) == 4}
    assert len(second) > 80
    assert second <= set(WORDS)


def test_no_text_greets_for_the_message_that_carries_it_does() -> None:
    assert [text for text in chain.from_iterable(WORDS.values()) if text.startswith("您好")] == []


def test_dark_stairs_are_not_answered_with_a_lift_and_an_unknown_matter_gets_what_suits_any() -> None:
    said = player()
    assert "照明" in said.say("110303")
    assert "电梯" in said.say("110301")
    assert said.say("999999") in WORDS["any"]


@pytest.mark.parametrize(("category", "repaired"), [("130302", False), ("100603", False), ("100101", True)])
def test_rain_and_spare_parts_put_off_only_what_is_repaired(category: str, repaired: bool) -> None:
    said = player()
    asked = " ".join(said.say(f"extension{category}") for _ in range(40))
    assert ("雨天" in asked, "配件" in asked) == (repaired, repaired)


def test_a_letter_of_thanks_raises_no_alarm(district: District) -> None:
    judge = UrgencyJudge(district.urgency, district.examples)
    thanks = [letter for letter in letters.read_letters() if "感谢信" in letter["subject"]]
    assert len(thanks) == 2
    assert [judge.judge(letter["text"], title=letter["subject"]).level for letter in thanks] == ["normal", "normal"]
