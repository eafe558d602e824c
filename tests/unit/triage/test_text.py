"""Texts are made comparable without moving a character."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from triage.text import WINDOW_HEAD, WINDOW_TAIL, Lexicon, clauses, fold, mask, narrow, sentences, window

ANY = st.text(st.characters(categories=None), max_size=200)


@given(text=ANY)
def test_folding_keeps_every_place(text: str) -> None:
    assert len(fold(text)) == len(narrow(text)) == len(mask(text)) == len(text)


def test_full_width_forms_are_plain_ones() -> None:
    assert fold("Ａ３区，１２号") == "a3区,12号"
    assert narrow("Ａ３区") == "A3区"


def test_marks_nobody_sees_are_blanks() -> None:
    assert narrow("路\u202e灯\0不\ud800亮") == "路 灯 不 亮"


def test_digits_place_codes_and_punctuation_say_nothing() -> None:
    assert mask("A3区12号,漏水!") == "某某区00号 漏水!"


def test_a_long_text_is_read_at_its_head_and_its_end() -> None:
    text = "头" * WINDOW_HEAD + "中" * 5_000 + "尾" * WINDOW_TAIL
    seen = window(text)
    assert "中" not in seen.text
    assert text[seen.offset(seen.text.index("尾"))] == "尾"
    assert seen.offset(seen.text.index("尾")) == WINDOW_HEAD + 5_000
    assert seen.offset(WINDOW_HEAD - 1) == WINDOW_HEAD - 1


def test_sentences_and_clauses_keep_their_places_and_are_bounded() -> None:
    text = "灯坏了。谁来修？明天，行吗"
    assert [text[each.start : each.end] for each in sentences(text)] == ["灯坏了。", "谁来修？", "明天，行吗"]
    assert [each.text for each in clauses(text)] == ["灯坏了", "谁来修", "明天", "行吗"]
    assert len(clauses("好，" * 10_000)) == 600


def test_the_likeliest_cut_wins_and_an_unknown_character_is_a_word() -> None:
    lexicon = Lexicon({"路灯": 50, "路": 5, "灯": 5, "不亮": 20, "灯不": 1})
    assert [("路灯不亮x"[a:b]) for a, b in lexicon.cut("路灯不亮x")] == ["路灯", "不亮", "x"]
    assert lexicon.cut("") == []


def test_traditional_characters_are_folded_one_to_one() -> None:
    said = "廚房裡煤氣洩漏，後面冒煙ＡＢ"
    assert fold(said) == "厨房里煤气泄漏,后面冒烟ab"
    assert len(fold(said)) == len(said)


def test_folding_twice_changes_nothing_more() -> None:
    every = "".join(map(chr, range(0x3400, 0xA000)))
    assert fold(fold(every)) == fold(every)
