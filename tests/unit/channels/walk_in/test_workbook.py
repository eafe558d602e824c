"""XLSX: merged cells, formats, formulas, and sheets beside the one that counts."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook

from channels.message import InboundMessage, Refused
from channels.sheets.table import shown
from channels.sheets.workbook import read as tables


def saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def of_cells(with_part, cells: str, styles: str = "") -> bytes:
    """A workbook whose second row are the given cells, under 姓名, 诉求内容 and 办结日."""
    head = "".join(f'<c t="str"><v>{name}</v></c>' for name in ("姓名", "诉求内容", "办结日"))
    sheet = f"<worksheet {MAIN}><sheetData><row>{head}</row><row>{cells}</row></sheetData></worksheet>"
    parts = {"xl/worksheets/sheet1.xml": sheet.encode()}
    return with_part(**parts, **({"xl/styles.xml": styles.encode()} if styles else {}))


def test_a_cell_merged_down_a_column_speaks_for_each_row(read):
    book = Workbook()
    for row in (
        ["日期", "姓名", "诉求内容"],
        [date(2026, 3, 5), "甲", "一"],
        [None, "乙", "二"],
        [date(2026, 3, 6), "丙", "三"],
    ):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    assert [said.sent_at.day for said in read(saved(book))] == [5, 5, 6]


def test_rows_wholly_inside_merged_cells_are_no_matters(read):
    book = Workbook()
    book.active.append(["姓名", "诉求内容"])
    book.active.append(["甲", "一"])
    for cells in ("A2:A3", "B2:B3"):
        book.active.merge_cells(cells)
    assert len(read(saved(book))) == 1


def test_a_title_merged_over_the_columns_names_the_year(read):
    book = Workbook()
    book.active.append(["玉泉区2026年登记表"])
    book.active.merge_cells("A1:C1")
    book.active.append(["日期", "姓名", "诉求内容"])
    book.active.append(["3月5日", "甲", "一"])
    assert read(saved(book))[0].sent_at.date() == date(2026, 3, 5)


@pytest.mark.parametrize("shown_as", ["yyyy/m/d h:mm", 'yyyy"年"m"月"d"日" h:mm', "[$-804]yyyy-m-d h:mm", "General"])
def test_a_date_is_read_however_it_is_shown(read, shown_as):
    book = Workbook()
    book.active.append(["时间", "诉求内容"])
    book.active.append([datetime(2026, 3, 5, 14, 30), "一"])
    book.active["A2"].number_format = shown_as
    assert read(saved(book))[0].sent_at == datetime.fromisoformat("2026-03-05T14:30:00+08:00")


def test_old_macs_dates_are_read(read):
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["时间", "诉求内容"])
    book.active.append([datetime(2026, 3, 5, 14, 30), "一"])
    assert read(saved(book))[0].sent_at.date() == date(2026, 3, 5)


def test_a_day_and_a_time_in_two_cells_are_one_moment(read, workbook):
    (said,) = read(workbook([["日期", "时间", "诉求内容"], [date(2026, 3, 5), time(14, 30), "一"]]))
    assert said.sent_at == datetime.fromisoformat("2026-03-05T14:30:00+08:00")


def test_a_telephone_number_in_a_cell_formatted_as_a_date_is_not_lost(read):
    book = Workbook()
    book.active.append(["电话", "诉求内容"])
    book.active.append([13900000101, "一"])
    book.active["A2"].number_format = "yyyy-m-d"
    assert read(saved(book))[0].sender.phone == "13900000101"


@pytest.mark.parametrize("formula", ["=1+1", '=HYPERLINK("http://example.com","点我")', '=cmd|" /C calc"!A0'])
def test_a_formula_is_refused_by_the_name_of_its_cell_and_never_evaluated(read, workbook, formula):
    refused, said = read(workbook([["姓名", "诉求内容"], ["甲", formula], ["乙", "二"]]))
    assert isinstance(refused, Refused)
    assert refused.why.startswith("B2 是公式")
    assert said.text == "二"


def test_a_formula_in_a_column_that_is_not_read_harms_nothing(read, workbook):
    (said,) = read(workbook([["序号", "姓名", "诉求内容"], ["=ROW()-1", "甲", "一"]]))
    assert isinstance(said, InboundMessage)


def test_an_error_value_is_refused(read, workbook):
    (refused,) = read(workbook([["姓名", "诉求内容"], ["甲", "#N/A"]]))
    assert "“#N/A”" in refused.why


def test_each_visible_sheet_with_a_heading_is_read(read):
    book = Workbook()
    book.active.append(["怎样填写"])
    for name in ("一号窗口", "二号窗口"):
        book.create_sheet(name).append(["姓名", "诉求内容"])
        book[name].append([name, "一"])
        book[name].append([name, None])
    hidden = book.create_sheet("旧表")
    hidden.append(["姓名", "诉求内容"])
    hidden.append(["旧", "旧"])
    hidden.sheet_state = "hidden"
    found = read(saved(book))
    assert [each.sender.name for each in found if isinstance(each, InboundMessage)] == ["一号窗口", "二号窗口"]
    assert [each.where for each in found if isinstance(each, Refused)] == [
        "表“一号窗口” 诉求内容",
        "表“二号窗口” 诉求内容",
    ]


def test_a_sheet_that_repeats_another_is_read_once(read):
    book = Workbook()
    for sheet in (book.active, book.create_sheet("副本")):
        sheet.append(["姓名", "诉求内容"])
        sheet.append(["甲", "一"])
    assert len(read(saved(book))) == 1


def test_rows_far_below_are_read_with_their_numbers(read):
    book = Workbook()
    book.active.append(["姓名", "诉求内容"])
    book.active["A90000"] = "甲"
    assert [each.row for each in read(saved(book))] == [90_000]


def test_line_breaks_and_odd_blanks_of_a_cell_are_kept_readable(read, workbook):
    (said,) = read(workbook([["姓 名", "诉求内容"], ["\u3000李\u00a0四 ", "\u3000\u3000一_x000D_\n二"]]))
    assert (said.sender.name, said.text) == ("李 四", "一\n二")


def test_the_date_formats_of_chinese_programs_are_dates_in_any_column(with_part):
    """Number format 31 (yyyy年m月d日) has no code in the file: its looks depend on the country."""
    styles = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="31"/></cellXfs></styleSheet>'
    payload = of_cells(
        with_part,
        '<c r="A2" t="str"><v>甲</v></c><c r="B2" t="str"><v>一</v></c><c r="C2" s="1"><v>46086</v></c>',
        styles,
    )
    (table,) = tables(payload)
    assert shown(table.rows[1].at(2)) == "2026-03-05"


def test_cells_without_references_stand_one_after_the_other_and_reading_aids_are_left_out(read, with_part):
    cells = '<c t="inlineStr"><is><t>甲</t></is></c><c t="inlineStr"><is><r><t>路灯</t></r><r><t>不亮</t></r><rPh><t>lu</t></rPh></is></c>'
    (said,) = read(of_cells(with_part, cells))
    assert (said.sender.name, said.text) == ("甲", "路灯不亮")
