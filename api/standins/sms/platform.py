"""The provider's side in memory: accounts, templates, whom it sent what, and what is to be told back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from api import clock
from api.standins.control import Given, text, whole
from api.standins.faults import Faults
from api.standins.moving_clock import MovingClock
from api.standins.sms import signing
from api.standins.sms.faults import Fault, fault
from api.standins.sms.rates import NAMES, ZONE, Limits
from api.standins.sms.refusals import Refusal
from api.standins.sms.texts import filled, headed, mobile, parts

ACCOUNT = "demo"
SECRET = "demo-sms-secret-not-for-use"  # noqa: S105  (the demo's, on loopback)
TEMPLATES = {
    "SMS_1001": "您的验证码是{code}，{minutes}分钟内有效，请勿告诉他人。",
    "SMS_1002": "您反映的事项{number}：{text}",
}
CLOCKS_APART = timedelta(seconds=300)
SAME_FOR = timedelta(hours=24)
STATUSES = ("DELIVRD", "UNDELIV", "REJECTD", "EXPIRED", "UNKNOWN", "BLACKED")
LEAVING = ("T", "TD")
"""Replies that take the number off the account's list."""

Kind = Literal["receipts", "replies"]
KINDS: tuple[Kind, ...] = ("receipts", "replies")
_OPERATORS = re.compile(r"[A-Z0-9:]{7}")
_LONGEST_REFERENCE = 64


@dataclass(slots=True)
class Account:
    """One customer of the provider."""

    secret: str
    heading: str = ""
    balance: int = 1000
    free_text: bool = True
    callbacks: dict[Kind, str] = field(default_factory=dict)
    blacklist: set[str] = field(default_factory=set)
    sent: dict[str, list[datetime]] = field(default_factory=dict)
    """The moments of what was sent to each number."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """One message that a phone received, or was meant to."""

    account: str
    message_id: str
    phone: str
    text: str
    parts: int
    at: datetime
    template_id: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Callback:
    """What an account is to be told: signed when it is posted."""

    account: str
    kind: Kind
    url: str
    items: list[dict[str, Any]]


class Platform:
    """Safe to share between threads."""

    def __init__(self, *, limits: Limits | None = None, now: Callable[[], datetime] = clock.now) -> None:
        self._lock = threading.RLock()
        self._now = MovingClock(now)
        self._limits = limits or Limits()
        self._accounts = {ACCOUNT: Account(SECRET, "应声")}
        self._templates = dict(TEMPLATES)
        self._sent: list[SentMessage] = []
        self._answers: dict[tuple[str, str], tuple[datetime, dict[str, Any]]] = {}
        self._statuses: dict[str, list[str]] = {}
        self._waiting: dict[tuple[str, Kind], list[dict[str, Any]]] = {}
        self._replies = 0
        self._faults: Faults[Fault] = Faults()

    @property
    def calls(self) -> dict[str, int]:
        """Calls so far, refused ones too."""
        return self._faults.calls

    def called(self, at: str) -> Fault | None:
        """Count a call; the fault that it meets, if any."""
        with self._lock:
            return self._faults.called(at)

    def send(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``/sms/send``. Raises ``Refusal``."""
        with self._lock:
            name, account = self._signed_by(given)
            reference = given.get("reference", "")
            if not isinstance(reference, str) or len(reference) > _LONGEST_REFERENCE:
                raise Refusal(1004, "reference")
            if (same := self._answered(name, reference)) is not None:
                return same
            phone = self._phone(given)
            template_id, shown = self._shown(account, given)
            if phone in account.blacklist:
                raise Refusal(2002)
            now, count = self._now(), parts(shown)
            self._limits.check(account.sent.get(phone, ()), now=now)
            if account.balance < count:
                raise Refusal(4001)
            account.balance -= count
            account.sent.setdefault(phone, []).append(now)
            message_id = f"{now.astimezone(ZONE):%Y%m%d}{len(self._sent) + 1:012d}"
            sent = SentMessage(name, message_id, phone, shown, count, now, template_id, reference)
            self._sent.append(sent)
            for status in self._statuses.get(phone, ["DELIVRD"]):
                self._tell(name, "receipts", self._receipt(sent, status))
            answer = {"message_id": message_id, "parts": count, "balance": account.balance}
            if reference:
                self._answers[name, reference] = (now, answer)
            return answer

    def balance(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """``/sms/balance``. Raises ``Refusal``."""
        with self._lock:
            return {"balance": self._signed_by(given)[1].balance}

    def _signed_by(self, given: Mapping[str, Any]) -> tuple[str, Account]:
        for name, kind in (("account", str), ("timestamp", int), ("sign", str)):
            if not isinstance(given.get(name), kind) or isinstance(given[name], bool) or given[name] == "":
                raise Refusal(1004, name)
        account = self._accounts.get(given["account"])
        if account is None:
            raise Refusal(1002)
        if not signing.fits(account.secret, given):
            raise Refusal(1001)
        if abs(self._now().timestamp() - given["timestamp"]) > CLOCKS_APART.total_seconds():
            raise Refusal(1003)
        return given["account"], account

    def _answered(self, name: str, reference: str) -> dict[str, Any] | None:
        at, answer = self._answers.get((name, reference), (None, {}))
        return {**answer, "repeated": True} if at is not None and self._now() - at < SAME_FOR else None

    @staticmethod
    def _phone(given: Mapping[str, Any]) -> str:
        if given.get("phone") in (None, ""):
            raise Refusal(1004, "phone")
        return mobile(given["phone"])

    def _shown(self, account: Account, given: Mapping[str, Any]) -> tuple[str, str]:
        template_id, free = given.get("template_id"), given.get("text")
        if template_id is None:
            if not isinstance(free, str):
                raise Refusal(1004, "text")
            if not account.free_text:
                raise Refusal(1005)
            return "", headed(account.heading, free)
        if free is not None:
            raise Refusal(1004, "text")
        if not isinstance(template_id, str) or template_id not in self._templates:
            raise Refusal(2003)
        return template_id, headed(account.heading, filled(self._templates[template_id], given.get("params")))

    def _receipt(self, sent: SentMessage, status: str) -> dict[str, Any]:
        told = {"message_id": sent.message_id, "phone": sent.phone, "status": status, "parts": sent.parts}
        if sent.reference:
            told["reference"] = sent.reference
        return {**told, "at": self._written_now()}

    def _written_now(self) -> str:
        return f"{self._now().astimezone(ZONE):%Y-%m-%d %H:%M:%S}"

    def _tell(self, account: str, kind: Kind, item: dict[str, Any]) -> None:
        if self._accounts[account].callbacks.get(kind):
            self._waiting.setdefault((account, kind), []).append(item)

    def told(self, most: int) -> list[Callback]:
        """What waits to be told, taken out, in posts of at most so many items."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            return [
                Callback(name, kind, self._accounts[name].callbacks[kind], items[start : start + most])
                for (name, kind), items in waiting.items()
                for start in range(0, len(items), most)
            ]

    def signed(self, callback: Callback) -> dict[str, Any]:
        """The body to post at this moment."""
        with self._lock:
            fields = {"account": callback.account, "timestamp": int(self._now().timestamp())}
            fields |= {"kind": callback.kind, "items": callback.items}
            return signing.signed(self._accounts[callback.account].secret, fields)

    def reply(self, phone: str, said: str, *, account: str = ACCOUNT) -> str:
        """A resident answers; the id of his reply. Raises ``ValueError``."""
        with self._lock:
            number, told = self._number(phone), self._account(account)
            self._replies += 1
            reply_id = f"U{self._replies:09d}"
            if said.strip().upper() in LEAVING:
                told.blacklist.add(number)
            item = {"reply_id": reply_id, "phone": number, "text": said, "at": self._written_now()}
            self._tell(account, "replies", item)
            return reply_id

    def list_out(self, phone: str, *, out: bool, account: str = ACCOUNT) -> None:
        """Blacklist a number, or take it off again. Raises ``ValueError``."""
        with self._lock:
            number, listed = self._number(phone), self._account(account).blacklist
            listed.add(number) if out else listed.discard(number)

    def report(self, phone: str, statuses: Sequence[str]) -> None:
        """What is reported of messages to it from now on, in this order; nothing of none. Raises ``ValueError``."""
        for status in statuses:
            if status not in STATUSES and not _OPERATORS.fullmatch(status):
                raise ValueError(f"status: {', '.join(STATUSES)}, or an operator's 7 characters")
        with self._lock:
            self._statuses[self._number(phone)] = list(statuses)

    def call_back(self, account: str, urls: Mapping[Kind, str]) -> None:
        """Tell this account there. Raises ``ValueError``."""
        with self._lock:
            self._account(account).callbacks = {kind: url for kind, url in urls.items() if url}

    def admit(self, given: Given) -> None:
        """A new account, or a known one changed. Raises ``ValueError``."""
        name = text(given, "account")
        with self._lock:
            known = self._accounts.get(name)
            account = known or Account(text(given, "secret"))
            account.secret = str(given.get("secret") or account.secret)
            account.heading = str(given.get("heading", account.heading))
            account.balance = whole(given, "balance") if "balance" in given else account.balance
            account.free_text = bool(given.get("free_text", account.free_text))
            self._accounts[name] = account

    def register(self, template_id: str, wording: str) -> None:
        """A template that may be sent from now on."""
        with self._lock:
            self._templates[template_id] = wording

    def sent(self, phone: str | None = None) -> list[SentMessage]:
        """What was sent to this number, or to all, oldest first."""
        with self._lock:
            return [each for each in self._sent if phone in (None, each.phone)]

    def received(self, to: str | None) -> list[dict[str, Any]]:
        """The same as rows (``control.Controlled``)."""
        rows = []
        for each in self.sent(to):
            row = {"to": each.phone, "kind": "sms", "text": each.text, "parts": each.parts, "at": each.at.isoformat()}
            row |= {"message_id": each.message_id, "account": each.account}
            optional = {"template_id": each.template_id, "reference": each.reference}
            rows.append(row | {name: value for name, value in optional.items() if value})
        return rows

    def forward(self, by: timedelta) -> datetime:
        """Move the clock; the moment it shows."""
        with self._lock:
            self._now.forward(by)
            return self._now()

    def break_at(self, at: str, named: str, times: int | None = None) -> None:
        """Go wrong at ``send`` or ``balance`` (``faults.fault``); "" mends it. Raises ``ValueError``."""
        if at not in {"send", "balance"}:
            raise ValueError("at: send, balance")
        with self._lock:
            if named:
                self._faults.put(at, fault(named), times=times)
            else:
                self._faults.mend(at)

    def limit(self, given: Given) -> None:
        """Set what one number may be sent. Raises ``ValueError``."""
        with self._lock:
            self._limits = replace(self._limits, **{name: whole(given, name) for name in NAMES if name in given})

    def _account(self, name: str) -> Account:
        if name not in self._accounts:
            raise ValueError(f"account: none is called {name!r}")
        return self._accounts[name]

    @staticmethod
    def _number(phone: str) -> str:
        try:
            return mobile(phone)
        except Refusal as refusal:
            raise ValueError(f"{phone}: {refusal.message}") from refusal
