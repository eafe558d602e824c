"""A turn as its platform would deliver it, for the channel's own parser."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

from api.golden.script import Turn


@dataclass(frozen=True, slots=True)
class Numbered:
    """A turn with what the platform would put on it; ``edits`` is the number of the turn it words anew."""

    turn: Turn
    number: int
    sender: int
    at: datetime
    edits: int | None = None


def wechat(of: Numbered) -> bytes:
    """A callback's decrypted body."""
    turn = of.turn
    if turn.pin is not None:
        label = escape(turn.pin.label)
        kind = "location"
        body = (
            f"<Location_X>{turn.pin.latitude}</Location_X><Location_Y>{turn.pin.longitude}</Location_Y>"
            f"<Scale>16</Scale><Label>{label}</Label>"
        )
    elif turn.photo:
        kind, body = "image", f"<PicUrl></PicUrl><MediaId>golden-{of.sender}-{of.number}</MediaId>"
    elif turn.voice is not None:
        kind = "voice"
        body = (
            f"<MediaId>golden-{of.number}</MediaId><Format>amr</Format><Recognition>{escape(turn.voice)}</Recognition>"
        )
    elif turn.sticker:
        kind, body = "text", "<Content>【收到不支持的消息类型，暂无法显示】</Content>"
    else:
        kind, body = "text", f"<Content>{escape(_words(of))}</Content>"
    head = (
        f"<ToUserName>gh_golden</ToUserName><FromUserName>golden-{of.sender:08d}</FromUserName>"
        f"<CreateTime>{int(of.at.timestamp())}</CreateTime><MsgType>{kind}</MsgType>"
    )
    return f"<xml>{head}{body}<MsgId>{of.sender * 1000 + of.number}</MsgId></xml>".encode()


def telegram(of: Numbered) -> bytes:
    """An Update."""
    person = {"id": of.sender, "is_bot": False, "first_name": "居民"}
    message: dict[str, Any] = {
        "message_id": of.edits or of.number,
        "from": person,
        "chat": {"id": of.sender, "type": "private", "first_name": "居民"},
        "date": int(of.at.timestamp()),
    } | _content(of)
    kind = "message"
    if of.edits is not None:
        kind = "edited_message"
        message["edit_date"] = message["date"]
    return json.dumps({"update_id": of.sender * 1000 + of.number, kind: message}, ensure_ascii=False).encode()


def _content(of: Numbered) -> dict[str, Any]:
    turn, name = of.turn, f"golden-{of.sender}-{of.number}"
    file = {"file_id": name, "file_unique_id": name, "file_size": 1000}
    if turn.photo:
        return {"photo": [file | {"width": 90, "height": 90}]} | ({"caption": turn.text} if turn.text else {})
    if turn.sticker:
        return {"sticker": file | {"width": 9, "height": 9, "type": "regular", "is_animated": False, "is_video": False}}
    if turn.pin is not None:
        point = {"latitude": turn.pin.latitude, "longitude": turn.pin.longitude}
        if not turn.pin.label:
            return {"location": point}
        return {"location": point, "venue": {"location": point, "title": turn.pin.label, "address": turn.pin.label}}
    return {"text": _words(of)}


def _words(of: Numbered) -> str:
    turn = of.turn
    return turn.edit.text if turn.edit is not None else turn.resident or turn.voice or turn.text


DELIVERED: Mapping[str, Callable[[Numbered], bytes]] = {"wechat": wechat, "telegram": telegram}
