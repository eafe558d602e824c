"""The answer of getUpdates cut into updates, each with the very bytes it came in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from channels.telegram.payload import MAX_INTEGER

_BLANK = " \t\r\n"


class Garbled(Exception):
    """The answer is no list of updates."""


def _integer(digits: str) -> int:
    return int(digits) if len(digits) < 20 else -1  # an unmeasured one would fail the neighbours as well


_DECODER = json.JSONDecoder(parse_int=_integer)


def cut(answer: bytes) -> list[tuple[int | None, bytes]]:
    """Each update's id, None where it has none to go by, and its bytes. Raises ``Garbled``."""
    text = answer.decode("utf-8", "surrogateescape")
    try:
        return [
            (_update_id(value), text[start:end].encode("utf-8", "surrogateescape"))
            for value, start, end in _elements(text, _result(text))
        ]
    except (ValueError, RecursionError) as problem:
        raise Garbled from problem


def _result(text: str) -> int:
    """Where the value of ``result`` begins."""
    at = _after(text, 0, "{")
    while True:
        name, at = _DECODER.raw_decode(text, _skip(text, at))
        at = _skip(text, _after(text, at, ":"))
        if name == "result":
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _after(text, at, ",")


def _elements(text: str, at: int) -> Iterator[tuple[Any, int, int]]:
    at = _skip(text, _after(text, at, "["))
    while text[at : at + 1] != "]":
        value, end = _DECODER.raw_decode(text, at)
        yield value, at, end
        at = _skip(text, end)
        if text[at : at + 1] != "]":
            at = _skip(text, _after(text, at, ","))


def _after(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(mark)
    return at + 1


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _update_id(value: Any) -> int | None:
    found = value.get("update_id") if isinstance(value, dict) else None
    return found if type(found) is int and 0 <= found < MAX_INTEGER else None
