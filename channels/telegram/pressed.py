"""Pressed buttons acknowledged (Bot API, answerCallbackQuery): until then a spinner turns on the resident's screen."""

from __future__ import annotations

from telegram.error import TelegramError

from channels.errors import UnreadableMessage
from channels.message import Account
from channels.telegram.account import calling
from channels.telegram.line import as_send, connected, readable
from channels.telegram.payload import read

_LONGEST = 100


async def acknowledge(payload: bytes, account: Account) -> None:
    """Tell the platform that a button's press was taken; other updates ask for nothing.

    Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    query = _query(payload)
    if not query:
        return
    async with connected(calling(account)) as (bot, _):
        try:
            with readable():
                await bot.answer_callback_query(query)
        except TelegramError as problem:
            raise as_send(problem) from problem


def _query(payload: bytes) -> str:
    """The press's id; empty where the payload is none or cannot be read, and so lies in quarantine."""
    try:
        pressed = read(payload).part("callback_query")
        return pressed.text("id")[:_LONGEST] if pressed is not None else ""
    except UnreadableMessage:
        return ""
