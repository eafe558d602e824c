"""The passage shown is HTML that is safe whatever the article and the question hold."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.analysis import fold
from knowledge.highlights import mark
from knowledge.index import Document
from knowledge.whoosh_index import WhooshIndex

ANY = st.text(st.characters(categories=None) | st.sampled_from("<>&\"'路灯"), max_size=150)


def without_marks(passage: str) -> str:
    return passage.replace("<mark>", "").replace("</mark>", "")


def test_found_terms_are_marked_and_the_rest_is_escaped() -> None:
    assert mark("<b>路灯</b>坏了", ["路灯"]) == "&lt;b&gt;<mark>路灯</mark>&lt;/b&gt;坏了"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>路灯",
        '"><img src=x onerror=alert(1)>路灯',
        "路<灯>灯&lt;script&gt;",
        "<mark><script>路灯",
    ],
)
@pytest.mark.parametrize("term", ["路灯", "script", "<script>", "<", "&lt;", "mark", "lt"])
def test_neither_article_nor_question_brings_a_tag_in(text: str, term: str) -> None:
    assert not re.search("[<>]", without_marks(mark(text, [term])))


@given(text=ANY, terms=st.lists(ANY, max_size=4))
def test_no_text_breaks_out(text: str, terms: list[str]) -> None:
    passage = mark(text, [fold(term) for term in terms])
    assert not re.search("[<>\"']", without_marks(passage))
    assert passage.count("<mark>") == passage.count("</mark>")


def test_marks_stand_right_where_folding_changes_the_length() -> None:
    assert mark("㍿㈱公司的ＡＢＣ路灯", ["abc"]) == "㍿㈱公司的<mark>ＡＢＣ</mark>路灯"


def test_the_passage_is_the_one_with_the_answer() -> None:
    text = "无关的话。" * 200 + "路灯由区城市管理委维护。" + "无关的话。" * 200
    passage = mark(text, ["路灯", "城市管理委"])
    assert "<mark>路灯</mark>" in passage
    assert passage.startswith("…")
    assert passage.endswith("…")
    assert len(without_marks(passage)) <= 122


def test_an_attack_in_article_and_query_reaches_no_page(empty: WhooshIndex) -> None:
    attack = "<script>alert(document.cookie)</script>"
    empty.rebuild([Document("KB-1", f"路灯{attack}", f"路灯报修{attack}")], cursor=1)
    (hit,) = empty.search(f"路灯{attack}")
    assert "<script" not in hit.highlights
    assert "&lt;" in hit.highlights
