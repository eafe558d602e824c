"""That somebody is writing (公众平台「客服输入状态」): shown for some fifteen seconds or until a message."""

from __future__ import annotations

import logging
from datetime import datetime

from channels.base import ChannelState
from channels.errors import ChannelError
from channels.message import Account
from channels.typing_pace import may_show
from channels.wechat.account import sending
from channels.wechat.calling import client
from channels.wechat.posting import post

log = logging.getLogger(__name__)


async def show(recipient: str, account: Account, state: ChannelState, *, now: datetime) -> None:
    """Show it, at most once in five seconds; a refusal is passed over."""
    if not recipient or not await may_show(state, recipient, now=now):
        return
    body = {"touser": recipient, "command": "Typing"}
    try:
        settings = sending(account)
        async with client(settings) as http:
            await post(http, settings, state, "/cgi-bin/message/custom/typing", body, now=now)
    except ChannelError as problem:
        log.info("account %s: typing not shown: %s", account.name, problem)
