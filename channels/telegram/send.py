"""Messages to residents (Bot API, sendMessage), long ones in parts.

Which parts have left is kept in the ``ChannelState``, so that a text stopped in the middle goes on with the part not
sent, and a delay between two parts is a plain delay. In doubt remains a part whose answer never came, or whose leaving
could not be written down: those are ``SendUncertain``, for a second copy would be worse than a person's look.
"""

from __future__ import annotations

from telegram import Bot
from telegram.error import TelegramError

from channels.base import ChannelState
from channels.errors import SendFailed
from channels.message import Account, OutboundMessage
from channels.parting import note_progress, progress
from channels.telegram.account import calling
from channels.telegram.length import split
from channels.telegram.line import Refusal, as_send, connected, readable

_LONGEST_RECIPIENT = 20


async def send(message: OutboundMessage, account: Account, state: ChannelState) -> str:
    """Send the text, in order in as many messages as 4096 UTF-16 units each ask for.

    Returns ``<chat>:<message>`` of each message, joined by a comma. A group that became a supergroup is written to
    under its new number. Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    settings = calling(account)
    parts = split(message.text.replace("\0", "").encode("utf-8", "replace").decode("utf-8"))
    if not parts:
        raise SendFailed("没有内容")
    chat = _chat(message.recipient)
    ids = await _done(state, message.id) if len(parts) > 1 else []
    async with connected(settings) as (bot, _):
        for number, part in enumerate(parts[len(ids) :], start=len(ids) + 1):
            chat, sent = await _send_part(bot, chat, part)
            ids.append(sent)
            if len(parts) > 1:
                await note_progress(state, message.id, ids if number < len(parts) else None)
    return ",".join(ids)


def _chat(recipient: str) -> int:
    digits = recipient.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(recipient) <= _LONGEST_RECIPIENT):
        raise SendFailed("收信人不是 Telegram 的会话编号" if recipient else "没有收信人")
    return int(recipient)


async def _send_part(bot: Bot, chat: int, text: str) -> tuple[int, str]:
    """The chat that took it, and the message's name there."""
    try:
        try:
            return await _post(bot, chat, text)
        except Refusal as refusal:
            moved = refusal.moved_to
            if not moved or moved == chat:
                raise
        return await _post(bot, moved, text)
    except TelegramError as problem:
        raise as_send(problem) from problem


async def _post(bot: Bot, chat: int, text: str) -> tuple[int, str]:
    with readable():
        sent = await bot.send_message(chat, text)
        return chat, f"{chat}:{sent.message_id}"


async def _done(state: ChannelState, message_id: str) -> list[str]:
    noted = await progress(state, message_id)
    return [str(each) for each in noted] if isinstance(noted, list) else []
