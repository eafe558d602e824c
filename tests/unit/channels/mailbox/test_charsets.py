"""Bytes into text: the declared charset is believed as long as it gives something a person would write."""

from __future__ import annotations

import pytest

from channels.mailbox.charsets import decode, markup_charset, normalise

SIMPLIFIED = "您好，我们小区的路灯坏了一个星期，请尽快派人来修。"
TRADITIONAL = "您好，我們社區的路燈壞了一個星期，請儘快派人來修。"


@pytest.mark.parametrize(
    "declared", ["gb2312", "GBK", "gb18030", "x-gbk", "cp936", "GB_2312-80", "iso-gb2312", '"gbk"']
)
def test_every_name_of_the_national_charset_reads_all_of_it(declared):
    text = "喆、䶮、镕都是人名里的字"
    assert decode(text.encode("gb18030"), declared).text == text


@pytest.mark.parametrize(
    ("text", "really", "declared"),
    [
        (SIMPLIFIED, "gbk", "utf-8"),
        (SIMPLIFIED, "gbk", "iso-8859-1"),
        (SIMPLIFIED, "gbk", "big5"),
        (SIMPLIFIED, "gbk", "shift_jis"),
        (SIMPLIFIED, "gbk", "euc-kr"),
        (SIMPLIFIED, "gbk", "us-ascii"),
        (SIMPLIFIED, "gbk", "no-such-charset"),
        (SIMPLIFIED, "gbk", ""),
        (SIMPLIFIED, "utf-8", "gb2312"),
        (SIMPLIFIED, "utf-8", "big5"),
        (SIMPLIFIED, "utf-8", "iso-8859-1"),
        (SIMPLIFIED, "utf-8", ""),
        (TRADITIONAL, "big5", "utf-8"),
        (TRADITIONAL, "big5", "gb2312"),
        (TRADITIONAL, "big5", ""),
        (TRADITIONAL, "utf-8", "big5"),
    ],
)
def test_chinese_under_a_wrong_name_is_read_and_told(text, really, declared):
    found = decode(text.encode(really), declared)
    assert found.text == text
    assert found.note


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        ("안녕하세요, 가로등이 고장 났습니다.", "euc-kr"),
        ("街灯が壊れています。修理をお願いします。", "euc-jp"),
        ("街灯が壊れています。修理をお願いします。", "shift_jis"),
        ("街灯が壊れています。", "iso-2022-jp"),
        ("Здравствуйте, не горит фонарь.", "koi8-r"),
        ("Здравствуйте, не горит фонарь.", "windows-1251"),
        ("La lumière est cassée à l'entrée.", "iso-8859-1"),
        (SIMPLIFIED, "hz"),
        (SIMPLIFIED, "utf-7"),
        (SIMPLIFIED, "utf-16"),
    ],
)
def test_what_is_declared_rightly_is_left_alone(text, charset):
    found = decode(text.encode(charset), charset)
    assert (found.text, found.note) == (text, "")


def test_western_letters_in_undeclared_utf8_do_not_become_chinese():
    assert decode("Envoyé par Mobilité".encode(), "x-unknown").text == "Envoyé par Mobilité"


def test_chinese_that_was_encoded_twice_is_read():
    for inner in ("utf-8", "gb18030"):
        twice = SIMPLIFIED.encode(inner).decode("latin-1").encode("utf-8")
        assert decode(twice, "utf-8").text == SIMPLIFIED


def test_one_broken_place_does_not_spoil_a_text():
    data = SIMPLIFIED.encode()
    assert decode(data[:-1], "utf-8").text.startswith(SIMPLIFIED[:-1])
    assert decode(data[:9] + b"\xed\xa0\xbd" + data[9:], "utf-8").text.replace("\ufffd", "") == SIMPLIFIED
    assert decode(SIMPLIFIED.encode("gbk")[:-1], "gbk").text.startswith(SIMPLIFIED[:-1])


def test_a_large_text_is_decided_by_its_first_lines_and_read_to_its_end():
    text = "x" * 500_000 + "\n" + (SIMPLIFIED + "\n") * 20_000
    found = decode(text.encode("gbk"), "utf-8")
    assert found.text == text
    assert found.charset == "gb18030"


def test_no_codec_that_is_no_charset_is_ever_used():
    assert [normalise(name) for name in ("unicode_escape", "idna", "undefined", "", "../x", "a b")] == [""] * 6


def test_a_document_s_own_charset_is_found():
    assert markup_charset(b'<html><meta http-equiv=Content-Type content="text/html; charset=GB2312">') == "GB2312"
    assert markup_charset(b'<meta charset="utf-8">') == "utf-8"
    assert markup_charset(b"<p>no charset here</p>") == ""
