"""A picture that a simulated resident sends: the file he chose, or one of ours."""

from __future__ import annotations

from fastapi import UploadFile

from api.demo import media
from channels.media_types import sniff

MOST = 5_000_000
"""Bytes of a file that a visitor may hand in."""


async def chosen(file: UploadFile | None) -> tuple[bytes, str]:
    """The picture, ours where none was chosen, and why it cannot be sent, as the phone would say it."""
    content = await file.read(MOST + 1) if file is not None and file.filename else b""
    if len(content) > MOST:
        return b"", f"图片超过 {MOST // 1_000_000} MB，没有发出。"
    if content and not sniff(content).startswith("image/"):
        return b"", "这个文件不是图片，没有发出。"
    return content or media.picture(), ""
