"""A cell that began as text never runs in the program that opens the file."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import LXML, Workbook, load_workbook

from channels.plain_cells import guarded, mark_as_text, write_csv

FORMULAS = (
    '=HYPERLINK("http://example.com","看")',
    "=1+1",
    "+1+1",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1,2)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u3000=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(1,2)",
    "−1+1",
)
PLAIN = ("", "路灯不亮", "13800138000", "0571-88880000", "a=b", "3-5天", "-5", "-0.5%", "-1,234,567", "'=1", "—漏水")


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_loses_nothing(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", PLAIN)
def test_what_no_spreadsheet_runs_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("phone", ["+8613800138000", "+86 138 0013 8000", "+86-138-0013-8000"])
def test_a_number_with_its_country_is_kept_from_becoming_a_power_of_ten(phone: str) -> None:
    assert guarded(phone) == f"'{phone}"


@pytest.mark.parametrize("text", ["-5\n=1+1", "-5=1", "-", "-٣", "-5-5", "-1e5", "-123456789012"])
def test_only_a_whole_number_is_taken_for_one(text: str) -> None:
    assert guarded(text) == f"'{text}"


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4), max_size=4))
def test_every_cell_of_a_csv_is_read_back_with_at_most_an_apostrophe_more(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    write_csv(out, rows)
    back = list(csv.reader(io.StringIO(out.getvalue(), newline=""), strict=True))
    assert back == [[guarded(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_cell_is_one_cell_whichever_separator_a_program_parts_at(separator: str) -> None:
    out = io.StringIO(newline="")
    write_csv(out, [[f"路灯{separator}=1+1"]])
    assert next(csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator)) == [f"路灯{separator}=1+1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_cell_of_a_workbook_is_a_text_with_every_character(text: str) -> None:
    book = Workbook()
    cell = book.active["A1"]
    cell.value = text
    mark_as_text(cell)
    written = io.BytesIO()
    book.save(written)
    read = load_workbook(written).active["A1"]
    # XML has one kind of line end, unless it is written as a reference, as lxml does where it is installed.
    wanted = text if LXML else text.replace("\r", "\n")
    assert (read.value, read.data_type, read.quotePrefix) == (wanted, "s", True)
