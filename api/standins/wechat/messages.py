"""What a customer-service message says (公众平台「发送客服消息」)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from api.standins.wechat.refusal import Refusal

MOST_BYTES = 2048
_OPENID = re.compile(r"[A-Za-z0-9_-]{1,64}")

Kind = Literal["text", "msgmenu", "image"]


def openid_of(body: Mapping[str, Any]) -> str:
    """Raises ``Refusal``."""
    openid = body.get("touser")
    if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
        raise Refusal(40003, "invalid openid")
    return openid


def shown(body: Mapping[str, Any]) -> tuple[Kind, str]:
    """Its kind, and what the phone shows: of a menu its lines, of an image its media id. Raises ``Refusal``."""
    match body.get("msgtype"):
        case "text":
            return "text", _fitting(_field(body.get("text"), "content"))
        case "msgmenu":
            return "msgmenu", _fitting(_menu(body.get("msgmenu")))
        case "image":
            inner = body.get("image")
            media_id = inner.get("media_id") if isinstance(inner, dict) else None
            if not isinstance(media_id, str) or not media_id:
                raise Refusal(41006, "media_id missing")
            return "image", media_id
    raise Refusal(40008, "invalid message type")


def _field(inner: object, name: str) -> str:
    content = inner.get(name) if isinstance(inner, dict) else None
    if not isinstance(content, str) or not content:
        raise Refusal(44004, "empty content")
    return content


def _menu(inner: object) -> str:
    if not isinstance(inner, dict) or not isinstance(items := inner.get("list"), list) or not items:
        raise Refusal(44004, "empty content")
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str | int):
            raise Refusal(47001, "data format error")
    lines = [inner.get("head_content"), *(_field(item, "content") for item in items), inner.get("tail_content")]
    return "\n".join(str(line) for line in lines if line)


def _fitting(content: str) -> str:
    if len(content.encode("utf-8", "replace")) > MOST_BYTES:
        raise Refusal(45002, "content size out of limit")
    return content
