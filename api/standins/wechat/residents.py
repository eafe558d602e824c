"""Whom an account may write to: what a resident did last, and what he allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from api.standins.wechat.refusal import Refusal

Act = Literal["message", "menu", "subscribe", "scan"]

WINDOWS: dict[Act, tuple[timedelta, int]] = {
    "message": (timedelta(hours=48), 5),
    "menu": (timedelta(minutes=1), 3),
    "subscribe": (timedelta(minutes=1), 3),
    "scan": (timedelta(minutes=1), 3),
}
"""How long after a resident's act, and how often, an account may write to him (the platform's rules since 2023-06)."""

TYPING_AFTER = timedelta(seconds=30)
TYPING_FOR = timedelta(seconds=15)
COMMANDS = ("Typing", "CancelTyping")

Status = Literal["success", "failed:user block", "failed: system failed"]
STATUSES: tuple[Status, ...] = ("success", "failed:user block", "failed: system failed")
"""What becomes of a template message, in the words of TEMPLATESENDJOBFINISH."""


@dataclass(slots=True)
class Resident:
    """One resident. Every method raises ``Refusal`` where it refuses."""

    follows: bool = True
    delivery: Status = "success"
    windows: dict[Act, tuple[datetime, int]] = field(default_factory=dict)
    allowed: dict[str, int | None] = field(default_factory=dict)
    """Notices that he allows by template; None: any number."""
    last_word: datetime | None = None
    """The last message either way."""
    typing_until: datetime | None = None

    def acts(self, act: Act, *, now: datetime, windows: Mapping[Act, tuple[timedelta, int]]) -> None:
        """He did something with the account: it may write to him for a while."""
        self.follows = True
        self.windows[act] = (now + windows[act][0], windows[act][1])
        if act == "message":
            self.last_word = now

    def spend(self, *, now: datetime) -> None:
        """Take one from the window that lasts longest."""
        usable = {act: window for act, window in self._open(now).items() if window[1] > 0}
        if not usable:
            raise Refusal(45047, "out of response count limit")
        act = max(usable, key=lambda each: usable[each][0])
        until, left = usable[act]
        self.windows[act] = (until, left - 1)
        self.last_word, self.typing_until = now, None

    def show_typing(self, command: object, *, now: datetime) -> None:
        """公众平台「客服输入状态」."""
        if command not in COMMANDS:
            raise Refusal(45072, "invalid command")
        self._open(now)
        if self.last_word is None or now - self.last_word > TYPING_AFTER:
            raise Refusal(45080, "need sending message to user, or recv msg in the last 30 seconds")
        if command == "CancelTyping":
            self.typing_until = None
            return
        if self.typing_until is not None and now < self.typing_until:
            raise Refusal(45081, "already in typing state, not allowed to send again")
        self.typing_until = now + TYPING_FOR

    def take_notice(self, template_id: str) -> None:
        """He gets one of the notices that he allowed."""
        left = self.allowed.get(template_id, 0)
        if left == 0:
            raise Refusal(43101, "user refuse to accept the msg")
        if left is not None:
            self.allowed[template_id] = left - 1

    def _open(self, now: datetime) -> dict[Act, tuple[datetime, int]]:
        if not self.follows:
            raise Refusal(43004, "require subscribe")
        found = {act: window for act, window in self.windows.items() if window[0] > now}
        if not found:
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        return found
