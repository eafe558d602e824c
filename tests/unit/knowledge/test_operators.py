"""Operators: phrases, exclusions, fields; all else is plain text, and nothing a person can type breaks it."""

from __future__ import annotations

import pytest

from knowledge.operators import LONGEST, MOST, NOTHING, Field, ParsedQuery, parse


@pytest.mark.parametrize("written", ['"租房提取" 材料', "“租房提取” 材料", "「租房提取」材料", "『租房提取』 材料"])
def test_quoted_words_are_a_phrase_and_are_searched_for(written: str) -> None:
    assert parse(written) == ParsedQuery("租房提取 材料", phrases=("租房提取",))


def test_a_minus_before_a_word_or_phrase_excludes_it() -> None:
    assert parse('公积金 -贷款 -"二手 房"') == ParsedQuery("公积金", without=("贷款", "二手 房"))
    assert parse("公积金 －贷款") == ParsedQuery("公积金", without=("贷款",))


@pytest.mark.parametrize("written", ["A-3号楼", "零下 -5度", "一 - 二", "公积金-"])
def test_any_other_minus_is_text(written: str) -> None:
    assert parse(written) == ParsedQuery(written)


@pytest.mark.parametrize("field", list(Field))
def test_fields_take_either_colon_and_a_quoted_value(field: Field) -> None:
    for written in (f"低保 {field}:甲", f"低保 {field}：甲", f'低保 {field}:"甲"'):
        parsed = parse(written)
        assert (parsed.text, parsed.field(field), parsed.notes) == ("低保", "甲", ())


def test_a_field_without_a_value_and_an_unknown_field_are_text() -> None:
    assert parse("单位：").text == "单位："
    assert parse("作者:张三 低保").text == "作者:张三 低保"
    assert parse("承办单位:甲").fields == ()


def test_a_field_alone_is_a_query() -> None:
    parsed = parse("状态:已过期")
    assert parsed == ParsedQuery(fields=((Field.STATE, "已过期"),))
    assert parsed.narrows


@pytest.mark.parametrize("written", ["“低保申请", '低保申请"', "「低保申请", '"低保" 申请"'])
def test_unbalanced_quotes_are_text_and_told(written: str) -> None:
    parsed = parse(written)
    assert parsed.text.replace(" ", "") == "低保申请"
    assert parsed.notes == ("引号没有成对，已按普通文字查找",)


@pytest.mark.parametrize("written", ["公积*", "公?金", "(低保 OR 公积金) AND NOT x", "[a-z]+", "a AND b~2^9"])
def test_commands_of_other_engines_are_text(written: str) -> None:
    assert parse(written) == ParsedQuery(written)


@pytest.mark.parametrize("written", ["的 了", "怎么 什么", "***", "？！", '""', "-"])
def test_a_query_that_says_nothing_is_told_so(written: str) -> None:
    assert parse(written).notes == (NOTHING,)


def test_an_empty_query_is_no_fault() -> None:
    assert parse("") == parse("   ") == ParsedQuery()


@pytest.mark.parametrize(
    "written", ["公" * 10_000, '"' * 10_000, "*?" * 5_000, "-a " * 4_000, "单位:" * 3_000, "「" * 9_999, '"a" ' * 3_000]
)
def test_ten_thousand_characters_are_cut_and_told(written: str) -> None:
    parsed = parse(written)
    assert parsed.notes[0] == f"输入过长，只按前 {LONGEST} 个字查找"
    assert len(parsed.text) <= LONGEST
    assert max(len(parsed.phrases), len(parsed.without)) <= MOST


def test_too_many_phrases_are_told() -> None:
    parsed = parse(" ".join(f'"第{n}项"' for n in range(MOST + 1)))
    assert len(parsed.phrases) == MOST
    assert any("最多" in note for note in parsed.notes)


def test_an_article_is_admitted_by_its_phrases_and_exclusions() -> None:
    parsed = parse('"租房提取" -贷款')
    assert parsed.admits("公积金租房提取的材料")
    assert not parsed.admits("公积金租房怎样提取")
    assert not parsed.admits("租房提取与贷款")


def test_case_width_and_traditional_characters_make_no_difference() -> None:
    assert parse('"KTV噪聲"').admits("ｋｔｖ噪声扰民")


@pytest.mark.parametrize("written", ["\x00", "\ud800", "“\x00”", "单位:\ud800"])
def test_characters_that_are_none_do_no_harm(written: str) -> None:
    assert isinstance(parse(written), ParsedQuery)
