"""Messages to residents (Bot API, sendMessage), long ones in parts.

Which parts have left is kept in the ``ChannelState``, so that a text stopped in the middle goes on with the part not
sent, and a delay between two parts is a plain delay. In doubt remains a part whose answer never came, or whose leaving
could not be written down: those are ``SendUncertain``, for a second copy would be worse than a person's look.
"""

from __future__ import annotations

import asyncio
import json

from telegram import Bot
from telegram.error import TelegramError

from channels.base import ChannelState
from channels.errors import SendFailed, SendUncertain
from channels.message import Account, OutboundMessage
from channels.telegram.account import calling
from channels.telegram.length import split
from channels.telegram.line import Refusal, as_send, connected, readable

PROGRESS_KEY = "send_progress"
_PROGRESS_KEPT = 200
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
    ids = await _progress(state, message.id) if len(parts) > 1 else []
    async with connected(settings) as (bot, _):
        for number, part in enumerate(parts[len(ids) :], start=len(ids) + 1):
            chat, sent = await _send_part(bot, chat, part)
            ids.append(sent)
            if len(parts) > 1:
                await _note(state, message.id, ids if number < len(parts) else None)
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


async def _progress(state: ChannelState, message_id: str) -> list[str]:
    return _read(await asyncio.to_thread(state.get, PROGRESS_KEY)).get(message_id, [])


async def _note(state: ChannelState, message_id: str, sent: list[str] | None) -> None:
    try:
        await _record(state, message_id, sent)
    except Exception as problem:
        raise SendUncertain("一部分已发出，但没能记下发到哪里") from problem


async def _record(state: ChannelState, message_id: str, sent: list[str] | None) -> None:
    """Note which parts have left; None when all have. Other workers write the same key: try until ours is in."""
    while True:
        raw = await asyncio.to_thread(state.get, PROGRESS_KEY)
        progress = _read(raw)
        progress.pop(message_id, None)
        if sent is not None:
            progress[message_id] = sent
        newest = dict(list(progress.items())[-_PROGRESS_KEPT:])
        if await asyncio.to_thread(state.compare_and_set, PROGRESS_KEY, raw, json.dumps(newest)):
            return


def _read(raw: str | None) -> dict[str, list[str]]:
    try:
        found = json.loads(raw or "{}")
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {key: [str(each) for each in value] for key, value in found.items() if isinstance(value, list)}
