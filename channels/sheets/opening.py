"""Telling what a file is by its first bytes, and reading it as sheets."""

from __future__ import annotations

from collections.abc import Sequence

from channels.errors import UnreadableMessage
from channels.sheets import delimited
from channels.sheets.heading import Words
from channels.sheets.table import Table

_NO_SHEETS = {
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "旧版 .xls 或加密的工作簿，请在表格软件中打开后另存为不加密的 .xlsx",
    b"%PDF": "PDF 文件，请上传 .xlsx 或 .csv",
    b"\x1f\x8b": "压缩文件，请解压后上传 .xlsx 或 .csv",
    b"Rar!": "压缩文件，请解压后上传 .xlsx 或 .csv",
    b"7z\xbc\xaf": "压缩文件，请解压后上传 .xlsx 或 .csv",
    b"\x89PNG": "图片，请上传 .xlsx 或 .csv",
    b"\xff\xd8\xff": "图片，请上传 .xlsx 或 .csv",
    b"{\\rtf": "RTF 文档，请上传 .xlsx 或 .csv",
}


def is_json(payload: bytes) -> bool:
    """Whether the payload begins as a JSON object or list."""
    return payload[:200].removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"["))


def tables(payload: bytes, words: Words) -> Sequence[Table]:
    """The sheets of a workbook or of delimited text. Raises ``UnreadableMessage`` for any other kind of file."""
    for magic, what in _NO_SHEETS.items():
        if payload.startswith(magic):
            raise UnreadableMessage("", what)
    if payload.startswith(b"PK"):
        from channels.sheets import workbook  # openpyxl takes a quarter of a second to import

        return workbook.read(payload)
    start = payload[:200].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.lower().startswith((b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta", b"<head")):
        raise UnreadableMessage("", "网页或 XML 表格（有些系统把它存成 .xls），请在表格软件中打开后另存为 .xlsx")
    return [delimited.read(payload, words)]
