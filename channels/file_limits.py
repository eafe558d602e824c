"""How large a file may be on each channel, and how many a message may bring: one table, and one place that keeps it.

What is beyond it is kept out, and the message says so; the message itself is always taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from channels.message import Account, Attachment, InboundMessage

MB = 1_000_000
BYTES, COUNT = "max_media_bytes", "max_files"
"""Settings of an account, in the place of its channel's row in ``LIMITS``."""


@dataclass(frozen=True, slots=True)
class FileLimits:
    """``file_bytes``: of one file; ``files``: of one message, its pictures and inline parts included."""

    file_bytes: int
    files: int


OTHERWISE = FileLimits(file_bytes=20 * MB, files=20)
"""For a channel that the table does not name."""

LIMITS: Mapping[str, FileLimits] = MappingProxyType(
    {
        "wechat": FileLimits(file_bytes=20 * MB, files=1),
        "telegram": FileLimits(file_bytes=20 << 20, files=10),
        "mailbox": FileLimits(file_bytes=20 * MB, files=200),
        "web": FileLimits(file_bytes=10 * MB, files=9),
        "city": FileLimits(file_bytes=20 * MB, files=50),
    }
)


def limits_of(account: Account) -> FileLimits:
    """The limits of an account. A setting that is no whole number above zero counts as not given."""
    usual = LIMITS.get(account.channel, OTHERWISE)
    return FileLimits(
        _whole(account.settings.get(BYTES)) or usual.file_bytes, _whole(account.settings.get(COUNT)) or usual.files
    )


def within(message: InboundMessage, account: Account) -> InboundMessage:
    """The message, with what is too large or too much left out of it and a note for each; a reference counts as a file.

    A file left out keeps its name, type and size, so that whoever reads the message can ask for it another way.
    """
    limits = limits_of(account)
    files = [_looked_at(file, number, limits) for number, file in enumerate(message.attachments)]
    notes = tuple(note for _, note in files if note)
    if not notes:
        return message
    return replace(message, attachments=tuple(file for file, _ in files), notes=message.notes + notes)


def too_large(size: int, limits: FileLimits) -> str:
    """A sentence if a file of this size is beyond the limits, else an empty text."""
    return f"文件 {_mb(size)}，超过上限 {_mb(limits.file_bytes)}，没有保存" if size > limits.file_bytes else ""


def _looked_at(file: Attachment, number: int, limits: FileLimits) -> tuple[Attachment, str]:
    size = file.size if file.content is None else len(file.content)
    why = too_large(size, limits)
    if not why and number >= limits.files:
        why = f"一次最多收 {limits.files} 个文件，这一个没有保存"
    if not why:
        return file, ""
    return replace(file, content=None, reference="", blob="", size=size), f"附件 {file.name}：{why}"


def _mb(size: int) -> str:
    return f"{size / MB:.1f}".removesuffix(".0") + " MB" if size >= MB else f"{size / 1000:.0f} KB"


def _whole(given: Any) -> int:
    try:
        return max(0, int(given))
    except (TypeError, ValueError, OverflowError):
        return 0
