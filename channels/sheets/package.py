"""The ZIP that an XLSX is, opened with distrust: everything is measured before any XML of it is parsed."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from channels.errors import UnreadableMessage

MAX_PARTS = 2_000
MAX_UNPACKED = 60_000_000
"""Bytes of all parts together, as the directory states them and as they really come out."""
MAX_RATIO = 200
"""A sheet of blank styled cells is packed 60 : 1, a bomb 1,000 : 1."""
MAX_TAGS = 2_500_000
"""Opening and closing tags: 20,000 rows of 30 columns. Small tags cost more memory than their bytes tell."""
MAX_TAGS_BESIDE = 200_000
"""The same for each part but sheets and strings, of which formats are the largest and dearest."""

_MACROS = re.compile(r"(?:^|/)vbaproject[^/]*\.bin$|^xl/macrosheets/", re.IGNORECASE)
_NEEDED = re.compile(r"xl/(?:[^/]+\.xml|_rels/workbook\.xml\.rels|worksheets/[^/]+\.xml)", re.IGNORECASE)
_MANY_TAGS = re.compile(r"xl/(?:sharedStrings\.xml|worksheets/[^/]+)", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']""")
_PLAIN_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


@dataclass(frozen=True, slots=True)
class Parts:
    """The XML parts of a workbook by name, measured; ``read`` is what openpyxl asks of an archive."""

    contents: Mapping[str, bytes]

    def read(self, name: str) -> bytes:
        """The bytes of a part. Raises ``KeyError``."""
        return self.contents[name]


def open_package(payload: bytes) -> Parts:
    """The parts that hold sheets, strings and formats. Raises ``UnreadableMessage`` with what is wrong.

    Pictures, drawings, properties and links to other files are never unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            infos = archive.infolist()
            _check_directory(infos)
            contents, left = {}, MAX_UNPACKED
            for info in infos:
                if _NEEDED.fullmatch(info.filename):
                    contents[info.filename] = _unpacked(archive, info, left)
                    left -= len(contents[info.filename])
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as problem:
        raise UnreadableMessage("xlsx", "压缩包已损坏，请在表格软件中打开后另存为 .xlsx") from problem
    if "xl/workbook.xml" not in contents:
        raise UnreadableMessage("xlsx", "压缩包里没有工作簿，请上传另存为 .xlsx 的表格")
    if sum(part.count(b"<") for part in contents.values()) > MAX_TAGS:
        raise UnreadableMessage("xlsx", "单元格过多，请删去没有内容的行和列的格式，或分成几个文件")
    if any(part.count(b"<") > MAX_TAGS_BESIDE for name, part in contents.items() if not _MANY_TAGS.fullmatch(name)):
        raise UnreadableMessage("xlsx", "单元格格式过多，请把内容复制到新的工作簿里再上传")
    return Parts(contents)


def _check_directory(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MAX_PARTS:
        raise UnreadableMessage("xlsx", f"压缩包里有 {len(infos)} 个文件，不像表格")
    if any(_MACROS.search(info.filename) for info in infos):
        raise UnreadableMessage("xlsx", "工作簿带有宏，为安全起见不读取，请另存为不带宏的 .xlsx")
    if any(info.filename.lower() == "xl/workbook.bin" for info in infos):
        raise UnreadableMessage("xlsx", "这是二进制工作簿 .xlsb，请另存为 .xlsx")
    if len({info.filename for info in infos}) < len(infos):
        raise UnreadableMessage("xlsx", "压缩包里有重名的文件")
    if any(info.flag_bits & 0x1 for info in infos):
        raise UnreadableMessage("xlsx", "文件已加密，请去掉密码后再上传")
    if any(info.file_size > 1_000_000 and info.file_size > MAX_RATIO * max(1, info.compress_size) for info in infos):
        raise UnreadableMessage("xlsx", "压缩比异常，可能是压缩炸弹，没有解开")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise UnreadableMessage("xlsx", f"解开后超过 {MAX_UNPACKED // 1_000_000} MB，没有解开")


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int) -> bytes:
    if info.compress_type not in _PLAIN_METHODS:
        raise UnreadableMessage("xlsx", "压缩方法不是表格软件所用的")
    with archive.open(info) as part:
        content = part.read(left + 1)
    if len(content) > left:
        raise UnreadableMessage("xlsx", f"解开后超过 {MAX_UNPACKED // 1_000_000} MB")
    return _sound_xml(content)


def _sound_xml(content: bytes) -> bytes:
    """XML in UTF-8 without document type: no entity can then be declared, whoever parses it."""
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in content or (declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}):
        raise UnreadableMessage("xlsx", "XML 不是 UTF-8")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnreadableMessage("xlsx", "XML 声明了文档类型或实体，表格软件不会这样写，没有读取")
    return content
