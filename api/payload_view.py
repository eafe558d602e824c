"""The bytes of a payload as a person may look at them: text where it is text, else figures; nothing of it is run.

Numbers and addresses are masked in text, as they are everywhere for who does not handle the matter. What is neither
UTF-8 nor GB 18030 is shown as figures alone: letters beside them could be anybody's words.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from casework.privacy import mask_text

MOST_TEXT = 8_000
MOST_BYTES = 1_024
ROW = 16
PRINTABLE = 0.9
"""Share of the characters from which on it is text: a stray control sign makes no picture of a letter."""
ENCODINGS = ("utf-8", "gb18030")


@dataclass(frozen=True, slots=True)
class Seen:
    """What is shown. ``kind`` is what it was taken for; ``cut`` says how many bytes or characters are not shown."""

    kind: str
    text: str
    cut: int


def of(payload: bytes) -> Seen:
    """The payload to be looked at."""
    for encoding in ENCODINGS:
        try:
            text = payload.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            shown = "".join(each if each in "\n\t" or _prints(each) else "·" for each in text[:MOST_TEXT])
            return Seen(f"文字（{encoding.upper()}）", mask_text(shown), max(0, len(text) - MOST_TEXT))
    rows = (payload[at : at + ROW] for at in range(0, min(len(payload), MOST_BYTES), ROW))
    lines = (f"{number * ROW:06x}  {row.hex(' ')}" for number, row in enumerate(rows))
    return Seen("二进制（十六进制）", "\n".join(lines), max(0, len(payload) - MOST_BYTES))


def _is_text(text: str) -> bool:
    """Whether nearly all of it can be printed."""
    head = text[:MOST_TEXT]
    return sum(1 for each in head if each in "\r\n\t" or _prints(each)) >= PRINTABLE * len(head)


def _prints(each: str) -> bool:
    """Neither a control character nor one that turns the order of others about."""
    return unicodedata.category(each) not in ("Cc", "Cf", "Cs", "Co", "Cn")
