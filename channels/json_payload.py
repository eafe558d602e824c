"""JSON from outside, read strictly: what two readers could understand in two ways is refused."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, NoReturn

from channels.errors import UnreadableMessage

DEEPEST = 32
"""Levels of nesting; no platform sends ten."""

_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]')
_UNPAIRED = re.compile("[\ud800-\udfff]")


def read_json(payload: bytes) -> Any:
    """The value of a UTF-8 document, with or without a byte order mark.

    Raises ``UnreadableMessage`` for anything that is not JSON, for a key given twice, NaN and the infinities, more
    than ``DEEPEST`` levels, and half surrogates, which no database takes.
    """
    payload = payload.removeprefix(b"\xef\xbb\xbf")
    _check_depth(payload)
    try:
        value = json.loads(
            payload.decode("utf-8"), object_pairs_hook=_object, parse_float=_finite, parse_constant=_refuse
        )
    except UnicodeDecodeError as problem:
        raise UnreadableMessage(f"第 {problem.start + 1} 字节", "不是 UTF-8 文本") from None
    except json.JSONDecodeError as problem:
        raise UnreadableMessage(f"第 {problem.lineno} 行第 {problem.colno} 字", "不是完整的 JSON") from None
    except ValueError:  # a number of more digits than Python converts
        raise UnreadableMessage("", "JSON 中的数字过长") from None
    if _UNPAIRED.search(json.dumps(value, ensure_ascii=False)):
        raise UnreadableMessage("", "含有不成对的代理字符")
    return value


def _check_depth(payload: bytes) -> None:
    """Nesting is counted before parsing: a parser that recurses must not be let loose on it."""
    depth = 0
    for found in _BRACKETS.finditer(payload):
        mark = found.group()
        if mark in b"[{":
            depth += 1
            if depth > DEEPEST:
                raise UnreadableMessage("", f"JSON 嵌套超过 {DEEPEST} 层")
        elif mark in b"]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(key for key, _ in pairs)
        twice = next(key for key, _ in pairs if times[key] > 1)
        raise UnreadableMessage(twice[:40], "同一个键出现了两次")
    return found


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(name: str) -> NoReturn:
    raise UnreadableMessage("", f"JSON 中的 {name[:20]} 不是数")
