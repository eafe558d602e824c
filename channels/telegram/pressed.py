"""Pressed buttons acknowledged (Bot API, answerCallbackQuery): until then a spinner turns on the resident's screen.

The keyboard is then taken off (editMessageReplyMarkup): what was chosen once is not chosen again. Should that fail, a
second press is one more message of the resident, with an id of its own.
"""

from __future__ import annotations

import logging

from telegram import Bot
from telegram.error import TelegramError

from channels.message import Account
from channels.telegram.account import calling
from channels.telegram.line import as_send, connected, readable
from channels.telegram.payload import hangs_on, press_in

log = logging.getLogger(__name__)

_LONGEST = 100


async def acknowledge(payload: bytes, account: Account) -> None:
    """Tell the platform that a button's press was taken; other updates ask for nothing.

    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    pressed = press_in(payload)
    query = pressed.text("id")[:_LONGEST] if pressed is not None else ""
    if pressed is None or not query:
        return
    async with connected(calling(account)) as (bot, _):
        try:
            with readable():
                await bot.answer_callback_query(query)
        except TelegramError as problem:
            raise as_send(problem) from problem
        finally:
            await _take_off(bot, hangs_on(pressed))


async def _take_off(bot: Bot, where: tuple[int, int] | None) -> None:
    if where is None:
        return
    try:
        with readable():
            await bot.edit_message_reply_markup(chat_id=where[0], message_id=where[1])
    except TelegramError as problem:
        log.info("a keyboard stays: %s", problem)
