"""The account's menu below the conversation (公众平台「自定义菜单」)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.standins.wechat.refusal import Refusal

KEYED = (
    "click",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
)
LINKED = ("view", "miniprogram")
OTHERS = ("media_id", "article_id", "article_view_limited", "view_limited")
MOST_KEY, MOST_URL = 128, 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class _Level:
    """The rules of one level, and the errcodes by which a breach is told."""

    word: str
    most: int
    name_bytes: int
    size: int
    type: int
    name: int
    key: int
    url: int


_TOP = _Level("button", 3, 16, 40016, 40017, 40018, 40019, 40020)
_BELOW = _Level("sub button", 5, 60, 40023, 40024, 40025, 40026, 40027)


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """The menu as ``menu/get`` tells it. Raises ``Refusal``."""
    return {"button": _buttons(body.get("button"), _TOP)}


def _buttons(given: object, level: _Level) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not 1 <= len(given) <= level.most:
        raise Refusal(level.size, f"invalid {level.word} size")
    return [_button(each, level) for each in given]


def _button(given: object, level: _Level) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise Refusal(47001, "data format error")
    name = given.get("name")
    if not isinstance(name, str) or not 1 <= len(name.encode()) <= level.name_bytes:
        raise Refusal(level.name, f"invalid {level.word} name size")
    if below := given.get("sub_button"):
        if level is _BELOW:
            raise Refusal(40022, "invalid sub button level")
        return {"name": name, "sub_button": _buttons(below, _BELOW)}
    kind = given.get("type")
    if kind not in (*KEYED, *LINKED, *OTHERS):
        raise Refusal(level.type, f"invalid {level.word} type")
    if kind in KEYED and not _fits(given.get("key"), MOST_KEY):
        raise Refusal(level.key, f"invalid {level.word} key size")
    if kind in LINKED and not _fits(given.get("url"), MOST_URL):
        raise Refusal(level.url, f"invalid {level.word} url size")
    return {**given, "sub_button": []}


def _fits(value: object, most: int) -> bool:
    return isinstance(value, str) and 1 <= len(value.encode("utf-8", "replace")) <= most
