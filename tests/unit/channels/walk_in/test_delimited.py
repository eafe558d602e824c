"""Sheets as text: charsets, delimiters, and quotes that do not fit."""

from __future__ import annotations

import pytest

from channels.errors import UnreadableMessage
from channels.message import InboundMessage, Refused

SHEET = "姓名,诉求内容\n甲,路灯不亮\n乙,停水\n"


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "big5hkscs"]
)
def test_a_charset_is_known_by_the_heading_it_makes(read, charset):
    sheet = SHEET if charset != "big5hkscs" else "姓名,內容\n甲,路燈不亮\n乙,停水\n"
    given = {"headings": {"text": ["內容"]}} if charset == "big5hkscs" else {}
    assert [said.sender.name for said in read(sheet.encode(charset), **given)] == ["甲", "乙"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_delimiter_is_known_by_the_heading_it_makes(read, delimiter, end):
    sheet = SHEET.replace(",", delimiter).replace("\n", end)
    assert [said.text for said in read(sheet)] == ["路灯不亮", "停水"]


def test_a_byte_no_charset_knows_spoils_its_row_only(read):
    one, other = read("姓名,诉求内容\n甲,路灯不亮\n乙,".encode() + b"\xff" + "停水\n".encode())
    assert (one.notes, other.text) == (("没有登记时间",), "\ufffd停水")
    assert "有无法识别的字" in other.notes


def test_quotes_broken_at_row_700_cost_that_row_only(read):
    rows = [f'居民{number},"第{number}件，要""快""\n谢谢"\n' for number in range(2, 1202)]
    rows[698] = '居民700,"第700件，引号没有收尾\n'
    found = read("姓名,诉求内容\n" + "".join(rows))
    refused = [each for each in found if isinstance(each, Refused)]
    assert [(each.row, each.why[:5]) for each in refused] == [(700, "引号不成对")]
    assert len(found) == 1200
    assert found[699].text == '第701件，要"快"\n谢谢'


def test_a_broken_quote_in_the_last_row_costs_that_row_only(read):
    one, refused = read('姓名,诉求内容\n甲,路灯不亮\n乙,"没有收尾')
    assert isinstance(one, InboundMessage)
    assert isinstance(refused, Refused)


def test_an_inch_mark_inside_a_cell_is_a_letter(read):
    assert read('姓名,诉求内容\n甲,5"的水管漏了\n')[0].text == '5"的水管漏了'


def test_a_comma_that_moved_the_cells_refuses_the_row(read):
    (refused,) = read("姓名,诉求内容\n甲,路灯不亮,很黑\n")
    assert "多出 1 格" in refused.why


def test_delimiters_behind_the_last_cell_are_no_cells(read):
    assert len(read("姓名,诉求内容" + "," * 300 + "\n甲,路灯不亮" + "," * 300 + "\n")) == 1


def test_delimiters_inside_the_cells_do_not_hide_the_one_between_them(read):
    assert len(read("姓名\t诉求内容\n甲\t" + "灯,;" * 200 + "\n")) == 1


def test_a_row_of_a_thousand_cells_under_a_short_heading_is_refused_alone(read):
    refused, said = read("姓名,诉求内容\n" + "甲," * 1_000 + "\n乙,停水\n")
    assert (type(refused), said.text) == (Refused, "停水")


def test_cells_missing_at_the_end_of_a_row_are_blank(read):
    assert read("姓名,诉求内容,地址\n甲,路灯不亮\n")[0].text == "路灯不亮"


def test_a_thousand_columns_are_unreadable_with_the_limit(read):
    with pytest.raises(UnreadableMessage, match="超过 100 列"):
        read("姓名,诉求内容," + ",".join("天气" for _ in range(998)) + "\n甲,路灯不亮\n")


def test_more_rows_than_the_limit_are_unreadable(read):
    with pytest.raises(UnreadableMessage, match="超过 20000 行"):
        read("姓名,诉求内容\n" + "甲,路灯不亮\n" * 20_001)


def test_a_cell_beyond_what_a_spreadsheet_holds_is_refused(read):
    (refused,) = read("姓名,诉求内容\n甲," + "灯" * 40_000 + "\n")
    assert "32767 字" in refused.why


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, "另存为不加密的 .xlsx"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "解压"),
        (b"<html><table><tr><td>\xe5\xa7\x93</td></tr></table></html>", "网页"),
        (b"<?xml version='1.0'?><Workbook/>", "XML"),
        (b"", "表头"),
    ],
)
def test_another_kind_of_file_is_told_what_to_do(read, payload, told):
    with pytest.raises(UnreadableMessage, match=told):
        read(payload)


def test_blank_lines_count_however_many_there_are(read):
    blank = "\n \n\u3000\n" * 40_000
    [said, refused] = read(f"姓名,诉求内容\n甲,路灯不亮\n{blank}乙,\n")
    assert said.text == "路灯不亮"
    assert (type(refused), refused.row) == (Refused, 120_003)
