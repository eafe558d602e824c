"""The ZIP that a DOCX or XLSX is, opened with distrust: every part is measured before anything parses one.

What stands in it may be of any name, and a library goes where the package itself points. So it is the content that
says which part is XML, and only parts that were found sound are handed on.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from district.errors import UnfitPackage

MAX_PARTS = 3_000
MAX_UNPACKED = 100_000_000
"""Bytes of all parts, pictures among them, as the directory states them and as they come out."""
MAX_XML = 40_000_000
"""Bytes of the parts that are handed on; a document of 200 pages has about three million."""
MAX_RATIO = 200
"""A page of blank styled cells is packed 60 : 1, a bomb 1,000 : 1."""
MAX_TAGS = 2_500_000
"""Opening and closing tags: 20,000 rows of 30 columns. Small tags cost more memory than their bytes tell."""
MAX_TAGS_BESIDE = 200_000
"""The same for each part of a workbook but sheets and strings, of which formats are the largest and dearest."""

_MACROS = re.compile(r"(?:^|/)vbaproject[^/]*\.bin$|^xl/macrosheets/", re.IGNORECASE)
_ARCHIVES = re.compile(r"\.(?:zip|rar|7z|gz|tgz|tar|bz2|xz|jar)$", re.IGNORECASE)
_XML_BY_NAME = re.compile(r"\.(?:xml|rels)$", re.IGNORECASE)
_BESIDE_THE_TEXT = re.compile(
    r"(?:^|/)(?:media|embeddings|drawings|charts|chartsheets|diagrams|pivot\w+|external\w+|printerSettings|activeX"
    r"|ctrlProps|customXml|fonts|thumbnails)/",
    re.IGNORECASE,
)
_MANY_TAGS = re.compile(r"xl/(?:sharedStrings\.xml|worksheets/[^/]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']""")
_BEFORE_XML = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_PIECE = 1_000_000


def open_package(payload: bytes) -> Mapping[str, bytes]:
    """The XML parts by name; without pictures, drawings, embedded files and links to other files.

    Raises ``UnfitPackage``. Nothing of it is run, and no archive within it is opened.
    """
    if payload.startswith(_OLE):
        raise UnfitPackage("是旧版格式或加了密码的文件，请去掉密码，另存为 .docx 或 .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            infos = archive.infolist()
            _check_directory(infos)
            parts = _unpacked(archive, infos)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
    ) as problem:  # fmt: skip
        raise UnfitPackage("文件已损坏，请在办公软件中重新打开，另存为 .docx 或 .xlsx") from problem
    _check_tags(parts)
    return parts


def repacked(parts: Mapping[str, bytes]) -> io.BytesIO:
    """The parts as a package again, for a library that wants a file and is to see nothing else."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    written.seek(0)
    return written


def _check_directory(infos: Sequence[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(infos) > MAX_PARTS:
        raise UnfitPackage(f"压缩包里有 {len(infos)} 个文件，不像办公文档")
    if any(_MACROS.search(name) for name in names):
        raise UnfitPackage("文件带有宏，为安全起见不读取，请另存为不带宏的文件")
    if any(name.lower() == "xl/workbook.bin" for name in names):
        raise UnfitPackage("这是二进制工作簿 .xlsb，请另存为 .xlsx")
    if len({name.lower() for name in names}) < len(infos):
        raise UnfitPackage("压缩包里有重名的文件，没有读取")
    if nested := next((name for name in names if _ARCHIVES.search(name)), ""):
        raise UnfitPackage(f"文件里套着压缩包（{nested[:80]!r}），没有读取")
    if any(info.flag_bits & 0x1 for info in infos):
        raise UnfitPackage("文件已加密，请去掉密码后再试")
    if any(info.compress_type not in _PLAIN for info in infos):
        raise UnfitPackage("压缩方法不是办公软件所用的，没有读取")
    if any(info.file_size > 1_000_000 and info.file_size > MAX_RATIO * max(1, info.compress_size) for info in infos):
        raise UnfitPackage("压缩比异常，可能是压缩炸弹，没有解开")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise UnfitPackage(f"解开后超过 {MAX_UNPACKED // 1_000_000} MB，没有解开")


def _unpacked(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> dict[str, bytes]:
    """The XML parts; the others are only read through, so that none is larger than the directory states."""
    parts: dict[str, bytes] = {}
    unpacked = kept = 0
    for info in infos:
        content = bytearray()
        with archive.open(info) as part:
            piece = part.read(_PIECE)
            wanted = _is_xml(info.filename, piece)
            while piece:
                unpacked += len(piece)
                if wanted:
                    kept += len(piece)
                    content += piece
                if unpacked > MAX_UNPACKED or kept > MAX_XML:
                    most = MAX_XML if kept > MAX_XML else MAX_UNPACKED
                    raise UnfitPackage(f"文字部分解开后超过 {most // 1_000_000} MB，请分成几个文件")
                piece = part.read(_PIECE)
        if wanted:
            parts[info.filename] = _sound_xml(bytes(content))
    return parts


def _is_xml(name: str, beginning: bytes) -> bool:
    """Whether anything could parse the part as XML: that begins with a bracket, however the part is named."""
    if _BESIDE_THE_TEXT.search(name):
        return False
    return _XML_BY_NAME.search(name) is not None or beginning.lstrip(_BEFORE_XML).startswith(b"<")


def _sound_xml(content: bytes) -> bytes:
    """XML in UTF-8 without document type: no entity can then be declared, whoever parses it."""
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in content or (declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}):
        raise UnfitPackage("内部的 XML 不是 UTF-8，请用办公软件重新另存")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnfitPackage("内部的 XML 声明了文档类型或实体，办公软件不会这样写，没有读取")
    return content


def _check_tags(parts: Mapping[str, bytes]) -> None:
    tags = {name: part.count(b"<") for name, part in parts.items()}
    if sum(tags.values()) > MAX_TAGS:
        raise UnfitPackage("内容或格式过多，请删去没有内容的行和列的格式，或分成几个文件")
    beside = (name for name in tags if name.lower().startswith("xl/") and not _MANY_TAGS.fullmatch(name))
    if any(tags[name] > MAX_TAGS_BESIDE for name in beside):
        raise UnfitPackage("单元格格式过多，请把内容复制到新的工作簿里再试")
