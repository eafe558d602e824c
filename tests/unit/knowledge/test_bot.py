"""What the answer bot says: out of one article in force, a question back, or a person takes over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from knowledge import bot, grievance
from knowledge.bot import Reply
from knowledge.confidence import Confidence
from knowledge.evidence import FEATURES, WEIGHED, Found, Source, Told, describe, weighed
from knowledge.index import Hit
from knowledge.manner import manner_of
from knowledge.notices import Notice

NOW = datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
PERMIT = Source(
    number="KB-0034",
    question="外地人怎么办居住证？",
    short_answer="先做居住登记，住满半年后带租房合同到派出所申领，15日内发证。",
    version=3,
    similar=("刚来租房怎么办居住证",),
    keywords=("居住证",),
    body="需要租房合同。",
    basis=("《居住证暂行条例》第九条",),
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
RENEWAL = replace(
    PERMIT, number="KB-0200", question="居住证到期怎么签注？", similar=(), short_answer="到期前30日内签注。"
)
ASKED = "在这租房，怎么办居住证"
QUESTION = Told(kind="咨询", sure=0.9)


def sure(threshold: float = 0.9, bias: float = 3.0) -> Confidence:
    """A confidence that says the same of everything: 0.95 by default."""
    nought, one = (0.0,) * len(FEATURES), (1.0,) * len(FEATURES)
    return Confidence(nought, one, nought, bias, threshold)


def found(*articles: Source, scores: tuple[float, ...] = (0.0, -1.0, -2.0)) -> list[Found]:
    return [
        Found(Hit(article.number, article.question, score, relevance=0.6), article)
        for article, score in zip(articles, scores, strict=False)
    ]


def said(message: str = ASKED, hits: list[Found] | None = None, told: Told = QUESTION, **more: Any) -> Reply:
    more = {"now": NOW, "confidence": sure(), **more}
    return bot.decide(message, found(PERMIT) if hits is None else hits, told, **more)


def test_an_answer_is_the_short_answer_with_number_version_validity_and_basis() -> None:
    reply = said()
    assert (reply.act, reply.article, reply.version) == ("answer", "KB-0034", 3)
    assert reply.text == (
        "先做居住登记，住满半年后带租房合同到派出所申领，15日内发证。\n"
        "（知识条目 KB-0034 第3版，2026-01-01起至2026-12-31有效，依据《居住证暂行条例》第九条）"
    )
    assert reply.probability == pytest.approx(0.9526, abs=1e-4)


def test_without_a_last_day_the_citation_says_so() -> None:
    assert "，长期有效）" in bot.citation_of(Source("KB-1", "问", "答"))
    assert "2026-01-01起有效" in bot.citation_of(Source("KB-1", "问", "答", valid_from=date(2026, 1, 1)))


def test_an_article_without_short_answer_answers_with_its_first_sentences_and_no_more_than_chat_holds() -> None:
    body = "第一句说明条件。第二句说明材料。" + "后面是很长的解释" * 60 + "。"
    text = bot.answer_of(Source("KB-1", "问", "", body=body)).split("\n")[0]
    assert text == "第一句说明条件。第二句说明材料。"
    assert len(bot.answer_of(Source("KB-1", "问", "", body="字" * 2_000)).split("\n")[0]) == bot.LONGEST


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": date(2026, 11, 29)},
        {"valid_from": date(2026, 12, 1)},
        {"published": False},
    ],
)
def test_an_article_that_is_not_in_force_never_answers(changes: dict[str, Any]) -> None:
    reply = said(hits=found(replace(PERMIT, **changes)))
    assert (reply.act, reply.text, reply.article, reply.why) == ("hand_over", "", None, "nothing_found")


def test_the_first_and_the_last_day_are_in_force() -> None:
    for day in (date(2026, 1, 1), date(2026, 12, 31)):
        assert said(now=NOW.replace(year=day.year, month=day.month, day=day.day)).act == "answer"


def test_an_expired_article_stands_in_nobodys_way() -> None:
    expired = replace(PERMIT, number="KB-0001", valid_until=date(2026, 11, 1))
    assert said(hits=found(expired, PERMIT)).article == "KB-0034"
    only = said(hits=found(PERMIT, scores=(-1.0,)))
    assert said(hits=found(expired, PERMIT)).evidence == only.evidence


def test_below_the_threshold_a_person_takes_over() -> None:
    reply = said(confidence=sure(threshold=0.96))
    assert (reply.act, reply.text, reply.why) == ("hand_over", "", "not_sure")


def test_two_articles_that_compete_are_asked_between_by_their_standard_questions() -> None:
    reply = said(hits=found(PERMIT, RENEWAL), confidence=sure(bias=0.0))
    assert (reply.act, reply.options, reply.article) == ("clarify", ("KB-0034", "KB-0200"), None)
    assert PERMIT.question in reply.text
    assert RENEWAL.question in reply.text
    assert PERMIT.short_answer not in reply.text


def test_nothing_is_asked_back_when_even_the_first_is_unlikely() -> None:
    assert said(hits=found(PERMIT, RENEWAL), confidence=sure(bias=-3.0)).act == "hand_over"


def test_a_second_article_far_less_likely_does_not_compete() -> None:
    weights = tuple(8.0 if name in ("score", "plain_score") else 0.0 for name in FEATURES)
    by_score = replace(sure(bias=0.0), weights=weights, spreads=(1.0,) * len(FEATURES))
    assert said(hits=found(PERMIT, RENEWAL, scores=(0.0, -4.0)), confidence=by_score).act == "hand_over"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (Told(kind="咨询", sure=1.0, urgency="emergency"), "emergency"),
        (Told(kind="咨询", sure=1.0, matters=2, grievance=1.0), "several"),
        (Told(kind="投诉", sure=0.7, places=("和平里3号楼",), grievance=1.0), "trouble"),
        (Told(kind="举报", sure=0.7, places=("和平里3号楼",), grievance=1.0), "trouble"),
        (Told(kind="求助", sure=0.7, places=("和平里3号楼",), grievance=1.0), "trouble"),
    ],
)
def test_what_is_for_a_person_is_never_answered_however_well_an_article_fits(told: Told, why: str) -> None:
    reply = said(told=told, confidence=sure(bias=30.0))
    assert (reply.act, reply.article, reply.why) == ("hand_over", None, why)
    assert bot.REASONS[reply.why]


@pytest.mark.parametrize(
    "message",
    ["怎么还没人来修路灯？", "你们到底管不管？", "暖气三天了都不热，什么时候修？", "赶紧派人来看看行不行？"],
)
def test_a_complaint_that_sounds_like_a_question_is_not_answered(message: str) -> None:
    assert manner_of(message).questions
    told = Told(kind="投诉", sure=0.7, grievance=grievance.shipped().log_odds(message))
    assert said(message, told=told).why == "trouble"


def test_asking_how_to_complain_is_a_question() -> None:
    assert said("物业乱收费在哪里投诉", told=Told(kind="投诉", sure=0.9)).act == "answer"


@pytest.mark.parametrize(
    "told",
    [
        Told(kind="投诉", sure=0.9, places=("和平里",), grievance=-1.0),
        Told(kind="咨询", sure=0.9, matters=2, grievance=-1.0),
    ],
)
def test_what_asks_is_weighed_though_it_has_the_words_of_a_trouble(told: Told) -> None:
    assert said(told=told).act == "answer"
    assert said(told=told, confidence=sure(threshold=0.96)).why == "not_sure"


def test_the_article_whose_category_triage_believes_in_goes_first() -> None:
    roads, permits = replace(RENEWAL, category="010203"), replace(PERMIT, category="050403")
    hits = found(roads, permits, scores=(0.0, -1.0))
    assert said(hits=hits).article == roads.number
    assert said(hits=hits, told=replace(QUESTION, categories=(("050403", 0.6),))).article == permits.number
    assert said(hits=hits, told=replace(QUESTION, categories=(("050403", 0.2),))).article == roads.number


def test_an_article_without_category_is_of_none() -> None:
    assert replace(QUESTION, categories=(("050403", 0.6),)).likely("", 2) == 0.0


def test_no_more_articles_are_weighed_than_speak_for_each_other() -> None:
    many = [replace(PERMIT, number=f"KB-1{at:03d}") for at in range(WEIGHED + 3)]
    hits = found(*many, scores=tuple(-float(at) for at in range(len(many))))
    assert [one.article.number for one in weighed(hits, QUESTION)] == [one.number for one in many[:WEIGHED]]


def test_an_article_without_similar_questions_has_columns_of_its_own() -> None:
    known, plain = (
        dict(zip(FEATURES, describe(ASKED, found(one), QUESTION), strict=True)) for one in (PERMIT, RENEWAL)
    )
    assert (known["plain"], plain["plain"]) == (0.0, 1.0)
    assert known["length"] == plain["plain_length"] > 0
    assert known["plain_length"] == plain["length"] == 0


def test_the_nearest_known_question_speaks_for_its_article() -> None:
    near = replace(PERMIT, similar=(ASKED,))
    row = dict(zip(FEATURES, describe(ASKED, found(near, RENEWAL), QUESTION), strict=True))
    assert row["nearest"] == 1.0
    assert 0 < row["ahead"] < 1


def test_a_bare_topic_is_not_answered() -> None:
    assert said("暖气不热").why == "no_question"


@pytest.mark.parametrize("message", ["", " ", "？？", "😀", "\x00", "怎" * 50_000, "\ud800怎么办"])
def test_any_string_gets_a_reply(message: str) -> None:
    assert said(message, hits=[]).act == "hand_over"
    assert said(message).act in {"answer", "hand_over"}


def test_the_evidence_has_a_value_for_every_feature_and_a_likely_article_covers_more() -> None:
    near, far = (
        describe(ASKED, found(article), QUESTION)
        for article in (PERMIT, Source("KB-9", "路灯坏了", "报修。", similar=("路灯不亮",)))
    )
    assert len(near) == len(far) == len(FEATURES)
    assert near[FEATURES.index("known")] > far[FEATURES.index("known")]
    assert near[FEATURES.index("missing")] < far[FEATURES.index("missing")]


# notices of the day

OUTAGE = Notice("因管网抢修停水", "和平里、井台街", NOW - timedelta(hours=1), NOW + timedelta(hours=5))


def test_a_notice_of_the_day_answers_first_and_names_its_end() -> None:
    reply = said("和平里停水到几点？", notices=[OUTAGE])
    assert (reply.act, reply.article, reply.why) == ("answer", None, "notice")
    assert reply.text == "【通告】因管网抢修停水（和平里、井台街） 预计11月30日 14:00结束。"


def test_without_a_place_the_notice_is_told_with_its_area() -> None:
    assert "和平里、井台街" in said("怎么停水了？", notices=[OUTAGE]).text


@pytest.mark.parametrize(
    ("message", "places"),
    [
        ("青石桥怎么停水了？", ("青石桥",)),  # elsewhere
        ("太平里怎么停水了？", ("太平里",)),  # half of a name is no name
        ("和平里怎么停电了？", ("和平里",)),  # something else is off
        (ASKED, ()),
    ],
)
def test_a_notice_of_another_place_or_matter_is_not_told(message: str, places: tuple[str, ...]) -> None:
    assert "【通告】" not in said(message, told=replace(QUESTION, places=places), notices=[OUTAGE]).text


def test_a_notice_over_or_not_begun_is_not_told() -> None:
    for hours in (-2, 6):
        assert said("和平里停水到几点？", notices=[OUTAGE], now=NOW + timedelta(hours=hours)).why != "notice"


def test_a_complaint_gets_the_notice_and_still_a_person() -> None:
    told = Told(kind="投诉", sure=0.9, places=("和平里",), grievance=1.0)
    reply = said("和平里停水三天了，没人管吗？", told=told, notices=[OUTAGE])
    assert (reply.act, reply.why) == ("hand_over", "trouble")
    assert "14:00结束" in reply.text


def test_an_emergency_gets_no_notice_to_read() -> None:
    told = Told(kind="求助", sure=0.9, urgency="emergency")
    assert said("停水了，楼里着火怎么救？", told=told, notices=[OUTAGE]).text == ""
