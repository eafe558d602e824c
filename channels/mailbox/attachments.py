"""Files in a letter: named safely, typed by what they are, taken out of uuencoded text."""

from __future__ import annotations

import re

from channels.cleaning import clean_file_name
from channels.mailbox.mime import decode_uu
from channels.media_types import ending_for, media_type_of
from channels.message import Attachment

_UU_BLOCK = re.compile(
    r"^begin [0-7]{3,4} ([^\n]{1,200})\n((?:[ -`][ -`]{0,90}\n){1,200000}?)(?:`\n| \n|\n)?end[ \t]*$", re.MULTILINE
)


def build(name: str, declared: str, content: bytes, number: int, *, inline: bool) -> tuple[Attachment, str]:
    """An attachment with a safe name, and a note where its type was corrected."""
    kind, note = media_type_of(declared, name, content)
    safe = clean_file_name(name, f"附件{number}{ending_for(kind)}")
    return Attachment(name=safe, media_type=kind, content=content, inline=inline), note


def take_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Files uuencoded into a text, and the text without them."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    files: list[tuple[str, bytes]] = []

    def taken(found: re.Match[str]) -> str:
        content = decode_uu(found.group(2).encode("ascii", "replace"))
        if not content:
            return found.group()
        files.append((found.group(1), content))
        return ""

    return _UU_BLOCK.sub(taken, text), files
