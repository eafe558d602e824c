"""A call that needs the access token, made once more with a new one when the platform takes the token no longer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx

from channels.base import ChannelState
from channels.errors import SendUncertain
from channels.wechat.access_token import access_token
from channels.wechat.account import Sending
from channels.wechat.calling import call
from channels.wechat.errcodes import TOKEN_REFUSED, as_error


async def post(
    http: httpx.AsyncClient, settings: Sending, state: ChannelState, path: str, body: dict[str, Any], *, now: datetime
) -> dict[str, Any]:
    """The platform's answer to a call it accepted.

    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    token = await access_token(http, settings, state, now=now)
    answer = await call(http, path, body, token=token)
    if _code(answer) in TOKEN_REFUSED:
        token = await access_token(http, settings, state, now=now, refused=token)
        answer = await call(http, path, body, token=token)
    if code := _code(answer):
        raise as_error(code, str(answer.get("errmsg", "")), now=now)
    return answer


def _code(answer: dict[str, Any]) -> int:
    code = answer.get("errcode")
    if not isinstance(code, int):  # the platform always gives one: this is somebody else's JSON
        raise SendUncertain("微信接口的答复里没有返回码，可能被中间设备改写")
    return code
