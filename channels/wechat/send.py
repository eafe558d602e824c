"""Customer-service messages (公众平台「发送客服消息」): the way to a resident within 48 hours of his last word.

Choices go as a menu message (msgmenu) with the last part; a tapped line comes back as a text with its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from channels.base import ChannelState
from channels.errors import SendFailed
from channels.message import Account, Choice, OutboundMessage
from channels.parting import note_progress, progress
from channels.wechat.account import sending
from channels.wechat.calling import client
from channels.wechat.length import LIMIT_BYTES, split
from channels.wechat.posting import post

PATH = "/cgi-bin/message/custom/send"
MOST_CHOICES = 8


async def send(message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
    """Send the text, in order in as many messages as 2048 bytes each ask for.

    Returns the platform's message ids joined by a comma; "" as long as the platform gives none. When a text of
    several parts stops in the middle, the next attempt at the same message goes on with the first part not sent.
    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    settings = sending(account)
    bodies = _bodies(message)
    if not message.recipient:
        raise SendFailed("没有收信人", "unknown_person")
    if not bodies:
        raise SendFailed("没有内容", "refused")
    done = await _done(state, message.id) if len(bodies) > 1 else 0
    ids: list[str] = []
    async with client(settings) as http:
        for number, body in enumerate(bodies[done:], start=done + 1):
            answer = await post(http, settings, state, PATH, {"touser": message.recipient, **body}, now=now)
            ids.append(str(answer.get("msgid", "")))
            if len(bodies) > 1:
                await note_progress(state, message.id, number if number < len(bodies) else None)
    return ",".join(filter(None, ids))


def _bodies(message: OutboundMessage) -> list[dict[str, Any]]:
    parts = split(message.text)
    if not parts:
        return []
    lines = _lines(message.choices)
    room = LIMIT_BYTES - sum(len((each["id"] + each["content"]).encode("utf-8", "replace")) for each in lines)
    if not lines or room < LIMIT_BYTES // 2:
        return [_text(part) for part in parts]
    *texts, head = [*parts[:-1], *split(parts[-1], room)]
    menu = {"head_content": head, "list": lines, "tail_content": ""}
    return [*(_text(part) for part in texts), {"msgtype": "msgmenu", "msgmenu": menu}]


def _text(part: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": part}}


def _lines(choices: Sequence[Choice]) -> list[dict[str, str]]:
    """The menu's lines; none where a key is no number, for ``parse`` takes only numbers for keys of ours."""
    if len(choices) > MOST_CHOICES or not all(each.key.isascii() and each.key.isdigit() for each in choices):
        return []
    return [{"id": each.key, "content": each.label} for each in choices]


async def _done(state: ChannelState, message_id: str) -> int:
    noted = await progress(state, message_id)
    return noted if isinstance(noted, int) else 0
