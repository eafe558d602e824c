"""That somebody is writing (Bot API, sendChatAction): the platform shows it for five seconds or until a message."""

from __future__ import annotations

import logging
from datetime import datetime

from telegram.error import TelegramError

from channels.base import ChannelState
from channels.errors import ChannelError
from channels.message import Account
from channels.telegram.account import calling
from channels.telegram.line import connected, readable
from channels.typing_pace import may_show

log = logging.getLogger(__name__)


async def show(recipient: str, account: Account, state: ChannelState, *, now: datetime) -> None:
    """Show it, at most once in five seconds; a refusal is passed over."""
    if not (recipient.isascii() and recipient.isdigit()) or not await may_show(state, recipient, now=now):
        return
    try:
        async with connected(calling(account)) as (bot, _):
            with readable():
                await bot.send_chat_action(int(recipient), "typing")
    except (TelegramError, ChannelError) as problem:
        log.info("account %s: typing not shown: %s", account.name, problem)
