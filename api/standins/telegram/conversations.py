"""What bots and residents say to each other: messages, edits, buttons, and who lets whom write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from api.standins.telegram.faults import ERRORS, Refusal, bad_request, migrated_to, too_many
from api.standins.telegram.limits import NONE, Limits, Rate
from api.standins.telegram.parameters import integer, markup_of, replied_to, text_of

QUERY_LIFE = timedelta(seconds=30)
"""How long a pressed button can be answered; the platform publishes no figure."""

MOST_NOTICE = 200
ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)
FIRST_SUPERGROUP = -1_000_000_000_000


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that a bot sent."""

    bot: int
    chat: int
    message_id: int
    text: str
    at: datetime


@dataclass(slots=True)
class Message:
    """A message as it stands in a chat. ``bot`` is 0 for a resident's."""

    bot: int
    told: dict[str, Any]
    """As the Bot API tells it."""

    @property
    def markup(self) -> dict[str, Any] | None:
        """Its keyboard."""
        found: dict[str, Any] | None = self.told.get("reply_markup")
        return found


@dataclass(slots=True)
class _Bot:
    rate: Rate = field(default_factory=Rate)
    answered: list[str] = field(default_factory=list)


class Conversations:
    """The chats of one platform, whose lock guards them."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.limits: Limits = NONE
        self.sent: list[SentMessage] = []
        self.shown: list[dict[str, Any]] = []
        """Everything that a bot let a chat see, oldest first (``control.Controlled.received``)."""
        self._bots: dict[int, _Bot] = {}
        self._messages: dict[tuple[int, int], Message] = {}
        self._refusing: dict[int, str] = {}
        self._moved: dict[int, int] = {}
        self._queries: dict[str, tuple[datetime, int]] = {}
        self._numbers = 0

    def refuse(self, chat: int, why: str) -> None:
        """Messages to this chat are refused from now on, by a name of ``ERRORS``; "" mends it."""
        self._refusing.pop(chat, None)
        if why:
            self._refusing[chat] = why if why in ERRORS else "blocked"

    def move(self, chat: int, to: int) -> None:
        """A group became a supergroup."""
        self._moved[chat] = to

    def answered(self, bot: int) -> list[str]:
        """The ids of the pressed buttons that the bot acknowledged, in their order."""
        return list(self._bot(bot).answered)

    def send(self, me: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, sendMessage, texts only. Raises ``Refusal``."""
        bot, chat = int(me["id"]), self._chat(given)
        text, markup = text_of(given), markup_of(given)
        original, may_be_missing = replied_to(given)
        if original and (chat, original) not in self._messages and not may_be_missing:
            raise Refusal(ERRORS["replied message not found"])
        self._allowed(chat)
        rate, now = self._bot(bot).rate, self._now()
        if wait := rate.wait(self.limits, chat, now=now):
            raise Refusal(too_many(wait))
        rate.sent(self.limits, chat, now=now)
        told = self.message(chat, dict(me), text, replied=original)
        if markup is not None:
            told["reply_markup"] = markup
        self._messages[chat, told["message_id"]] = Message(bot, told)
        self.sent.append(SentMessage(bot, chat, told["message_id"], text, now))
        self._show(chat, "message", message_id=told["message_id"], text=text, reply_markup=markup)
        return _public(told)

    def edit_text(self, bot: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, editMessageText; without a keyboard it takes the one there is away. Raises ``Refusal``."""
        message = self._own(bot, given)
        return self._edit(message, text_of(given), markup_of(given))

    def edit_markup(self, bot: int, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, editMessageReplyMarkup. Raises ``Refusal``."""
        message = self._own(bot, given)
        return self._edit(message, message.told["text"], markup_of(given))

    def act(self, given: Mapping[str, Any]) -> bool:
        """Bot API, sendChatAction. Raises ``Refusal``."""
        chat = self._chat(given)
        if given.get("action") not in ACTIONS:
            raise Refusal(ERRORS["wrong action"])
        self._allowed(chat)
        self._show(chat, "action", text=str(given["action"]))
        return True

    def answer_query(self, bot: int, given: Mapping[str, Any]) -> bool:
        """Bot API, answerCallbackQuery. An id that nobody told of is taken as a fresh one. Raises ``Refusal``."""
        query = str(given.get("callback_query_id") or "")
        pressed, chat = self._queries.get(query, (self._now(), 0))
        if not query or self._now() - pressed > QUERY_LIFE:
            raise Refusal(ERRORS["query is too old"])
        text = str(given.get("text") or "")
        if len(text) > MOST_NOTICE:
            raise bad_request("MESSAGE_TOO_LONG")
        self._bot(bot).answered.append(query)
        self._show(chat, "callback answer", query=query, text=text)
        return True

    def message(self, chat: int, sender: dict[str, Any], text: str, *, replied: int = 0) -> dict[str, Any]:
        """A new message as the Bot API tells it, numbered and not yet kept."""
        self._numbers += 1
        while (chat, self._numbers) in self._messages:
            self._numbers += 1
        told = {"message_id": self._numbers, "from": sender, "chat": chat_of(chat)}
        told |= {"date": self.message_date(), "text": text}
        if (original := self._messages.get((chat, replied))) is not None:
            told["reply_to_message"] = {key: each for key, each in original.told.items() if key != "reply_to_message"}
        return told

    def message_date(self) -> int:
        """The present moment, as messages tell it."""
        return int(self._now().timestamp())

    def keep(self, told: Mapping[str, Any]) -> None:
        """A resident's message stands in its chat now."""
        self._messages[int(told["chat"]["id"]), int(told["message_id"])] = Message(0, dict(told))

    def find(self, chat: int, message_id: int) -> Message | None:
        """A message that stands in this chat."""
        return self._messages.get((chat, message_id))

    def last_with_buttons(self, bot: int, chat: int) -> Message | None:
        """The bot's newest message with a keyboard in this chat."""
        found = [each for (to, _), each in self._messages.items() if to == chat and each.bot == bot and each.markup]
        return found[-1] if found else None

    def delete(self, chat: int, message_id: int) -> bool:
        """A resident took a message away; whether it was there."""
        return self._messages.pop((chat, message_id), None) is not None

    def press(self, chat: int) -> str:
        """A new query of a button pressed in this chat."""
        query = str(4_382_000_000_000_000 + len(self._queries) + 1)
        self._queries[query] = (self._now(), chat)
        return query

    def _own(self, bot: int, given: Mapping[str, Any]) -> Message:
        chat = self._chat(given)
        message = self._messages.get((chat, integer(given.get("message_id"))))
        if message is None:
            raise Refusal(ERRORS["message to edit not found"])
        if message.bot != bot:
            raise Refusal(ERRORS["message can't be edited"])
        self._allowed(chat)
        return message

    def _edit(self, message: Message, text: str, markup: dict[str, Any] | None) -> dict[str, Any]:
        kept = markup if markup and markup.get("inline_keyboard") else None
        if text == message.told["text"] and kept == message.markup:
            raise Refusal(ERRORS["message is not modified"])
        message.told |= {"text": text, "edit_date": self.message_date()}
        message.told.pop("reply_markup", None)
        if kept is not None:
            message.told["reply_markup"] = kept
        told = message.told
        self._show(told["chat"]["id"], "edit", message_id=told["message_id"], text=text, reply_markup=kept)
        return _public(told)

    def _chat(self, given: Mapping[str, Any]) -> int:
        chat = integer(given.get("chat_id"))
        if not chat:
            raise Refusal(ERRORS["chat not found"])
        return chat

    def _allowed(self, chat: int) -> None:
        if chat in self._moved:
            raise Refusal(migrated_to(self._moved[chat]))
        if chat in self._refusing:
            raise Refusal(ERRORS[self._refusing[chat]])

    def _bot(self, number: int) -> _Bot:
        return self._bots.setdefault(number, _Bot())

    def _show(self, chat: int, kind: str, **told: Any) -> None:
        self.shown.append({"to": chat, "kind": kind, "at": self._now().isoformat(), **told})


def chat_of(chat: int) -> dict[str, Any]:
    """A chat as the Bot API tells it."""
    if chat > 0:
        return {"id": chat, "type": "private", "first_name": "居民"}
    return {"id": chat, "type": "supergroup" if chat <= FIRST_SUPERGROUP else "group", "title": "小区业主群"}


def _public(told: dict[str, Any]) -> dict[str, Any]:
    """A reply keyboard is not told back; an inline one is."""
    markup = told.get("reply_markup")
    return {k: v for k, v in told.items() if k != "reply_markup" or (markup and "inline_keyboard" in markup)}
