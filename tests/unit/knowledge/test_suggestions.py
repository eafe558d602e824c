"""Suggestions as one types: what matches best first, then what is used most; nothing that is not in force."""

from __future__ import annotations

from datetime import date

import pytest

from knowledge.index import Document
from knowledge.suggestions import MOST, Suggestions

DAY = date(2026, 6, 1)
ARTICLES = [
    Document(
        id="A", title="租房怎么提取住房公积金？", questions=("公积金付房租怎么提",), keywords=("公积金",), body=""
    ),
    Document(id="B", title="公积金提取要多久", keywords=("公积金", "提取"), body="正文里的居住证"),
    Document(id="C", title="居住证怎么办理", keywords=("居住证",), body=""),
    Document(id="D", title="银行卡丢了怎么办", body=""),
    Document(id="E", title="ＫＴＶ太吵找谁", body=""),
    Document(id="F", title="旧规定怎么算", body="", valid_until=date(2026, 5, 31)),
    Document(id="G", title="新规定怎么算", body="", valid_from=date(2026, 6, 1)),
]


@pytest.fixture(scope="module")
def known() -> Suggestions:
    return Suggestions.of(ARTICLES)


def texts(known: Suggestions, typed: str) -> list[str]:
    return [each.text for each in known.complete(typed, on=DAY)]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("居住", "居住证怎么办理"),
        ("付房", "公积金付房租怎么提"),
        ("juzhuz", "居住证怎么办理"),
        ("JZZ", "居住证怎么办理"),
        ("jzz", "居住证怎么办理"),
        ("yinhangk", "银行卡丢了怎么办"),
        ("yhk", "银行卡丢了怎么办"),
        ("yinxingk", "银行卡丢了怎么办"),
        ("公积金tiq", "公积金提取要多久"),
        ("公积金tq", "公积金提取要多久"),
        ("居主", "居住证怎么办理"),
        ("居住證", "居住证怎么办理"),
        ("ktv", "ＫＴＶ太吵找谁"),
        ("gong'ji'jin t", "公积金提取要多久"),
        ("zhufang", "租房怎么提取住房公积金？"),
    ],
)
def test_a_question_is_found_by_words_pinyin_initials_and_sound(known: Suggestions, typed: str, first: str) -> None:
    assert texts(known, typed)[0] == first


def test_what_begins_with_the_typed_comes_before_what_holds_it(known: Suggestions) -> None:
    assert texts(known, "公积金") == ["公积金", "公积金提取要多久", "公积金付房租怎么提", "租房怎么提取住房公积金？"]


def test_what_is_used_most_comes_first_among_equals() -> None:
    documents = [Document(id=key, title=f"低保{key}怎么办", body="") for key in "甲乙丙"]
    found = Suggestions.of(documents, {"乙": 9, "丙": 3}).complete("低保", on=DAY)
    assert [each.article for each in found] == ["乙", "丙", "甲"]


def test_an_articles_own_question_comes_before_other_ways_of_asking_and_two_of_an_article_are_enough() -> None:
    ways = ("居住证办吗", "居住证咋办", "居住证呢")
    known = Suggestions.of([Document("A", "居住证怎么办理？", "", ways), Document("B", "居住证丢了去哪里补领？", "")])
    assert texts(known, "居住证") == ["居住证怎么办理？", "居住证丢了去哪里补领？", "居住证呢"]


def test_all_parts_of_what_was_typed_must_match(known: Suggestions) -> None:
    assert texts(known, "公积金 房租") == ["公积金付房租怎么提"]
    assert texts(known, "公积金 银行") == []


def test_a_frequent_keyword_is_suggested_and_a_rare_one_is_not(known: Suggestions) -> None:
    assert "公积金" in texts(known, "gong")
    assert "居住证" not in texts(known, "居住证")


def test_text_that_is_not_asked_is_not_suggested(known: Suggestions) -> None:
    assert texts(known, "正文") == []


def test_what_is_not_in_force_is_never_suggested(known: Suggestions) -> None:
    assert texts(known, "规定") == ["新规定怎么算"]
    assert [each.text for each in known.complete("规定", on=date(2026, 5, 31))] == ["旧规定怎么算"]


def test_at_most_eight_are_given_each_once() -> None:
    documents = [
        Document(id=f"K{n}", title=f"公积金第{n}问", questions=(f"公积金第{n}问",), body="") for n in range(30)
    ]
    found = Suggestions.of(documents).complete("公积金", on=DAY)
    assert len(found) == MOST
    assert len({each.text for each in found}) == MOST


@pytest.mark.parametrize("typed", ["", " ", "?", "***", "\x00", "\ud800", "zzzz", "没有这样的话"])
def test_nothing_is_suggested_for_what_is_not_known(known: Suggestions, typed: str) -> None:
    assert texts(known, typed) == []


def test_a_very_long_text_is_bounded(known: Suggestions) -> None:
    assert texts(known, "居住证" * 5_000) == []
    assert texts(known, "a" * 10_000) == []


def test_no_articles_give_no_suggestions() -> None:
    assert Suggestions.of([]).complete("公", on=DAY) == []
