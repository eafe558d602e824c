"""An article for one street answers nobody of another, says whom it is for, and is asked back where streets differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from knowledge import bot
from knowledge.bot import Reply
from knowledge.evidence import Source, Told
from tests.unit.knowledge.test_bot import NOW, PERMIT, QUESTION, found, sure

CANTEEN = Source(
    "KB-0301", "玉泉街道老年食堂几点开饭？", "十一点开饭。", street="S01", area="玉泉街道", similar=("老年食堂几点开",)
)
OTHER = replace(CANTEEN, number="KB-0302", question="和平老年食堂几点开饭？", street="S02", area="和平街道", similar=())
ASKED = "老年食堂几点开饭？"


def said(*articles: Source, streets: tuple[str, ...] = (), message: str = ASKED, **more: Any) -> Reply:
    told = replace(QUESTION, streets=streets)
    return bot.decide(message, found(*articles), told, now=NOW, **({"confidence": sure()} | more))


def test_an_article_for_a_street_answers_a_message_from_there_and_one_that_names_none() -> None:
    for streets in ((), ("S01",), ("S02", "S01")):
        reply = said(CANTEEN, streets=streets)
        assert (reply.act, reply.article) == ("answer", "KB-0301")
        assert "（知识条目 KB-0301 第1版，适用于：玉泉街道，长期有效）" in reply.text


def test_an_article_for_everywhere_names_no_street() -> None:
    assert "适用于" not in said(PERMIT, streets=("S02",)).text


def test_for_another_streets_message_it_is_passed_over_as_if_it_had_not_been_found() -> None:
    assert said(CANTEEN, streets=("S02",)).why == "nothing_found"
    reply = said(CANTEEN, OTHER, streets=("S02",))
    assert (reply.act, reply.article) == ("answer", "KB-0302")
    assert (
        reply.evidence
        == bot.decide(
            ASKED, found(CANTEEN, OTHER)[1:], replace(QUESTION, streets=("S02",)), now=NOW, confidence=sure()
        ).evidence
    )


def test_without_a_street_two_articles_on_one_question_are_asked_between_by_the_streets_names() -> None:
    general = replace(PERMIT, number="KB-0303")
    reply = said(CANTEEN, general, OTHER)
    assert (reply.act, reply.options, reply.article) == ("clarify", ("KB-0301", "KB-0302"), None)
    assert "哪个街道" in reply.text
    assert "1. 玉泉街道 2. 和平街道" in reply.text
    assert CANTEEN.short_answer not in reply.text


def test_streets_are_not_asked_between_where_the_questions_differ_or_the_article_is_unlikely() -> None:
    elsewhere = replace(OTHER, question="和平街道几点开门？")
    assert said(CANTEEN, elsewhere).act == "answer"
    assert said(CANTEEN, OTHER, confidence=sure(bias=-3.0)).why == "not_sure"


@pytest.mark.parametrize(
    "told", [Told(urgency="emergency"), Told(kind="投诉", sure=0.9, places=("玉泉",), grievance=1.0)]
)
def test_what_is_for_a_person_is_not_asked_back(told: Told) -> None:
    assert bot.decide(ASKED, found(CANTEEN, OTHER), told, now=NOW, confidence=sure()).act == "hand_over"
