"""Files made to harm: each ends in a sentence, with little time and memory spent."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Refused
from channels.walk_in import CHANNEL

SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[3] / "contract" / "samples" / "walk_in").iterdir()
    if not path.name.endswith(".expected.json")
)
SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


def refused_as(payload: bytes) -> str:
    with pytest.raises(UnreadableMessage) as unreadable:
        CHANNEL.parse(payload, Account("walk_in", "hall"))
    return unreadable.value.why


def test_a_sheet_in_a_part_of_another_case_is_read_and_not_passed_over(workbook):
    payload = workbook([["姓名", "诉求内容"], ["甲", "路灯不亮"]])
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(payload)) as old, zipfile.ZipFile(written, "w") as new:
        for info in old.infolist():
            name = "xl/Worksheets/Sheet1.XML" if info.filename == SHEET else info.filename
            new.writestr(name, old.read(info).replace(b"worksheets/sheet1.xml", b"Worksheets/Sheet1.XML"))
    (said,) = CHANNEL.parse(written.getvalue(), Account("walk_in", "hall"))
    assert isinstance(said, InboundMessage)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        (SHEET, b" " * 30_000_000, "压缩炸弹"),
        ("xl/media/picture.png", bytes(300_000_000), "压缩炸弹"),
        ("xl/vbaProject.bin", b"macro", "宏"),
        ("xl/macrosheets/sheet1.xml", b"<x/>", "宏"),
        ("xl/workbook.bin", b"", ".xlsb"),
        (SHEET, BOMB + OPEN + CLOSE, "实体"),
        ("xl/sharedStrings.xml", BOMB + b"<sst>&b;</sst>", "实体"),
        (SHEET, (BOMB + OPEN + CLOSE).decode().encode("utf-16"), "UTF-8"),
        (SHEET, b'<?xml version="1.0" encoding="cp037"?>' + OPEN + CLOSE, "UTF-8"),
        (SHEET, OPEN, "不合规范"),
        (SHEET, b"", "不合规范"),
        (SHEET, OPEN + b'<row r="9999999"><c t="str"><v>1</v></c></row>' + CLOSE, "行号"),
        (SHEET, OPEN + b'<row r="2"/><row r="2"/>' + CLOSE, "行号"),
        (SHEET, OPEN + b'<row r="1"><c r="ALM1" t="str"><v>1</v></c></row>' + CLOSE, "超过 100 列"),
        (SHEET, OPEN + b'<row r="1"><c r="A1" t="s"><v>999</v></c></row>' + CLOSE, "不合规范"),
        (SHEET, OPEN + b"<row>" + b"<c/>" * 2_500_001 + b"</row>" + CLOSE, "压缩炸弹"),
        (
            "xl/styles.xml",
            b"<styleSheet>" + b"".join(b'<xf a="%d"/>' % n for n in range(200_001)) + b"</styleSheet>",
            "格式过多",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_workbook_with_a_dangerous_part_is_refused_with_a_sentence(with_part, name, content, told):
    assert told in refused_as(with_part(**{name: content}))


def test_a_directory_that_understates_its_parts_gains_nothing(with_part):
    """The directory says ten bytes where ten million come out: no more than it states is ever unpacked."""
    payload = with_part(**{SHEET: OPEN + b" " * 100_000 + CLOSE})
    at = payload.index(b"PK\x01\x02")
    while payload[at + 46 : at + 46 + len(SHEET)] != SHEET.encode():
        at = payload.index(b"PK\x01\x02", at + 1)
    lying = payload[: at + 24] + struct.pack("<I", 10) + payload[at + 28 :]
    assert "已损坏" in refused_as(lying)


def test_a_part_named_twice_is_refused():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("xl/workbook.xml", "<b/>")
    assert "重名" in refused_as(written.getvalue())


def test_a_zip_with_a_password_is_refused(with_part):
    payload = bytearray(with_part(**{SHEET: OPEN + CLOSE}))
    at = -1
    while (at := payload.find(b"PK\x01\x02", at + 1)) >= 0:
        payload[at + 8] |= 1
    assert "加密" in refused_as(bytes(payload))


def test_a_zip_that_holds_no_workbook_is_told_so():
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("word/document.xml", "<a/>")
    assert "没有工作簿" in refused_as(written.getvalue())


def test_one_long_string_in_every_cell_is_too_much(with_part):
    strings = "<sst xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><si><t>内容</t></si><si><t>"
    strings += "长" * 30_000 + "</t></si></sst>"
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (n, n, n > 1) for n in range(1, 2_000))
    payload = with_part(**{SHEET: OPEN + rows + CLOSE, "xl/sharedStrings.xml": strings.encode()})
    assert "内容超过" in refused_as(payload)


def test_merged_ranges_without_end_are_refused(with_part):
    rows = b"".join(b'<row r="%d"><c r="B%d" t="str"><v>1</v></c></row>' % (n, n) for n in range(1, 5_000))
    merges = b"".join(b'<mergeCell ref="B%d:B5000"/>' % (1 + n % 7) for n in range(5_000))
    sheet = OPEN + rows + b"</sheetData><mergeCells>" + merges + b"</mergeCells></worksheet>"
    assert "合并单元格过多" in refused_as(with_part(**{SHEET: sheet}))


def test_a_file_beyond_the_limit_is_not_looked_at():
    assert "20 MB" in refused_as(b"a" * 20_000_001)


def test_nul_bytes_are_left_out(read):
    (said,) = read("姓名,诉求内容\n甲\0,路\0灯不亮\n")
    assert (said.sender.name, said.text) == ("甲", "路灯不亮")


@settings(max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
@given(
    sample=st.sampled_from(SAMPLES),
    cut=st.floats(0, 1),
    wounds=st.lists(
        st.tuples(
            st.floats(0, 1),
            st.integers(0, 30),
            st.binary(max_size=6)
            | st.sampled_from(
                [b'"', b",", b"\n", b"=", b"\0", b"\xff", b"1E999", b"{", b"]", b"\\ud800", "合计".encode()]
            ),
        ),
        max_size=5,
    ),
)
def test_a_mutilated_sample_gives_messages_or_is_unreadable(sample, cut, wounds):
    payload = bytearray(sample.read_bytes())
    for where, length, splinter in wounds:
        at = int(where * len(payload))
        payload[at : at + length] = splinter
    account = Account("walk_in", "hall")
    try:
        found = CHANNEL.parse(bytes(payload[: int(len(payload) * max(cut, 0.2))]), account)
    except UnreadableMessage:
        return
    assert all(isinstance(each, InboundMessage | Ignored | Refused) for each in found)
    assert all(0 < len(each.delivery_id) <= 200 for each in found)
    assert len({each.delivery_id for each in found}) == len(found)


WORKBOOKS = [path for path in SAMPLES if path.suffix == ".xlsx" and path.stat().st_size < 20_000]
SPLINTERS = [
    b"<",
    b">",
    b'"',
    b"&#0;",
    b"&lt;",
    b"1E999",
    b"-1",
    b"A1048577",
    b"99999",
    b"<v>",
    b"</c>",
    b"e",
    b"\xff",
    b'r="',
]


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    sample=st.sampled_from(WORKBOOKS),
    which=st.floats(0, 1, exclude_max=True),
    wounds=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 20), st.sampled_from(SPLINTERS) | st.binary(max_size=3)),
        min_size=1,
        max_size=4,
    ),
)
def test_a_workbook_with_mutilated_xml_gives_messages_or_is_unreadable(sample, which, wounds):
    """The ZIP is sound, so that the wounds reach whoever reads the parts."""
    with zipfile.ZipFile(sample) as archive:
        parts = {name: bytearray(archive.read(name)) for name in archive.namelist()}
    read = sorted(name for name in parts if name.startswith("xl/") and "theme" not in name)
    part = parts[read[int(which * len(read))]]
    for where, length, splinter in wounds:
        at = int(where * len(part))
        part[at : at + length] = splinter
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, bytes(content))
    try:
        found = CHANNEL.parse(written.getvalue(), Account("walk_in", "hall"))
    except UnreadableMessage:
        return
    assert all(isinstance(each, InboundMessage | Ignored | Refused) for each in found)


CELLS = st.text(max_size=30) | st.sampled_from(
    ["=1", "1e10", "9" * 30, "2026-3-5", "١٣", "²", "１", "'", '"', "合计", "3月5日"]
)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=6), delimiter=st.sampled_from(",\t;"))
def test_whatever_stands_in_the_cells_no_row_raises(rows, delimiter):
    lines = [("时间", "姓名", "电话", "诉求内容"), *rows]
    payload = "\n".join(delimiter.join(cells) for cells in lines).encode("utf-8", "replace")
    try:
        found = CHANNEL.parse(payload, Account("walk_in", "hall"))
    except UnreadableMessage:
        return
    assert all(isinstance(each, InboundMessage | Ignored | Refused) for each in found)
