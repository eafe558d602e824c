"""The Bot API's side in memory: who may call, whom a bot may write to, which updates wait, which files are kept.

Bots and residents that nobody told of are taken as they come: a bot by the well-formed token it shows first, a private
chat as one that has been begun. ``tokens`` or ``block`` say otherwise.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from api import clock
from api.standins.control import Given, whole
from api.standins.faults import Faults
from api.standins.moving_clock import MovingClock
from api.standins.telegram.acting import Acting
from api.standins.telegram.conversations import Conversations, SentMessage
from api.standins.telegram.faults import ERRORS, Fault, Refusal, fault
from api.standins.telegram.limits import NAMES, NONE, Limits
from api.standins.telegram.parameters import listed

__all__ = ["MOST_BYTES", "MOST_UPDATES", "Platform", "Refusal", "SentMessage", "Waiting"]

MOST_UPDATES = 100
MOST_BYTES = 20 * 1024 * 1024
METHODS = (
    "getMe",
    "getUpdates",
    "getFile",
    "setWebhook",
    "getWebhookInfo",
    "deleteWebhook",
    "sendMessage",
    "sendChatAction",
    "editMessageText",
    "editMessageReplyMarkup",
    "answerCallbackQuery",
    "file",
)
"""Where calls go wrong; ``file`` is a download."""

_TOKEN = re.compile(r"[0-9]{1,16}:[A-Za-z0-9_-]+")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_UNAUTHORIZED = ERRORS["unauthorized"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The update that a bot's webhook is to be called with next, and how often that was tried."""

    token: str
    url: str
    secret: str = field(repr=False)
    update: dict[str, Any]
    tries: int
    not_before: float
    """On the monotonic clock."""


@dataclass(slots=True)
class _Webhook:
    url: str = ""
    secret: str = ""
    allowed: tuple[str, ...] = ()
    tries: int = 0
    again_at: float = 0.0
    last_error: str = ""
    last_error_at: int = 0
    given_up: int = 0


@dataclass(slots=True)
class _Bot:
    token: str
    updates: list[dict[str, Any]] = field(default_factory=list)
    next_update: int = 1
    confirmed: int = 0
    """The highest offset named so far: what lies below is forgotten."""
    polls: int = 0
    webhook: _Webhook = field(default_factory=_Webhook)


class Platform:
    """Safe to share between threads."""

    def __init__(
        self,
        tokens: Iterable[str] | None = None,
        *,
        limits: Limits = NONE,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._lock = threading.RLock()
        self._now = MovingClock(now)
        self._closed = tokens is not None
        self._bots = {_number(token): _Bot(token) for token in tokens or ()}
        self._conversations = Conversations(self._now)
        self._conversations.limits = limits
        self._files: dict[str, bytes] = {}
        self._faults: Faults[Fault] = Faults()

    @property
    def calls(self) -> dict[str, int]:
        """Calls so far by method, refused ones too; downloads as ``file``."""
        return self._faults.calls

    def bot(self, token: str) -> _Bot:
        """The bot of this token. Raises ``Refusal``: 404 for what is no token at all, 401 for an unknown one."""
        if not _TOKEN.fullmatch(token):
            raise Refusal(ERRORS["not found"])
        with self._lock:
            number = _number(token)
            if number not in self._bots and not self._closed:
                self._bots[number] = _Bot(token)
            found = self._bots.get(number)
            if found is None or found.token != token:
                raise Refusal(_UNAUTHORIZED)
            return found

    def offer(self, token: str, update: Mapping[str, Any]) -> int:
        """Put an update for the bot, numbered by the platform; its number."""
        with self._lock:
            bot = self.bot(token)
            number = bot.next_update
            bot.next_update += 1
            if isinstance(message := update.get("message"), Mapping) and "chat" in message and "message_id" in message:
                self._conversations.keep(message)
            bot.updates.append(
                {"update_id": number, **{key: each for key, each in update.items() if key != "update_id"}}
            )
            return number

    def begin_at(self, token: str, number: int) -> None:
        """Number the updates from here on, as the platform does anew after a quiet week."""
        with self._lock:
            self.bot(token).next_update = number

    def confirmed(self, token: str) -> int:
        """The offset below which the bot let everything be forgotten."""
        return self.bot(token).confirmed

    def block(self, chat: int, why: str = "blocked") -> None:
        """The platform refuses messages to this chat from now on, by a name of ``ERRORS``; "" mends it."""
        with self._lock:
            self._conversations.refuse(chat, why)

    def keep(self, file_id: str, content: bytes) -> None:
        """A resident sent a file."""
        with self._lock:
            self._files[file_id] = content

    def sent(self, chat: int | None = None) -> list[SentMessage]:
        """What was sent to this chat, or to all, oldest first."""
        with self._lock:
            return [each for each in self._conversations.sent if chat in (None, each.chat)]

    def inject(self, named: str, at: str = "sendMessage", *, after: int = 0) -> None:
        """Do this wrong at that method (``file``: a download) once ``after`` calls went well; "" mends it.

        Raises ``ValueError``.
        """
        with self._lock:
            self._faults.mend(at)
            if named:
                self._faults.put(at, fault(named), after=after)

    def break_with(self, at: str, broken: Fault, *, times: int | None = None) -> None:
        """The same with a fault of one's own, for so many calls or until mended."""
        with self._lock:
            self._faults.put(at, broken, times=times)

    def break_at(self, at: str, named: str, times: int | None) -> None:
        """The same by its name (``control.Controlled``). Raises ``ValueError``."""
        if at not in METHODS:
            raise ValueError(f"at: {', '.join(METHODS)}")
        if not named:
            self.inject("", at)
        else:
            self.break_with(at, fault(named), times=times)

    def called(self, at: str) -> Fault | None:
        """Count a call; the fault in force there, if any."""
        with self._lock:
            return self._faults.called(at)

    def forward(self, by: timedelta) -> datetime:
        """Move the clock; the moment it shows."""
        with self._lock:
            self._now.forward(by)
            return self._now()

    def limit(self, given: Given) -> None:
        """Set how often a bot may send: ``on``, or the limits by their names. Raises ``ValueError``."""
        with self._lock:
            if "on" in given:
                self._conversations.limits = Limits() if given["on"] is True else NONE
            named = {name: whole(given, name) for name in NAMES if name in given}
            self._conversations.limits = replace(self._conversations.limits, **named)

    def received(self, to: str | None) -> list[dict[str, Any]]:
        """What this chat, or all, saw of the bots, as rows (``control.Controlled``)."""
        with self._lock:
            return [each for each in self._conversations.shown if to in (None, str(each["to"]))]

    def act(self, given: Given) -> Mapping[str, Any]:
        """A resident does something with a bot (``/standin/act``). Raises ``ValueError``."""
        with self._lock:
            only = next(iter(self._bots.values())).token if len(self._bots) == 1 else ""
            token = str(given.get("token") or only)
            try:
                me = self.me(token)
            except Refusal as refusal:
                raise ValueError("token: of the bot") from refusal
            return Acting(self._conversations, me, lambda update: self.offer(token, update), given).done()

    def poll(self, token: str, offset: int) -> int:
        """A getUpdates begins: the one before it ends, and what lies below the offset is forgotten. Its number.

        Raises ``Refusal``.
        """
        with self._lock:
            bot = self.bot(token)
            if bot.webhook.url:
                raise Refusal(ERRORS["webhook is set"])
            bot.polls += 1
            if offset < 0:
                bot.updates = bot.updates[offset:]
            elif offset:
                bot.confirmed = max(bot.confirmed, offset)
                bot.updates = [each for each in bot.updates if each["update_id"] >= offset]
            return bot.polls

    def waiting(self, token: str, poll: int, limit: int) -> list[dict[str, Any]]:
        """The earliest updates not forgotten. Raises ``Refusal`` when another poll has begun."""
        with self._lock:
            bot = self.bot(token)
            if bot.polls != poll:
                raise Refusal(ERRORS["two watches"])
            return bot.updates[: min(MOST_UPDATES, max(1, limit))]

    def send_message(self, token: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, sendMessage, texts only. Raises ``Refusal``."""
        with self._lock:
            return self._conversations.send(self.me(token), given)

    def edit_text(self, token: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, editMessageText. Raises ``Refusal``."""
        with self._lock:
            return self._conversations.edit_text(self.me(token)["id"], given)

    def edit_markup(self, token: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Bot API, editMessageReplyMarkup. Raises ``Refusal``."""
        with self._lock:
            return self._conversations.edit_markup(self.me(token)["id"], given)

    def chat_action(self, token: str, given: Mapping[str, Any]) -> bool:
        """Bot API, sendChatAction. Raises ``Refusal``."""
        with self._lock:
            self.bot(token)
            return self._conversations.act(given)

    def me(self, token: str) -> dict[str, Any]:
        """Bot API, getMe."""
        self.bot(token)
        number = _number(token)
        return {"id": number, "is_bot": True, "first_name": "应声", "username": f"yingsheng_{number}_bot"}

    def file(self, token: str, file_id: object) -> dict[str, Any]:
        """Bot API, getFile. Raises ``Refusal``."""
        with self._lock:
            self.bot(token)
            content = self._files.get(str(file_id))
            if content is None:
                raise Refusal(ERRORS["invalid file"])
            if len(content) > MOST_BYTES:
                raise Refusal(ERRORS["file is too big"])
            return {
                "file_id": file_id,
                "file_unique_id": f"u{file_id}",
                "file_size": len(content),
                "file_path": f"kept/{file_id}",
            }

    def content(self, token: str, path: str) -> bytes | None:
        """What lies at a path that ``file`` gave."""
        with self._lock:
            self.bot(token)
            return self._files.get(path.removeprefix("kept/"))

    def set_webhook(self, token: str, given: Mapping[str, Any]) -> bool:
        """Bot API, setWebhook: ``webhook.calling`` calls the address, and getUpdates is refused. No address ends it."""
        secret = str(given.get("secret_token") or "")
        if secret and not _SECRET.fullmatch(secret):
            raise Refusal(Fault("error", 400, "Bad Request: secret token contains unallowed characters"))
        allowed = tuple(str(each) for each in listed(given.get("allowed_updates")))
        with self._lock:
            self.bot(token).webhook = _Webhook(str(given.get("url") or ""), secret, allowed)
        return True

    def webhook_info(self, token: str) -> dict[str, Any]:
        """Bot API, getWebhookInfo."""
        with self._lock:
            bot = self.bot(token)
            hook = bot.webhook
            told: dict[str, Any] = {"url": hook.url, "has_custom_certificate": False}
            told["pending_update_count"] = len(bot.updates)
            if hook.allowed:
                told["allowed_updates"] = list(hook.allowed)
            if hook.last_error:
                told |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
            return told

    def for_webhooks(self) -> list[Waiting]:
        """The earliest update of each bot that has a webhook and an update."""
        with self._lock:
            return [
                Waiting(bot.token, hook.url, hook.secret, bot.updates[0], hook.tries, hook.again_at)
                for bot in self._bots.values()
                if (hook := bot.webhook).url and bot.updates
            ]

    def delivered(self, waiting: Waiting, why: str, *, give_up_after: int, again_at: float) -> None:
        """The webhook took the update, or did not and ``why`` says so: it is asked again, or no more."""
        with self._lock:
            bot = self.bot(waiting.token)
            hook = bot.webhook
            if hook.url != waiting.url or not bot.updates or bot.updates[0] is not waiting.update:
                return  # set anew or dropped meanwhile
            if why:
                hook.last_error, hook.last_error_at = why, int(self._now().timestamp())
                hook.tries, hook.again_at = hook.tries + 1, again_at
                if hook.tries < give_up_after:
                    return
                hook.given_up += 1
            del bot.updates[0]
            hook.tries, hook.again_at = 0, 0.0

    def delete_webhook(self, token: str, given: Mapping[str, Any]) -> bool:
        """Bot API, deleteWebhook."""
        with self._lock:
            bot = self.bot(token)
            bot.webhook = _Webhook()
            if str(given.get("drop_pending_updates")).lower() == "true":
                bot.updates.clear()
        return True

    def answered(self, token: str) -> list[str]:
        """The ids of the pressed buttons that the bot acknowledged, in their order."""
        with self._lock:
            return self._conversations.answered(self.me(token)["id"])

    def answer_callback(self, token: str, given: Mapping[str, Any]) -> bool:
        """Bot API, answerCallbackQuery. Raises ``Refusal``."""
        with self._lock:
            return self._conversations.answer_query(self.me(token)["id"], given)


def _number(token: str) -> int:
    return int(token.partition(":")[0])
