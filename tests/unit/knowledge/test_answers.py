"""Articles for what a resident wrote."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge import answers
from knowledge.answers import Matter
from knowledge.index import Document
from knowledge.whoosh_index import WhooshIndex


def beside(index: WhooshIndex, text: str, category: str = "", on: date | None = None) -> list[str]:
    """The ids of the articles beside one ticket."""
    (hits,) = answers.beside(index, [Matter(text, category)], on=on)
    return [hit.id for hit in hits]


def test_politeness_is_left_out() -> None:
    assert answers.query_of("您好，请问一下，居住证怎么办理？谢谢") == "居住证怎么办理？"
    assert answers.query_of("您好") == "您好"  # nothing else is there to ask for


def test_of_a_rambling_text_the_questions_are_asked_first() -> None:
    text = "我家住在这里三十年了。" * 30 + "我妈八十二了，高龄津贴怎么申请？" + "邻居都说好。" * 30
    query = answers.query_of(text)
    assert len(query) <= answers.LONGEST
    assert query.startswith("我妈八十二了，高龄津贴怎么申请？")


@pytest.mark.parametrize("text", ["", " ", "？？", "😀"])
def test_without_words_there_is_no_article(index: WhooshIndex, text: str) -> None:
    assert list(answers.find(index, text)) == []


def test_the_article_beside_a_ticket_is_about_it(index: WhooshIndex) -> None:
    text = "领导你好，我们楼下那条街的路灯坏了半个月，晚上老人出门都看不见，也不知道该找谁修，谁来管管"
    assert answers.find(index, text)[0].id == "KB-0002"


def test_expired_and_coming_articles_are_never_suggested(empty: WhooshIndex) -> None:
    empty.rebuild(
        [
            Document("old", "高龄津贴怎么申请", "每月五十元", valid_until=date(2026, 3, 23)),
            Document("new", "高龄津贴怎么申请", "每月一百元", valid_from=date(2026, 3, 25)),
            Document("other", "路灯坏了找谁修", "区城市管理委"),
        ],
        cursor=1,
    )
    day = date(2026, 3, 24)
    assert [hit.id for hit in answers.find(empty, "高龄津贴怎么申请", on=day)] == []
    assert [hit.id for hit in answers.find(empty, "高龄津贴怎么申请", on=date(2026, 3, 23))] == ["old"]


def test_a_letter_of_any_length_stays_quick_and_finds(index: WhooshIndex) -> None:
    assert answers.find(index, "路灯坏了没人修。" * 12_000)[0].id == "KB-0002"


def test_beside_a_ticket_its_categorys_article_comes_first(empty: WhooshIndex) -> None:
    empty.rebuild(
        [
            Document("lamp", "路灯坏了找谁修", "区城市管理委", category="010101"),
            Document("road", "路面有坑怎么报修", "区城市管理委", category="010102"),
            Document("card", "居住证怎么办理", "街道政务服务中心", category="020101"),
            Document("gone", "路灯坏了报修旧办法", "已作废", category="010101", valid_until=date(2025, 1, 1)),
        ],
        cursor=1,
    )
    text = "门口修路，坑里全是水，路灯也不亮了"
    day = date(2026, 3, 24)
    assert beside(empty, text, "010101", day)[:2] == ["lamp", "road"]
    assert beside(empty, text, "010102", day)[:2] == ["road", "lamp"]
    assert "gone" not in beside(empty, text, "010101", day)


def test_beside_a_ticket_nothing_is_shown_that_shares_but_a_common_word(index: WhooshIndex) -> None:
    text = "昨天坐公交司机态度特别恶劣，到站不停车，老人摔了一跤，找了公司也没有给说法，很生气"
    assert beside(index, text) == []
    assert list(answers.find(index, "路灯坏了")) != []
    assert beside(index, "路灯坏了半个月没人修") == ["KB-0002"]


@pytest.mark.parametrize("text", ["", "？", "\0"])
def test_beside_an_empty_ticket_stands_nothing(index: WhooshIndex, text: str) -> None:
    assert beside(index, text, "010101") == []


def test_several_tickets_are_given_what_each_would_be_given_alone(index: WhooshIndex) -> None:
    matters = [Matter("路灯坏了半个月没人修"), Matter("？"), Matter("门口的路灯不亮", "010101"), Matter("")]
    assert answers.beside(index, matters) == [answers.beside(index, [matter])[0] for matter in matters]
    assert answers.beside(index, []) == []


def test_the_title_of_a_letter_is_asked_beside_its_text(empty: WhooshIndex) -> None:
    empty.rebuild(
        [
            Document("lamp", "路灯坏了找谁修", "区城市管理委"),
            Document("tree", "树木挡住路灯怎么办", "区园林绿化局负责修剪树木"),
        ],
        cursor=1,
    )
    letter = Matter("树枝长得太密了，请派人修剪", title="路灯问题")
    (hits,) = answers.beside(empty, [letter])
    assert hits[0].id == "tree"
    (hits,) = answers.beside(empty, [Matter("", title="路灯问题")])
    assert hits[0].id == "lamp"
    assert not any(answers.beside(empty, [Matter("？", title="")]))
