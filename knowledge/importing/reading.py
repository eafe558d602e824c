"""A file as a reading, by its ending; whatever is wrong with it becomes a fault of the file, never an exception."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath

from knowledge.errors import UnfitFile
from knowledge.importing.material import MAX_BYTES, Reading

Reader = Callable[[str, bytes], Reading]


def _docx(file: str, payload: bytes) -> Reading:
    from knowledge.importing import docx

    return docx.read(file, payload)


def _workbook(file: str, payload: bytes) -> Reading:
    from knowledge.importing import sheet  # openpyxl takes a quarter of a second to import

    return sheet.read_workbook(file, payload)


def _csv(file: str, payload: bytes) -> Reading:
    from knowledge.importing import sheet

    return sheet.read_csv(file, payload)


def _html(file: str, payload: bytes) -> Reading:
    from knowledge.importing import html

    return html.read(file, payload)


def _markdown(file: str, payload: bytes) -> Reading:
    from knowledge.importing import markdown

    return markdown.read(file, payload)


def _pdf(file: str, payload: bytes) -> Reading:
    from knowledge.importing import pdf

    return pdf.read(file, payload)


def _lines(file: str, payload: bytes) -> Reading:
    from knowledge.importing import lines

    return lines.read(file, payload)


READERS: Mapping[str, Reader] = {
    ".docx": _docx,
    ".xlsx": _workbook,
    ".csv": _csv,
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".txt": _markdown,
    ".pdf": _pdf,
    ".jsonl": _lines,
}

_OTHERS = {
    ".doc": "旧版 Word 文件，请另存为 .docx 再导入",
    ".wps": "WPS 文字文件，请另存为 .docx 再导入",
    ".docm": "带宏的 Word 文件，请另存为 .docx 再导入",
    ".xls": "旧版表格，请另存为 .xlsx 再导入",
    ".et": "WPS 表格，请另存为 .xlsx 再导入",
    ".xlsm": "带宏的表格，请另存为 .xlsx 再导入",
    ".ofd": "OFD 版式文件，请导入 Word 原稿或 PDF",
    ".zip": "压缩包，请解压后导入里面的文件",
    ".rar": "压缩包，请解压后导入里面的文件",
    ".7z": "压缩包，请解压后导入里面的文件",
}


def ending(file: str) -> str:
    """The ending of a file's name, in small letters."""
    return PurePath(file.replace("\\", "/")).suffix.lower()


def too_large(size: int) -> str:
    """A sentence where a file of so many bytes is not read, else an empty text."""
    return (
        f"文件 {size / 1_000_000:.0f} MB，超过上限 {MAX_BYTES // 1_000_000} MB，请分成几个文件"
        if size > MAX_BYTES
        else ""
    )


def read(file: str, payload: bytes) -> Reading:
    """What the file gives; ``file`` is the name shown to people, its ending tells the format."""
    kind = ending(file)
    reader = READERS.get(kind)
    why = too_large(len(payload))
    if reader is None:
        why = f"是{_OTHERS[kind]}" if kind in _OTHERS else f"不支持这种格式，可用：{'、'.join(READERS)}"
    elif not payload.strip():
        why = "文件是空的"
    if why or reader is None:
        return refused(file, why)
    try:
        return reader(file, payload)
    except UnfitFile as problem:
        return refused(file, problem.why)


def refused(file: str, why: str) -> Reading:
    """The reading of a file that is not read, and why."""
    reading = Reading(file)
    reading.refuse(why)
    return reading


def is_known(file: str) -> bool:
    """Whether the ending is one that is read, or one of an office file that has to be saved in another way."""
    return ending(file) in READERS or ending(file) in _OTHERS
