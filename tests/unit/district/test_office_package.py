"""What a package hands on was measured, whatever its parts are called."""

from __future__ import annotations

import io
import zipfile

import pytest

from district import office_package
from district.errors import UnfitPackage
from district.office_package import open_package, repacked

SOUND = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>'
TAGS = b"".join(b'<c a="%d"/>' % n for n in range(200_001))


def package(**more: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (SOUND | more).items():
            archive.writestr(name, content)
    return written.getvalue()


@pytest.mark.parametrize(
    "name", ["xl/worksheets/sheet1.dat", "xl/worksheets/SHEET1.XML", "xl/sheet", "xl/styles.bin", "a.png", "word/x.XmL"]
)
@pytest.mark.parametrize(
    "content",
    [DOCTYPE, b"\xef\xbb\xbf \n" + DOCTYPE, DOCTYPE.decode().encode("utf-16"), DOCTYPE.decode().encode("utf-16-be")],
    ids=["plain", "marked", "utf16", "utf16-be"],
)
def test_xml_under_any_name_is_looked_at(name: str, content: bytes) -> None:
    with pytest.raises(UnfitPackage, match="XML"):
        open_package(package(**{name: content}))


@pytest.mark.parametrize("name", ["xl/styles.xml", "xl/Styles.bin", "xl/odd"])
def test_formats_under_any_name_are_counted(name: str) -> None:
    with pytest.raises(UnfitPackage, match="格式过多"):
        open_package(package(**{name: b"<s>" + TAGS + b"</s>"}))


def test_every_part_counts_towards_what_may_be_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office_package, "MAX_XML", 100_000)
    assert open_package(package(**{"xl/worksheets/sheet1.dat": b"<x>" + b"a" * 90_000}))
    with pytest.raises(UnfitPackage, match="解开后超过"):
        open_package(package(**{"xl/worksheets/sheet1.dat": b"<x>" + b"a" * 100_000}))
    monkeypatch.setattr(office_package, "MAX_UNPACKED", 200_000)
    with pytest.raises(UnfitPackage, match="解开后超过"):
        open_package(package(**{"xl/media/a.png": bytes(range(256)) * 800}))


def test_two_parts_whose_names_differ_in_case_only_are_refused() -> None:
    with pytest.raises(UnfitPackage, match="重名"):
        open_package(package(**{"xl/Workbook.xml": b"<other/>"}))


def test_pictures_and_drawings_are_measured_and_handed_to_nobody() -> None:
    parts = open_package(
        package(
            **{
                "xl/media/image1.svg": b"<!DOCTYPE svg><svg/>",
                "xl/drawings/vmlDrawing1.vml": b"<xml>",
                "xl/media/a.png": b"\x89PNG",
                "xl/printerSettings/printerSettings1.bin": "打印机".encode("utf-16"),
                "xl/worksheets/sheet1.dat": b"<worksheet/>",
            }
        )
    )
    assert set(parts) == {*SOUND, "xl/worksheets/sheet1.dat"}
    with zipfile.ZipFile(repacked(parts)) as again:
        assert {name: again.read(name) for name in again.namelist()} == parts
