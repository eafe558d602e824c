"""Sheets made in memory, and what they become."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from openpyxl import Workbook

from channels.message import Account, Parsed
from channels.walk_in import CHANNEL

Make = Callable[[Sequence[Sequence[Any]]], bytes]
Read = Callable[..., list[Parsed]]


@pytest.fixture
def read() -> Read:
    """Parses a payload (bytes or text) for an account with the given settings."""

    def parse(payload: bytes | str, **settings: Any) -> list[Parsed]:
        given = payload.encode() if isinstance(payload, str) else payload
        return CHANNEL.parse(given, Account("walk_in", "hall", settings))

    return parse


@pytest.fixture
def workbook() -> Make:
    """A workbook of one sheet with the given rows."""

    def make(rows: Sequence[Sequence[Any]]) -> bytes:
        book = Workbook()
        for row in rows:
            book.active.append(list(row))
        written = io.BytesIO()
        book.save(written)
        return written.getvalue()

    return make


@pytest.fixture
def with_part(workbook: Make) -> Callable[..., bytes]:
    """A sound workbook in which the parts given by name are others; one that is not there is added."""

    def make(**changed: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(workbook([["姓名", "诉求内容"], ["甲", "路灯不亮"]]))) as archive:
            parts = {each: archive.read(each) for each in archive.namelist()}
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {**parts, **changed}.items():
                archive.writestr(name, content)
        return written.getvalue()

    return make
