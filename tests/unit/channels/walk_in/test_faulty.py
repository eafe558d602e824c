"""The sheet of refused rows that goes back to the counter."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from channels.errors import UnreadableMessage
from channels.message import Account, InboundMessage, Refused
from channels.walk_in.faulty import faulty_sheet

SHEET = """玉泉区登记表（2026年）
日期,姓名,电话,诉求内容
3月5日,甲,13900000101,路灯不亮
3月6日,乙,1390000010,停水
昨天,@丙,+8613900000103,-漏水
3月7日,丁,13900000104,"=HYPERLINK(""http://example.com"")"
"""


def refused_of(found):
    return [each for each in found if isinstance(each, Refused)]


def rows_of(sheet: bytes) -> list[list[object]]:
    return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(sheet)).worksheets[0].iter_rows()]


def test_the_refused_rows_come_back_under_their_headings_with_the_reason_last(read):
    refused = refused_of(read(SHEET))
    head, *rows = rows_of(faulty_sheet(SHEET.encode(), refused))
    assert head == ["日期", "姓名", "电话", "诉求内容", "原行号", "退回原因"]
    assert [row[1] for row in rows] == ["乙", "@丙", "丁"]
    assert [(row[-2], row[-1]) for row in rows] == [(str(each.row), each.why) for each in refused]


def test_only_the_rows_asked_for_come_back(read):
    refused = refused_of(read(SHEET))[:1]
    assert len(rows_of(faulty_sheet(SHEET.encode(), refused))) == 2


def test_no_program_takes_a_cell_for_a_formula(read):
    sheet = faulty_sheet(SHEET.encode(), refused_of(read(SHEET)))
    cells = [cell for row in load_workbook(io.BytesIO(sheet)).worksheets[0].iter_rows() for cell in row]
    dangerous = [cell for cell in cells if str(cell.value)[:1] in "=+-@"]
    assert len(dangerous) == 4
    assert {(cell.data_type, cell.quotePrefix, cell.number_format) for cell in dangerous} == {("s", True, "@")}


def test_a_mended_sheet_is_read_without_the_added_columns(read):
    book = load_workbook(io.BytesIO(faulty_sheet(SHEET.encode(), refused_of(read(SHEET))[:1])))
    book.worksheets[0]["A2"], book.worksheets[0]["C2"] = "2026-3-6", "13900000102"
    mended = io.BytesIO()
    book.save(mended)
    (said,) = read(mended.getvalue())
    assert isinstance(said, InboundMessage)
    assert said.notes == ("只登记了日期，没有时刻",)


def test_a_row_with_broken_quotes_comes_back_as_it_stands(read):
    sheet = '姓名,诉求内容\n甲,"没有收尾\n乙,停水\n'
    (row,) = rows_of(faulty_sheet(sheet.encode(), refused_of(read(sheet))))[1:]
    assert row[:2] == ["甲", '"没有收尾']


def test_records_come_back_under_their_keys(read):
    records = '[{"姓名": "甲", "text": ["一"]}, {"text": "二"}]'
    head, row = rows_of(faulty_sheet(records.encode(), refused_of(read(records))))
    assert head[:2] == ["姓名", "text"]
    assert row[:2] == ["甲", "嵌套的内容"]


def test_headings_of_the_account_are_known(read):
    settings = {"headings": {"text": ["办不成的事"]}}
    sheet = "姓名,办不成的事\n甲,\n"
    refused = refused_of(read(sheet, **settings))
    assert rows_of(faulty_sheet(sheet.encode(), refused, Account("walk_in", "hall", settings)))[1][0] == "甲"


def test_control_characters_and_half_surrogates_do_not_hinder_it(read):
    records = r'[{"姓名": "甲\u0001\ud83d", "text": ""}]'
    assert rows_of(faulty_sheet(records.encode(), refused_of(read(records))))[1][0] == "甲\ufffd"


def test_nothing_refused_is_an_empty_sheet_and_no_sheet_is_an_error():
    assert rows_of(faulty_sheet(SHEET.encode(), [])) == []
    with pytest.raises(UnreadableMessage):
        faulty_sheet(b"", [])
