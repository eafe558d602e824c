"""winmail.dat as Outlook writes it, and as it arrives."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.mailbox.winmail import SIGNATURE, open_winmail

START = SIGNATURE + b"\1\0"


def attribute(kind: int, content: bytes, level: int = 1) -> bytes:
    return struct.pack("<BHHI", level, kind, 6, len(content)) + content + struct.pack("<H", sum(content) & 0xFFFF)


def prop(name: int, form: int, content: bytes, named: bytes = b"") -> bytes:
    padding = b"\0" * (-len(content) % 4)
    return struct.pack("<HH", form, name) + named + struct.pack("<II", 1, len(content)) + content + padding


def block(*properties: bytes) -> bytes:
    return struct.pack("<I", len(properties)) + b"".join(properties)


CODEPAGE = attribute(0x9007, struct.pack("<II", 936, 0))
FILE = attribute(0x9002, bytes(14), 2)
TITLE = attribute(0x8010, "租赁合同.doc\0".encode("gbk"), 2)
CONTENT = attribute(0x800F, b"content", 2)


def test_text_and_file_names_are_read_in_the_container_s_codepage():
    opened = open_winmail(
        START + CODEPAGE + attribute(0x800C, "您好\r\n附上合同。\0".encode("gbk")) + FILE + TITLE + CONTENT
    )
    assert opened is not None
    assert opened.text == "您好\r\n附上合同。"
    assert opened.files == (("租赁合同.doc", b"content"),)


def test_the_long_name_is_preferred_to_the_short_one():
    names = block(
        prop(0x3704, 0x1E, b"ZULIN~1.DOC\0"), prop(0x3707, 0x1F, "租赁合同（终稿）.docx\0".encode("utf-16-le"))
    )
    opened = open_winmail(START + CODEPAGE + FILE + TITLE + CONTENT + attribute(0x9005, names, 2))
    assert opened is not None
    assert [name for name, _ in opened.files] == ["租赁合同（终稿）.docx"]


def test_properties_of_every_form_are_stepped_over():
    guid = bytes(16)
    by_name = guid + struct.pack("<II", 1, 6) + "甲乙\0".encode("utf-16-le") + b"\0\0"
    found = block(
        struct.pack("<HHI", 0x03, 0x0017, 1),
        struct.pack("<HHI", 0x0B, 0x0E1F, 1),
        struct.pack("<HHQ", 0x40, 0x0039, 1),
        struct.pack("<HHIII", 0x1003, 0x6000, 2, 1, 2),
        struct.pack("<HH", 0x03, 0x8000) + guid + struct.pack("<III", 0, 5, 7),
        prop(0x8001, 0x1F, "x\0".encode("utf-16-le"), by_name),
        prop(0x1000, 0x1F, "正文\0".encode("utf-16-le")),
    )
    opened = open_winmail(START + attribute(0x9003, found))
    assert opened is not None
    assert opened.text == "正文"


def test_an_html_body_is_made_text_in_its_own_charset():
    markup = '<html><meta charset="gb2312"><p>路灯不亮</p><p>请修</p></html>'.encode("gbk")
    opened = open_winmail(
        START + attribute(0x9007, struct.pack("<I", 1252)) + attribute(0x9003, block(prop(0x1013, 0x102, markup)))
    )
    assert opened is not None
    assert opened.text == "路灯不亮\n\n请修"


def test_a_container_cut_on_its_way_gives_what_came():
    whole = START + CODEPAGE + FILE + TITLE + CONTENT + FILE + attribute(0x800F, b"x" * 100, 2)
    opened = open_winmail(whole[:-60])
    assert opened is not None
    assert [(name, len(content)) for name, content in opened.files] == [("租赁合同.doc", 7), ("", 42)]


@pytest.mark.parametrize("content", [b"", b"PK\3\4", SIGNATURE, START, START + b"\7" * 40, START + CODEPAGE])
def test_what_holds_nothing_is_not_opened(content):
    assert open_winmail(content) is None


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=200), st.integers(0, 200))
def test_damage_raises_nothing(splinter, at):
    whole = (
        START + CODEPAGE + FILE + TITLE + CONTENT + attribute(0x9005, block(prop(0x3707, 0x1F, b"a\0.\0b\0\0\0")), 2)
    )
    open_winmail(whole[:at] + splinter + whole[at + len(splinter) // 2 :])
    open_winmail(START + attribute(0x9003, splinter))
