"""Bytes of a call platform as text: UTF-8, UTF-16 with its mark, or GBK as Windows writes it."""

from __future__ import annotations

import codecs

from channels.errors import UnreadableMessage

_DAMAGED = 0.05
"""Share of bytes beyond ASCII that may be wrong in UTF-8 before the text is taken for GBK."""


def decoded(payload: bytes) -> tuple[str, tuple[str, ...]]:
    """The text with line feeds only, and a note where it was not UTF-8. Raises ``UnreadableMessage`` with the line."""
    text, notes = _text(payload)
    if "\0" in text:
        raise UnreadableMessage(f"第 {text.count(chr(10), 0, text.index(chr(0))) + 1} 行", "含有空字符，不是文本文件")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"), notes


def _text(payload: bytes) -> tuple[str, tuple[str, ...]]:
    if payload.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return payload.decode("utf-16"), ("文件是 UTF-16 编码",)
        except UnicodeDecodeError:
            raise UnreadableMessage("", "不是完整的 UTF-16 文本") from None
    try:
        return payload.decode("utf-8"), ()
    except UnicodeDecodeError as problem:
        line = payload.count(b"\n", 0, problem.start) + 1
    beyond = sum(map(payload.count, map(bytes, ([byte] for byte in range(0x80, 0x100)))))
    if payload.decode("utf-8", "replace").count("\ufffd") <= _DAMAGED * beyond:
        raise UnreadableMessage(f"第 {line} 行", "UTF-8 文本有损坏")
    try:
        return payload.decode("gb18030"), ("文件是 GBK 编码",)
    except UnicodeDecodeError as problem:
        line = payload.count(b"\n", 0, problem.start) + 1
        raise UnreadableMessage(f"第 {line} 行", "既不是 UTF-8 也不是 GBK 文本") from None
