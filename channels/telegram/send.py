"""Messages to residents (Bot API, sendMessage), long ones in parts, choices as buttons under the last.

Which parts have left is kept in the ``ChannelState``, so that a text stopped in the middle goes on with the part not
sent, and a delay between two parts is a plain delay. In doubt remains a part whose answer never came, or whose leaving
could not be written down: those are ``SendUncertain``, for a second copy would be worse than a person's look.
"""

from __future__ import annotations

from collections.abc import Sequence

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import TelegramError

from channels.base import ChannelState
from channels.errors import SendFailed
from channels.message import Account, Choice, OutboundMessage
from channels.parting import note_progress, progress
from channels.telegram.account import calling
from channels.telegram.length import split
from channels.telegram.line import Refusal, as_send, connected, readable

MOST_CHOICES = 8
"""Buttons, one in a row: more do not fit on a telephone beside the text."""

_LONGEST_RECIPIENT = 20
_LONGEST_KEY = 64
"""Bytes of ``callback_data`` (Bot API, "InlineKeyboardButton")."""

_LONGEST_LABEL = 60


async def send(message: OutboundMessage, account: Account, state: ChannelState) -> str:
    """Send the text, in order in as many messages as 4096 UTF-16 units each ask for.

    Returns ``<chat>:<message>`` of each message, joined by a comma. A group that became a supergroup is written to
    under its new number. Raises ``SendDelayed``, ``SendFailed``, ``SendUncertain`` or ``ChannelMisconfigured``.
    """
    settings = calling(account)
    parts = split(message.text.replace("\0", "").encode("utf-8", "replace").decode("utf-8"))
    if not parts:
        raise SendFailed("没有内容", "refused")
    chat, keyboard = _chat(message.recipient), _keyboard(message.choices)
    ids = await _done(state, message.id) if len(parts) > 1 else []
    async with connected(settings) as (bot, _):
        for number, part in enumerate(parts[len(ids) :], start=len(ids) + 1):
            chat, sent = await _send_part(bot, chat, part, keyboard if number == len(parts) else None)
            ids.append(sent)
            if len(parts) > 1:
                await note_progress(state, message.id, ids if number < len(parts) else None)
    return ",".join(ids)


def _chat(recipient: str) -> int:
    digits = recipient.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(recipient) <= _LONGEST_RECIPIENT):
        raise SendFailed("收信人不是 Telegram 的会话编号" if recipient else "没有收信人", "unknown_person")
    return int(recipient)


def _keyboard(choices: Sequence[Choice]) -> InlineKeyboardMarkup | None:
    """None unless each can be pressed: some buttons of several would hide the rest, and the text names all."""
    pressable = all(0 < len(each.key.encode()) <= _LONGEST_KEY and each.label.strip() for each in choices)
    if not choices or len(choices) > MOST_CHOICES or not pressable:
        return None
    return InlineKeyboardMarkup.from_column(
        [InlineKeyboardButton(each.label[:_LONGEST_LABEL], callback_data=each.key) for each in choices]
    )


async def _send_part(bot: Bot, chat: int, text: str, keyboard: InlineKeyboardMarkup | None) -> tuple[int, str]:
    """The chat that took it, and the message's name there."""
    try:
        try:
            return await _post(bot, chat, text, keyboard)
        except Refusal as refusal:
            moved = refusal.moved_to
            if not moved or moved == chat:
                raise
        return await _post(bot, moved, text, keyboard)
    except TelegramError as problem:
        raise as_send(problem) from problem


async def _post(bot: Bot, chat: int, text: str, keyboard: InlineKeyboardMarkup | None) -> tuple[int, str]:
    with readable():
        sent = await bot.send_message(chat, text, reply_markup=keyboard)
        return chat, f"{chat}:{sent.message_id}"


async def _done(state: ChannelState, message_id: str) -> list[str]:
    noted = await progress(state, message_id)
    return [str(each) for each in noted] if isinstance(noted, list) else []
