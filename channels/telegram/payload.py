"""The JSON of one Update, read safely into parts that know where they stand.

Read by its published names (Bot API, "Update") and not with ``telegram.Update.de_json``: that takes a float for an id
and refuses a whole update for a field missing in a part that nobody reads, which would cost a resident's words at the
platform's next change. The tests hold the samples against ``de_json`` all the same.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from channels.errors import UnreadableMessage

MAX_BYTES = 1 << 20
"""Bytes of one update; the longest text the platform passes on is 4096 characters."""

MAX_DEPTH = 32
MAX_INTEGER = 1 << 63
MAX_ID = 1 << 52
"""Ids of chats and users have at most 52 significant bits (Bot API, "Chat")."""


class _Doubtful(ValueError):
    """JSON that two readers could read in two ways."""


@dataclass(frozen=True, slots=True)
class Part:
    """One object of the update. ``where`` is its path. A field of another type than asked for is unreadable."""

    where: str
    values: Mapping[str, Any]

    def at(self, name: str) -> str:
        """The path of a field."""
        return f"{self.where}.{name}" if self.where else name

    def has(self, name: str) -> bool:
        return self.values.get(name) is not None

    def part(self, name: str) -> Part | None:
        """The object of this name, or None."""
        given = self.values.get(name)
        if given is None:
            return None
        if not isinstance(given, dict):
            raise UnreadableMessage(self.at(name), "应为对象")
        return Part(self.at(name), given)

    def need(self, name: str) -> Part:
        """The object of this name."""
        found = self.part(name)
        if found is None:
            raise UnreadableMessage(self.at(name), "缺少这一项")
        return found

    def parts(self, name: str) -> list[Part]:
        """The objects of a list; absent is empty."""
        given = self.values.get(name)
        if given is None:
            return []
        if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
            raise UnreadableMessage(self.at(name), "应为对象的列表")
        return [Part(f"{self.at(name)}[{number}]", each) for number, each in enumerate(given)]

    def text(self, name: str) -> str:
        """The string as it stands, not yet cleaned; absent is empty."""
        given = self.values.get(name)
        if given is None:
            return ""
        if not isinstance(given, str):
            raise UnreadableMessage(self.at(name), "应为文字")
        return given

    def need_text(self, name: str) -> str:
        found = self.text(name)
        if not found:
            raise UnreadableMessage(self.at(name), "缺少这一项")
        return found

    def integer(self, name: str) -> int | None:
        given = self.values.get(name)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int):
            raise UnreadableMessage(self.at(name), "应为整数")
        return given

    def identifier(self, name: str, *, below: int = MAX_ID) -> int:
        """A number that names something: whole, not 0, within the platform's range."""
        given = self.integer(name)
        if given is None:
            raise UnreadableMessage(self.at(name), "缺少这一项")
        if not 0 < abs(given) < below:
            raise UnreadableMessage(self.at(name), "编号超出范围")
        return given

    def number(self, name: str) -> float | None:
        """A finite number, or None."""
        given = self.values.get(name)
        if given is None:
            return None
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise UnreadableMessage(self.at(name), "应为数字")
        if isinstance(given, int) and abs(given) >= MAX_INTEGER:
            raise UnreadableMessage(self.at(name), "数字超出范围")
        return float(given) if math.isfinite(given) else None


def read(payload: bytes) -> Part:
    """Read one update. Raises ``UnreadableMessage`` for whatever is not one JSON object that has one meaning."""
    if len(payload) > MAX_BYTES:
        raise UnreadableMessage("json", f"{len(payload)} 字节，超过上限 {MAX_BYTES} 字节")
    try:
        found = json.loads(payload.decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant)
    except UnicodeDecodeError as problem:
        raise UnreadableMessage("json", "不是 UTF-8 文字") from problem
    except _Doubtful as problem:
        raise UnreadableMessage("json", str(problem)) from problem
    except ValueError as problem:  # also an integer of thousands of digits
        raise UnreadableMessage("json", "不是完整的 JSON") from problem
    except RecursionError as problem:
        raise UnreadableMessage("json", f"嵌套超过 {MAX_DEPTH} 层") from problem
    if not isinstance(found, dict):
        raise UnreadableMessage("json", "应为一个 Update 对象")
    _check_depth(found)
    return Part("", found)


def hangs_on(pressed: Part) -> tuple[int, int] | None:
    """Chat and number of the message that a pressed button hangs on; None where the platform does not say."""
    try:
        message = pressed.part("message")
        if message is None:
            return None
        return message.need("chat").identifier("id"), message.identifier("message_id", below=MAX_INTEGER)
    except UnreadableMessage:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Doubtful("同一对象里有重复的键")
    return made


def _constant(name: str) -> float:
    raise _Doubtful(f"含有 {name}，不是合法的数字")


def _check_depth(root: dict[str, Any]) -> None:
    level: list[Any] = [root]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for each in level:
            inner += each.values() if isinstance(each, dict) else each
        level = [each for each in inner if isinstance(each, dict | list)]
        if not level:
            return
    raise UnreadableMessage("json", f"嵌套超过 {MAX_DEPTH} 层")


def press_in(payload: bytes) -> Part | None:
    """The press; None where the payload is none or cannot be read, and so lies in quarantine."""
    try:
        pressed = read(payload).part("callback_query")
        if pressed is not None:
            pressed.text("id")
    except UnreadableMessage:
        return None
    return pressed
