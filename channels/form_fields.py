"""What a resident fills into a form: how long his words may be, what is a telephone number, what is a photo."""

from __future__ import annotations

import re

from channels.cleaning import clean_file_name
from channels.errors import UnreadableMessage
from channels.file_limits import MB
from channels.media_types import sniff
from channels.message import Attachment

LONGEST = 5000
"""Characters of an appeal; a longer one is for a letter."""

PICTURES = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif", "application/pdf"}
)
"""What a form takes: told by the bytes, whatever the file is called."""

_PHONE = re.compile(r"(?:\+?86)?1\d{10}|0\d{2,3}-?\d{7,8}(?:-\d{1,6})?")


def phone(given: str) -> str:
    """The telephone number as it is kept; empty for none. Raises ``UnreadableMessage`` for what is no number."""
    number = re.sub(r"[\s()（）]", "", given)
    if not number:
        return ""
    if not _PHONE.fullmatch(number):
        raise UnreadableMessage("phone", "不是手机号或带区号的固定电话")
    return number.removeprefix("+").removeprefix("86") if number.startswith(("+86", "861")) else number


def photo(content: bytes, name: str, number: int, most: int) -> Attachment:
    """A photo of a form, or a PDF, of ``most`` bytes at most. Raises ``UnreadableMessage`` for anything else."""
    where = f"photos[{number}]"
    if not 0 < len(content) <= most:
        raise UnreadableMessage(where, f"文件应在 1 字节到 {most / MB:g} MB 之间")
    kind = sniff(content)
    if kind not in PICTURES:
        raise UnreadableMessage(where, "只收照片和 PDF")
    return Attachment(clean_file_name(name, f"照片{number}"), kind, content)
