"""The ZIP that a DOCX or XLSX is, opened with distrust: all of it is measured before a library parses any."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence

from knowledge.errors import UnfitFile

MAX_PARTS = 3_000
MAX_UNPACKED = 100_000_000
"""Bytes of all parts, pictures among them, as the directory states them and as they come out."""
MAX_XML = 40_000_000
"""Bytes of the parts that are parsed; a document of 200 pages has about three million."""
MAX_RATIO = 200
"""A page of blank styled cells is packed 60 : 1, a bomb 1,000 : 1."""
MAX_TAGS = 2_500_000
"""Small tags cost more memory than their bytes tell."""

_MACROS = re.compile(r"(?:^|/)vbaproject[^/]*\.bin$|^xl/macrosheets/", re.IGNORECASE)
_ARCHIVES = re.compile(r"\.(?:zip|rar|7z|gz|tgz|tar|bz2|xz|jar)$", re.IGNORECASE)
_XML = re.compile(r"\.(?:xml|rels)$", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']{1,40})["']""")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PLAIN = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def open_package(payload: bytes, folder: str, what: str) -> Mapping[str, bytes]:
    """The XML parts by name, the contents in ``folder``. ``what`` is the kind of file people know ("DOCX 文档").

    Raises ``UnfitFile``. Nothing of it is run, and no archive within it is opened.
    """
    if payload.startswith(_OLE):
        raise UnfitFile(f"是旧版格式或加了密码的文件，请去掉密码，另存为 {what}再导入")
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            infos = archive.infolist()
            _check_directory(infos)
            if not any(info.filename.startswith(folder) for info in infos):
                raise UnfitFile(f"是压缩包，但不是 {what}，请确认文件内容与后缀一致")
            parts = _unpacked(archive, infos)
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
    ) as problem:  # fmt: skip
        raise UnfitFile(f"文件已损坏，不是完整的 {what}，请重新打开另存后再导入") from problem
    if sum(part.count(b"<") for part in parts.values()) > MAX_TAGS:
        raise UnfitFile("内容或格式过多，请分成几个文件")
    return parts


def _check_directory(infos: Sequence[zipfile.ZipInfo]) -> None:
    names = [info.filename for info in infos]
    if len(infos) > MAX_PARTS:
        raise UnfitFile(f"压缩包里有 {len(infos)} 个文件，不像办公文档")
    if len(set(names)) < len(names):
        raise UnfitFile("压缩包里有重名的文件，没有读取")
    if any(_MACROS.search(name) for name in names):
        raise UnfitFile("文件带有宏，为安全起见不读取，请另存为不带宏的文件")
    if nested := next((name for name in names if _ARCHIVES.search(name)), ""):
        raise UnfitFile(f"文件里套着压缩包（{nested[:80]}），没有读取")
    if any(info.flag_bits & 0x1 for info in infos):
        raise UnfitFile("文件已加密，请去掉密码后再导入")
    if any(info.compress_type not in _PLAIN for info in infos):
        raise UnfitFile("压缩方法不是办公软件所用的，没有读取")
    if any(info.file_size > 1_000_000 and info.file_size > MAX_RATIO * max(1, info.compress_size) for info in infos):
        raise UnfitFile("压缩比异常，可能是压缩炸弹，没有解开")
    if sum(info.file_size for info in infos) > MAX_UNPACKED:
        raise UnfitFile(f"解开后超过 {MAX_UNPACKED // 1_000_000} MB，没有解开")


def _unpacked(archive: zipfile.ZipFile, infos: Sequence[zipfile.ZipInfo]) -> Mapping[str, bytes]:
    """The XML parts; the others are only read through, so that none is larger than the directory states."""
    parts: dict[str, bytes] = {}
    left = MAX_XML
    for info in infos:
        if not _XML.search(info.filename):
            continue
        with archive.open(info) as part:
            content = part.read(left + 1)
        left -= len(content)
        if left < 0:
            raise UnfitFile(f"文字部分解开后超过 {MAX_XML // 1_000_000} MB，请分成几个文件")
        parts[info.filename] = _sound_xml(content)
    return parts


def _sound_xml(content: bytes) -> bytes:
    """XML in UTF-8 without document type: no entity can then be declared, whoever parses it."""
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    if b"\0" in content or (declared and declared[1].lower() not in {b"utf-8", b"utf8", b"us-ascii"}):
        raise UnfitFile("内部的 XML 不是 UTF-8，请用办公软件重新另存")
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise UnfitFile("内部的 XML 声明了实体，办公软件不会这样写，没有读取")
    return content
