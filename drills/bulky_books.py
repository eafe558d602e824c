"""Workbooks made to be slow: a megabyte unpacked, of cells, formats, merged ranges, or of depth."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

HEADING = "来访时间,姓名,联系电话,诉求内容".encode()

_NAMESPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _book(rows: bytes, *, strings: bytes = b"", styles: bytes = b"", after: bytes = b"", more: int = 0) -> bytes:
    """A workbook of one sheet; ``LARGEST`` holds for its parts together."""
    head = b"".join(b'<c t="inlineStr"><is><t>%s</t></is></c>' % name for name in HEADING.split(b","))
    parts = {
        "[Content_Types].xml": b"<Types/>",
        "xl/workbook.xml": b'<workbook %s xmlns:r="%s"><sheets>'
        b'<sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>' % (_NAMESPACE, _RELATIONS),
        "xl/_rels/workbook.xml.rels": b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="r1" Type="%s/worksheet" Target="worksheets/sheet1.xml"/></Relationships>' % _RELATIONS,
        "xl/worksheets/sheet1.xml": b"<worksheet %s><sheetData><row>%s</row>%s</sheetData>%s</worksheet>"
        % (_NAMESPACE, head, rows, after),
        "xl/sharedStrings.xml": b"<sst %s>%s</sst>" % (_NAMESPACE, strings),
        "xl/styles.xml": b"<styleSheet %s>%s</styleSheet>" % (_NAMESPACE, styles),
        **{f"xl/more{number}.xml": b"<a/>" for number in range(more)},
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _book_of_cells() -> bytes:
    return _book((b"<row>" + b"<c><v>1</v></c>" * 100 + b"</row>") * 640)


def _book_of_rows() -> bytes:
    return _book(b"<row><c><v>1</v></c></row>" * 19_000)


def _book_of_empty_rows() -> bytes:
    return _book(b"<row/>" * 160_000)


def _book_of_merges() -> bytes:
    merges = b"<mergeCells>" + b'<mergeCell ref="A1:A1048576"/>' * 30_000 + b"</mergeCells>"
    return _book(b"<row><c><v>1</v></c></row>" * 1_000, after=merges)


def _book_of_one_long_string() -> bytes:
    return _book(
        b'<row><c/><c/><c/><c t="s"><v>0</v></c></row>' * 10_000, strings=b"<si><t>" + b"a" * 500_000 + b"</t></si>"
    )


def _book_of_runs() -> bytes:
    return _book(b"", strings=b"<si>" + b"<r><t>a</t></r>" * 60_000 + b"</si>")


def _book_of_formats() -> bytes:
    formats = b"<numFmts>" + b"".join(
        b'<numFmt numFmtId="%d" formatCode="%s"/>' % (number, b"[a" * 40) for number in range(165, 7_000)
    )
    return _book(b"", styles=formats + b"</numFmts><cellXfs>" + b'<xf numFmtId="170"/>' * 5_000 + b"</cellXfs>")


def _book_of_one_long_format() -> bytes:
    return _book(b"", styles=b'<numFmts><numFmt numFmtId="165" formatCode="' + b"[y" * 400_000 + b'"/></numFmts>')


def _book_of_depth() -> bytes:
    return _book(b"<row>" + b"<c>" * 130_000 + b"</c>" * 130_000 + b"</row>")


def _book_of_parts() -> bytes:
    return _book(b"<row><c><v>1</v></c></row>", more=1_900)


def _book_of_escapes() -> bytes:
    return _book(b'<row><c/><c/><c/><c t="inlineStr"><is><t>' + b"_x000D_" * 4_000 + b"</t></is></c></row>" * 30)


WORKBOOKS: tuple[Callable[[], bytes], ...] = (
    _book_of_cells, _book_of_rows, _book_of_empty_rows, _book_of_merges, _book_of_one_long_string,
    _book_of_runs, _book_of_formats,
    _book_of_one_long_format, _book_of_depth, _book_of_parts, _book_of_escapes,
)  # fmt: skip
