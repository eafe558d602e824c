"""winmail.dat: the container (TNEF, MS-OXTNEF) in which Outlook hides a letter's text and files.

Read within bounds and in one pass: counts inside the container are the sender's claim, and a reader that believes
them loops four thousand million times over a hundred bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from channels.mailbox.charsets import decode, markup_charset
from channels.mailbox.html_text import html_to_text

SIGNATURE = b"\x78\x9f\x3e\x22"

_MAX_STEPS = 20_000
"""Attributes of a container, or properties of a block, that are looked at; a letter has some dozens."""

_BODY, _FILE_DATA, _FILE_TITLE = 0x800C, 0x800F, 0x8010
_FILE_BEGINS, _PROPERTIES, _FILE_PROPERTIES, _CODEPAGE = 0x9002, 0x9003, 0x9005, 0x9007
_P_BODY, _P_HTML, _P_DATA, _P_SHORT_NAME, _P_LONG_NAME, _P_SHOWN_NAME = 0x1000, 0x1013, 0x3701, 0x3704, 0x3707, 0x3001
_STRING, _UNICODE = 0x1E, 0x1F
_SIZES = {0x01: 0, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0x00, 0x0D, _STRING, _UNICODE, 0x102})
_MANY, _NAMED = 0x1000, 0x8000
_EMBEDDED = bytes.fromhex("0703020000000000c000000000000046")
"""The interface id before a message or another object that is embedded as a file."""


@dataclass(frozen=True, slots=True)
class Winmail:
    """What a winmail.dat held: its text (HTML already made text) and its files."""

    text: str
    files: tuple[tuple[str, bytes], ...]


@dataclass(slots=True)
class _File:
    names: dict[int, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def name(self) -> str:
        wanted = (_P_LONG_NAME, _P_SHORT_NAME, _FILE_TITLE, _P_SHOWN_NAME)
        return next((self.names[key] for key in wanted if self.names.get(key)), "")


@dataclass(slots=True)
class _Reader:
    charset: str = ""
    files: list[_File] = field(default_factory=list)
    plain: str = ""
    markup: str = ""

    def attribute(self, kind: int, value: bytes) -> None:
        if kind == _CODEPAGE and len(value) >= 4:
            self.charset = f"cp{struct.unpack_from('<I', value)[0]}"
        elif kind == _BODY:
            self.plain = self.plain or self._text(_STRING, value)
        elif kind == _PROPERTIES:
            for name, form, content in _properties(value):
                self._of_letter(name, form, content)
        elif kind == _FILE_BEGINS:
            self.files.append(_File())
        elif self.files:
            self._of_file(self.files[-1], kind, value)

    def _of_letter(self, name: int, form: int, content: bytes) -> None:
        if name == _P_BODY:
            self.plain = self.plain or self._text(form, content)
        elif name == _P_HTML:
            by_itself = decode(content, markup_charset(content) or self.charset).text if form == 0x102 else ""
            self.markup = self.markup or by_itself or self._text(form, content)

    def _of_file(self, file: _File, kind: int, value: bytes) -> None:
        if kind == _FILE_DATA:
            file.content = value
        elif kind == _FILE_TITLE:
            file.names[kind] = self._text(_STRING, value)
        elif kind == _FILE_PROPERTIES:
            for name, form, content in _properties(value):
                if name == _P_DATA:
                    file.content = file.content or content.removeprefix(_EMBEDDED)
                elif name in {_P_SHORT_NAME, _P_LONG_NAME, _P_SHOWN_NAME}:
                    file.names[name] = self._text(form, content)

    def _text(self, form: int, content: bytes) -> str:
        if form == _UNICODE:
            return content.decode("utf-16-le", "replace").rstrip("\0")
        return decode(content.rstrip(b"\0"), self.charset).text


def open_winmail(content: bytes) -> Winmail | None:
    """Take a container apart; None where it is none, is broken from its start, or holds neither text nor files."""
    if not content.startswith(SIGNATURE):
        return None
    reader = _Reader()
    for kind, value in _attributes(content):
        reader.attribute(kind, value)
    text = reader.plain.strip() or html_to_text(reader.markup)
    files = tuple((file.name, file.content) for file in reader.files if file.content)
    return Winmail(text, files) if text or files else None


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each attribute's number and value, up to the first that does not fit."""
    position = 6
    for _ in range(_MAX_STEPS):
        if position + 9 > len(content):
            return
        level, kind, _type, size = struct.unpack_from("<BHHI", content, position)
        position += 9
        # A file cut on its way is worth having as far as it came.
        if level not in {1, 2}:
            return
        yield kind, content[position : position + size]
        position += size + 2


def _properties(block: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each single-valued property of a block that has a variable length: name, type and value."""
    count, position = _number(block, 0), 4
    for _ in range(min(count, _MAX_STEPS)):
        if position + 4 > len(block):
            return
        form, name = struct.unpack_from("<HH", block, position)
        position += 4
        if name >= _NAMED:
            position += 24 if not _number(block, position + 16) else 24 + _padded(_number(block, position + 20))
        many, form = bool(form & _MANY), form & ~_MANY
        if form in _SIZES and not many:
            position += _SIZES[form]
            continue
        if form not in _SIZES and form not in _VARIABLE:
            return
        values, position = _number(block, position), position + 4
        if form in _SIZES:
            position += values * _SIZES[form]
            continue
        for index in range(min(values, _MAX_STEPS)):
            if position + 4 > len(block):
                return
            size, position = _number(block, position), position + 4
            if index == 0 and not many:
                yield name, form, block[position : position + size]
            position += _padded(size)


def _number(data: bytes, position: int) -> int:
    return int(struct.unpack_from("<I", data, position)[0]) if position + 4 <= len(data) else 0


def _padded(size: int) -> int:
    return size + -size % 4
