"""The platform's side in memory: which robots there are, what each said, and how often in the last minute.

From https://developer.work.weixin.qq.com/document/path/91770 and /path/90313. Robots that nobody told of are taken as
they come, unless ``keys`` say which there are.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api import clock

LIMITS = {"text": 2048, "markdown": 4096}
"""Bytes of the content in UTF-8."""
PER_MINUTE = 20
KINDS = frozenset({"text", "markdown", "image", "news", "file", "voice", "template_card"})
ERRORS = {
    -1: "system busy",
    40008: "invalid message type",
    40033: "invalid charset, \\uxxxx is not allowed",
    40058: "invalid Request Parameter",
    44004: "empty content",
    45009: "api freq out of limit",
    93000: "invalid webhook url",
}
_LINE = frozenset({"cut", "hang", "garbage"})
_KEY = re.compile(r"[A-Za-z0-9_-]{8,128}")
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")
_HTTP = re.compile(r"http [1-5]\d\d")


@dataclass(frozen=True, slots=True)
class Said:
    """One message in a robot's group. ``mentioned``: the phones it calls."""

    key: str
    kind: str
    content: str
    mentioned: tuple[str, ...]
    at: datetime


class Platform:
    """Safe to share between threads."""

    def __init__(self, keys: Iterable[str] | None = None, *, now: Callable[[], datetime] = clock.now) -> None:
        self._lock = threading.Lock()
        self._keys = None if keys is None else set(keys)
        self._now = now
        self._said: list[Said] = []
        self._fault = ""

    def said(self, key: str = "") -> list[Said]:
        """What was said, oldest first; by one robot where ``key`` is given."""
        with self._lock:
            return [each for each in self._said if key in ("", each.key)]

    def remove(self, key: str) -> None:
        """The robot is taken out of its group."""
        with self._lock:
            self._keys = {each.key for each in self._said} if self._keys is None else self._keys
            self._keys.discard(key)

    def inject(self, fault: str) -> None:
        """Go wrong with every message until told otherwise: a number of ``ERRORS``, ``http N``, ``garbage``, ``cut``
        or ``hang`` (the message is taken, the answer never comes); "" mends it. Raises ``ValueError``.
        """
        if fault and fault not in _LINE and not _HTTP.fullmatch(fault) and fault not in map(str, ERRORS):
            raise ValueError(f"no fault {fault!r}: http N, {', '.join([*sorted(_LINE), *map(str, ERRORS)])}")
        with self._lock:
            self._fault = fault

    @property
    def fault(self) -> str:
        """The fault in force, or ""."""
        with self._lock:
            return self._fault

    def send(self, key: str, given: object, *, raw: bytes = b"") -> int:
        """One call of webhook/send; its errcode."""
        if self.fault in map(str, ERRORS):
            return int(self.fault)
        with self._lock:
            code = self._refused(key, given, raw)
            if code == 0 and isinstance(given, Mapping):
                kind = str(given["msgtype"])
                told = given[kind]
                self._said.append(Said(key, kind, str(told.get("content", "")), _mentioned(told), self._now()))
            return code

    def _refused(self, key: str, given: object, raw: bytes) -> int:
        if not _KEY.fullmatch(key) or (self._keys is not None and key not in self._keys):
            return 93000
        if _ESCAPE.search(raw):
            return 40033
        kind = given.get("msgtype") if isinstance(given, Mapping) else None
        if not isinstance(given, Mapping) or kind not in KINDS:
            return 40008
        since = self._now() - timedelta(minutes=1)
        often = sum(each.key == key and each.at > since for each in self._said) >= PER_MINUTE
        return _unfit(kind, given.get(kind)) or (45009 if often else 0)


def _unfit(kind: str, told: object) -> int:
    if not isinstance(told, Mapping):
        return 40058
    if kind not in LIMITS:
        return 0
    content = told.get("content")
    if not isinstance(content, str) or not content.strip():
        return 44004
    return 40058 if len(content.encode()) > LIMITS[kind] else 0


def _mentioned(told: Mapping[str, Any]) -> tuple[str, ...]:
    phones = told.get("mentioned_mobile_list")
    return tuple(map(str, phones)) if isinstance(phones, list) else ()
