"""How text is cut for searching."""

from __future__ import annotations

import inspect
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge import analysis
from knowledge.analysis import LONGEST_RUN, MAX_TERM, Analyzer, fold, grams, is_bigram, keeps_places


def test_one_thing_has_one_spelling() -> None:
    assert fold("ＡＢＣ①㎡") == "abc1m2"


def test_pairs_never_reach_over_punctuation() -> None:
    assert list(grams(fold("A3区 停车"))) == ["a3", "区", "a3区", "停", "车", "停车"]
    assert [gram for gram in grams("停车，收费") if is_bigram(gram)] == ["停车", "收费"]


def test_links_and_keys_are_cut_off() -> None:
    assert max(map(len, grams("a" * 5_000))) == MAX_TERM


def test_words_without_matter_are_left_out(analyzer: Analyzer) -> None:
    words = analyzer.terms("请问居住证怎么办理").words
    assert "请问" not in words
    assert "怎么" not in words
    assert "居住证" in words


def test_a_text_without_a_break_is_cut_into_words_stretch_by_stretch(analyzer: Analyzer) -> None:
    stretch = ("小区路灯坏了半个月没有人修" * LONGEST_RUN)[:LONGEST_RUN]
    assert analyzer.terms(stretch * 3).words == analyzer.terms(stretch).words * 3


def test_a_text_with_breaks_is_cut_into_words_as_if_it_had_no_end(analyzer: Analyzer) -> None:
    whole = ("居住证怎么办理" * LONGEST_RUN)[: LONGEST_RUN - 1]
    for mark in ("，", " ", "\n", "、"):
        assert analyzer.terms(mark.join([whole] * 5)).words == analyzer.terms(whole).words * 5


def test_nothing_searchable_gives_no_terms(analyzer: Analyzer) -> None:
    for text in ("", "？！", "😀", "\0\ud800"):
        terms = analyzer.terms(text)
        assert (terms.words, terms.grams) == ((), ())


@given(text=st.text(st.characters(categories=None), max_size=100))
def test_any_text_is_cut(text: str) -> None:
    assert all(gram == fold(gram) for gram in grams(fold(text)))


@given(text=st.text(st.sampled_from("ａＡ１，：；！？（）。、①㎡ﬁ가각é\u0301İ路灯 ") | st.characters(), max_size=60))
def test_the_quick_way_to_fold_is_the_standards(text: str) -> None:
    assert fold(text) == unicodedata.normalize("NFKC", text).lower()
    if keeps_places(text):
        assert len(fold(text)) == len(text) == len("".join(map(fold, text)))


def test_the_dictionary_is_kept_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_tokenizer", inspect.unwrap(analysis._tokenizer))
    Analyzer(tmp_path / "words").load()
    assert (tmp_path / "words" / "jieba.cache").is_file()
