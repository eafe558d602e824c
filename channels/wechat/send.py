"""Customer-service messages (公众平台「发送客服消息」): the way to a resident within 48 hours of his last word."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from channels.base import ChannelState
from channels.errors import SendFailed, SendUncertain
from channels.message import Account, OutboundMessage
from channels.parting import note_progress, progress
from channels.wechat.access_token import access_token
from channels.wechat.account import Sending, sending
from channels.wechat.calling import call, client
from channels.wechat.errcodes import TOKEN_REFUSED, as_error
from channels.wechat.length import split


async def send(message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
    """Send the text, in order in as many messages as 2048 bytes each ask for.

    Returns the platform's message ids joined by a comma; "" as long as the platform gives none. When a text of
    several parts stops in the middle, the next attempt at the same message goes on with the first part not sent.
    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    settings = sending(account)
    parts = split(message.text)
    if not message.recipient or not parts:
        raise SendFailed("没有收信人" if not message.recipient else "没有内容")
    done = await _done(state, message.id) if len(parts) > 1 else 0
    ids: list[str] = []
    async with client(settings) as http:
        for number, part in enumerate(parts[done:], start=done + 1):
            ids.append(await _send_part(http, settings, state, message.recipient, part, now=now))
            if len(parts) > 1:
                await note_progress(state, message.id, number if number < len(parts) else None)
    return ",".join(filter(None, ids))


async def _send_part(
    http: httpx.AsyncClient, settings: Sending, state: ChannelState, openid: str, text: str, *, now: datetime
) -> str:
    token = await access_token(http, settings, state, now=now)
    answer = await _post(http, openid, text, token)
    if _code(answer) in TOKEN_REFUSED:
        token = await access_token(http, settings, state, now=now, refused=token)
        answer = await _post(http, openid, text, token)
    code = _code(answer)
    if code:
        raise as_error(code, str(answer.get("errmsg", "")), now=now)
    return str(answer.get("msgid", ""))


async def _post(http: httpx.AsyncClient, openid: str, text: str, token: str) -> dict[str, Any]:
    body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
    return await call(http, "/cgi-bin/message/custom/send", body, token=token)


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("errcode")
    if not isinstance(code, int):  # the platform always gives one: this is somebody else's JSON
        raise SendUncertain("微信接口的答复里没有返回码，可能被中间设备改写")
    return code


async def _done(state: ChannelState, message_id: str) -> int:
    noted = await progress(state, message_id)
    return noted if isinstance(noted, int) else 0
