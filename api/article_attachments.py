"""Files of articles at the edge: what is let in, under which name, and how one is given out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fastapi.responses import Response

from api import scanning
from api.desk import Desk
from api.sealed import as_download, as_picture
from channels.cleaning import clean_file_name
from channels.media_types import sniff
from district import office_package
from district.errors import UnfitPackage
from knowledge.attachments import Attach, Attached
from knowledge.errors import AttachmentNotFound, UnfitAttachment
from knowledge.tables import ArticleAttachment

LARGEST = 20_000_000
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS: Mapping[str, tuple[str, ...]] = {
    "application/pdf": (".pdf",),
    _DOCX: (".docx",),
    _XLSX: (".xlsx",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
}
"""What may be attached, and how the names of each end."""
_STEM, _LETTERS = 180, 110
"""Bytes and characters of a name before its ending: every file system takes them, and the database."""
_ENDING = re.compile(r"\.[A-Za-z][A-Za-z0-9]{1,4}$")


def taken(desk: Desk, name: str, content: bytes) -> Attached:
    """The file, stored; nothing names it before a version does. Blocks. Raises ``UnfitAttachment``."""
    called = clean_file_name(name, "附件")
    media_type = _kind(called, content)
    blob = desk.blobs.put(content)
    try:
        scanning.admit(desk, blob)
    except scanning.Infected as problem:
        raise UnfitAttachment(called, "查出病毒，没有保存") from problem
    except scanning.NotScanned:
        pass  # whoever wants to have it has it scanned first
    return Attached(named(called, media_type), media_type, len(content), blob)


def named(name: str, media_type: str) -> str:
    """The name cleaned, with an ending of its type."""
    called = clean_file_name(name, "附件")
    endings = ENDINGS[media_type]
    own = next((called[-len(each) :] for each in endings if called.lower().endswith(each)), "")
    stem = called.removesuffix(own) if own else _ENDING.sub("", called)
    short = stem.encode()[:_STEM].decode("utf-8", "ignore")[:_LETTERS].rstrip(". ")
    return f"{short or '附件'}{own or endings[0]}"


def _kind(name: str, content: bytes) -> str:
    """The media type that the bytes prove."""
    if not content:
        raise UnfitAttachment(name, "没有内容，请重新选择文件")
    if len(content) > LARGEST:
        raise UnfitAttachment(name, f"超过 {LARGEST // 1_000_000} MB，请压缩或分成几个文件")
    kind = sniff(content)
    if kind in ("application/zip", "application/x-ole-storage"):
        kind = _office(name, content)
    if kind not in ENDINGS:
        raise UnfitAttachment(name, "的内容不是 PDF、DOCX、XLSX 或图片（PNG、JPEG、GIF、WebP），请转换后再上传")
    return kind


def _office(name: str, content: bytes) -> str:
    try:
        parts = office_package.open_package(content)
    except UnfitPackage as problem:
        raise UnfitAttachment(name, f"不能用：{problem.why}") from problem
    return _DOCX if "word/document.xml" in parts else _XLSX if "xl/workbook.xml" in parts else ""


def given_out(desk: Desk, found: ArticleAttachment) -> Response:
    """The file as a download. Blocks. Raises what ``scanning.admit`` does."""
    scanning.admit(desk, found.blob)
    return as_download(desk.blobs.get(found.blob), found.name, found.media_type)


def drawn(desk: Desk, found: ArticleAttachment, form: str) -> Response:
    """A picture of the file in one of the forms of ``previews.EDGES``. Blocks. Raises ``NotShown`` and as above."""
    scanning.admit(desk, found.blob)
    return as_picture(desk.previews.get(found.blob, form, lambda: desk.blobs.get(found.blob)))


# What becomes of the files of the version before


@dataclass(frozen=True, slots=True)
class Row:
    """A file's line of the form, as it was typed."""

    file: str
    name: str
    place: str
    gone: bool


def typed(rows: Iterable[Row], added: Sequence[Attached] = ()) -> Attach:
    """By the lines of a form: renamed, put in their places, taken off; then those that were added.

    What has no line stays: somebody else added it.
    """
    by_file = {row.file: row for row in rows}

    def attach(there: Sequence[Attached]) -> list[Attached]:
        kept = []
        for at, each in enumerate(there, 1):
            row = by_file.get(each.file, Row(each.file, each.name, str(at), gone=False))
            if not row.gone:
                kept.append((_place(row.place, at), renamed(each, row.name)))
        return [*(each for _, each in sorted(kept, key=lambda pair: pair[0])), *added]

    return attach


def _place(given: str, at: int) -> tuple[int, int, int]:
    """Where it goes: before the one that is there if it comes from below, after it if it comes from above."""
    place = int(given) if re.fullmatch("[0-9]{1,4}", given.strip()) else at
    return place, (place > at) - (place < at), at


def renamed(file: Attached, name: str) -> Attached:
    """The file under this name; as it is for an empty one."""
    return replace(file, name=named(name, file.media_type)) if name.strip() and name != file.name else file


def listed(number: str, wanted: Sequence[tuple[str, str]]) -> Attach:
    """Those files in that order under these names (empty: as it is), and no others.

    ``attach`` raises ``AttachmentNotFound`` for what the article has not, ``UnfitAttachment`` for one named twice.
    """

    def attach(there: Sequence[Attached]) -> list[Attached]:
        left = {each.file: each for each in there}
        found = []
        for file, name in wanted:
            if file not in {each.file for each in there}:
                raise AttachmentNotFound(number, file)
            if file not in left:
                raise UnfitAttachment(name or file, "列了两次，请只列一次")
            found.append(renamed(left.pop(file), name))
        return found

    return attach


def as_json(file: Attached) -> dict[str, Any]:
    """A file of a version."""
    return {
        "id": file.file,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.blob,
    }
