"""Cut as jieba cuts: the same words in the same order, whatever the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

import packs
from district.articles import load_articles
from district.pack import load
from knowledge.segmentation import Segmenter

PIECES = (
    "居住证", "公积金贷款", "南京市长江大桥", "路灯", "不亮", "了", "的", "琅琊榜", "魑魅魍魉", "王二麻子", "a3", "abc", "3.5%", "c++",
    "-", "12号", "，", "。", " ", "\r\n", "\t", "😀", "㐀", "𠀀", "é", "\0", "一", "乙",
)  # fmt: skip
CJK = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5)
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.text(st.one_of(CJK, st.sampled_from("a1.%+ ，")), max_size=30),
    st.text(max_size=20),
)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Any:
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    tokenizer.initialize()
    return tokenizer


@pytest.fixture(scope="module")
def ours(theirs: Any) -> Segmenter:
    return Segmenter(theirs)


def solid(words: list[str]) -> list[str]:
    """White space apart, which jieba keeps together in one case and nobody searches for."""
    return [word for word in words if not word.isspace()]


@given(text=TEXTS)
def test_any_text_is_cut_as_jieba_cuts_it(ours: Segmenter, theirs: Any, text: str) -> None:
    expected = solid(list(theirs.cut_for_search(text)))
    assert solid(ours.cut_for_search(text)) == expected
    assert solid(ours.cut_for_search(text)) == expected  # remembered or not


def test_the_demos_articles_are_cut_as_jieba_cuts_them(ours: Segmenter, theirs: Any) -> None:
    district = load(Path(packs.__file__).parent / "demo")
    found = load_articles(district.folder, categories=district.taxonomy, units=district.units)
    for article in found:
        assert solid(ours.cut_for_search(article.body)) == solid(list(theirs.cut_for_search(article.body)))
