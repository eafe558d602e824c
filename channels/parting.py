"""A text too long for one message, parted where a reader pauses, and how far its parts have come.

What a platform counts and how much of it is its adapter's to say; where to part and how to go on is one for all.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Callable
from typing import Any, Literal

from channels.base import ChannelState
from channels.errors import SendUncertain

PROGRESS_KEY = "send_progress"
_PROGRESS_KEPT = 200

Unit = Literal["bytes", "utf16", "characters"]
"""What a platform counts: bytes of UTF-8, UTF-16 units (an emoji takes two), characters."""

# Where a text may be parted, best first; a weaker place is taken only when the better one wastes half the room.
_PLACES = ("\n", "。！？!?；;", "，,、：: ", "")


def fitting(unit: Unit, limit: int) -> Callable[[str], int]:
    """For ``part``: how many leading characters of a text take at most ``limit`` units; at least one."""
    return functools.partial(_FITTING[unit], limit=limit)


def utf16_units(text: str) -> int:
    """How long a text is in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _by_bytes(text: str, limit: int) -> int:
    head = text[:limit].encode("utf-8", "replace")[:limit]
    return max(1, len(head.decode("utf-8", "ignore")))


def _by_utf16(text: str, limit: int) -> int:
    most = min(len(text), limit)
    while most > 1 and utf16_units(text[:most]) > limit:
        most -= max(1, (utf16_units(text[:most]) - limit) // 2)
    return most


def _by_characters(text: str, limit: int) -> int:
    return min(len(text), limit)


_FITTING: dict[Unit, Callable[..., int]] = {
    "bytes": _by_bytes,
    "utf16": _by_utf16,
    "characters": _by_characters,
}


def part(text: str, fitting: Callable[[str], int]) -> list[str]:
    """The text in order, in pieces of at most as many characters as fit; only white space at the seams is lost.

    ``fitting`` says of a text how many leading characters of it one message takes, at least one.
    """
    pieces: list[str] = []
    rest = text.strip()
    while rest:
        at = cut(rest, fitting(rest))
        pieces.append(rest[:at].rstrip())
        rest = rest[at:].lstrip()
    return pieces


def cut(text: str, most: int) -> int:
    """The number of characters of the first piece, of which ``most`` fit."""
    if most == len(text):
        return most
    for marks in _PLACES:
        at = max((text.rfind(mark, 0, most) + 1 for mark in marks), default=0)
        if at * 2 >= most:
            return at
    return most


async def progress(state: ChannelState, message_id: str) -> Any:
    """What was noted of a message's parts that have left; None when nothing was."""
    return _read(await asyncio.to_thread(state.get, PROGRESS_KEY)).get(message_id)


async def note_progress(state: ChannelState, message_id: str, sent: Any) -> None:
    """Note which parts have left, in JSON's types; None when all have.

    Raises ``SendUncertain``: a part has left, and where to go on from is not known.
    """
    try:
        await _record(state, message_id, sent)
    except Exception as problem:
        raise SendUncertain("一部分已发出，但没能记下发到哪里") from problem


async def _record(state: ChannelState, message_id: str, sent: Any) -> None:
    # Other workers write the same key: try until ours is in.
    while True:
        raw = await asyncio.to_thread(state.get, PROGRESS_KEY)
        noted = _read(raw)
        noted.pop(message_id, None)
        if sent is not None:
            noted[message_id] = sent
        newest = dict(list(noted.items())[-_PROGRESS_KEPT:])
        if await asyncio.to_thread(state.compare_and_set, PROGRESS_KEY, raw, json.dumps(newest)):
            return


def _read(raw: str | None) -> dict[str, Any]:
    try:
        found = json.loads(raw or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
