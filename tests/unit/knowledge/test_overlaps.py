"""Articles that repeat or contradict each other, and those whose regulation was replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from knowledge import overlaps
from knowledge.evidence import Source

POOL = Source(
    "KB-1", "游泳馆门票多少钱？", "区游泳馆成人票每次30元，老人半价，每天7:00开门。", similar=("游泳一次多少钱",)
)
OTHER = Source("KB-2", "游泳馆票价是多少", "区游泳馆成人票每次45元，老人半价。")
DOG = Source("KB-3", "养狗证怎么办？", "带疫苗本到派出所办理，每年500元。")


def test_two_articles_that_say_nearly_the_same_are_found() -> None:
    copy = replace(POOL, number="KB-9", question="游泳馆门票要多少钱？")
    (pair,) = overlaps.repeats([POOL, DOG, copy])
    assert (pair.one, pair.other) == ("KB-1", "KB-9")
    assert pair.likeness > 0.9


def test_an_article_is_said_to_repeat_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "NEAREST", 2)
    copies = [replace(POOL, number=f"KB-{at}") for at in range(8)]
    found = overlaps.repeats(copies)
    said = [number for pair in found for number in (pair.one, pair.other)]
    assert max(map(said.count, said)) == 2


def test_articles_on_different_things_are_no_repeat() -> None:
    assert overlaps.repeats([POOL, DOG]) == []
    assert overlaps.repeats([POOL]) == []
    assert overlaps.repeats([]) == []


def test_other_numbers_for_one_thing_are_shown_with_both_sentences() -> None:
    (found,) = overlaps.contradictions([POOL, OTHER, DOG])
    assert (found.one, found.other, found.differs) == ("KB-1", "KB-2", ("30元", "45元"))
    assert "30元" in found.sentence
    assert "45元" in found.against


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("办理时限为15个工作日", "办理时限为20个工作日", ("15个工作日", "20个工作日")),
        ("报名截止5月25日", "报名截止5月31日", ("5月25日", "5月31日")),
        ("年满65周岁免费乘车", "年满60周岁免费乘车", ("65周岁", "60周岁")),
        ("报销比例为60%", "报销比例为75％", ("60%", "75%")),
    ],
)
def test_terms_days_ages_and_shares_contradict_too(one: str, other: str, differs: tuple[str, str]) -> None:
    pair = [Source("KB-1", "老年卡怎么办理", one + "。"), Source("KB-2", "老年卡怎么办", "", body=other + "。")]
    (found,) = overlaps.contradictions(pair)
    assert found.differs == differs


@pytest.mark.parametrize(
    "answer",
    [
        "区游泳馆成人票每次30元，老人免费。",  # the same number
        "区游泳馆咨询电话0999-5550-1035。",  # a telephone number is no amount
        "区游泳馆成人票每次开放2小时，老人半价。",  # another unit
        "区游泳馆教练课另行收取200元。",  # another statement
    ],
)
def test_what_agrees_or_speaks_of_something_else_is_no_contradiction(answer: str) -> None:
    assert overlaps.contradictions([POOL, replace(OTHER, short_answer=answer)]) == []


def test_numbers_of_different_questions_do_not_contradict() -> None:
    cat = replace(DOG, number="KB-4", question="图书馆借书证怎么领？", short_answer="带疫苗本到派出所办理，每年100元。")
    assert overlaps.contradictions([DOG, cat]) == []


def test_fees_are_looked_at_as_well() -> None:
    pair = [
        replace(DOG, short_answer="", fee="工本费20元"),
        replace(DOG, number="KB-5", short_answer="", fee="工本费40元"),
    ]
    (found,) = overlaps.contradictions(pair)
    assert found.differs == ("20元", "40元")


def test_an_article_citing_a_replaced_regulation_is_found_whatever_its_brackets() -> None:
    article = replace(DOG, basis=("《玉泉区养犬管理规定》第五条",))
    (found,) = overlaps.replaced([article, POOL], {"玉泉区养犬管理规定": "《云川市养犬条例》"})
    assert (found.number, found.basis, found.replaced_by) == (
        "KB-3",
        "《玉泉区养犬管理规定》第五条",
        "《云川市养犬条例》",
    )


@pytest.mark.parametrize(
    "basis",
    [
        ("《玉泉区养犬管理规定实施细则》",),  # another document whose name begins alike
        ("《玉泉区养犬管理规定》", "《云川市养犬条例》第三条"),  # already cites what replaced it
        (),
    ],
)
def test_what_cites_another_document_or_already_the_new_one_is_not_outdated(basis: tuple[str, ...]) -> None:
    article = replace(DOG, basis=basis)
    assert overlaps.replaced([article], {"《玉泉区养犬管理规定》": "《云川市养犬条例》"}) == []
