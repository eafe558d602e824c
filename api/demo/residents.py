"""The fictional residents one can be in the simulator, and what each of them sees on his phone and in his mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.message_tables import Message
from casework.tables import Ticket
from storage.deliveries import Delivery

ACCOUNT = "demo"
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to the desk or calls it. ``chat`` is his number at Telegram."""

    key: str
    name: str
    openid: str
    address: str
    chat: int
    phone: str

    def on(self, channel: str) -> str:
        """Who he is on a channel; on those not named here, his telephone."""
        known = {"wechat": self.openid, "mailbox": self.address, "telegram": str(self.chat)}
        return known.get(channel, self.phone)


PEOPLE = (
    Person("wang", "王秀兰", "demo_phone_wang_01", "wangxiulan@example.com", 700000101, "13800138101"),
    Person("li", "李国强", "demo_phone_li_02", "liguoqiang@example.com", 700000102, "13800138102"),
    Person("zhao", "赵小曼", "demo_phone_zhao_03", "zhaoxiaoman@example.com", 700000103, "13800138103"),
)


def person_of(key: str) -> Person:
    """The person of this key; the first for any other."""
    return next((each for each in PEOPLE if each.key == key), PEOPLE[0])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a conversation as the resident sees it. ``reference`` is a letter's Message-ID, for a reply."""

    who: Literal["me", "desk"]
    at: datetime
    text: str
    kind: str = "text"
    subject: str = ""
    reference: str = ""
    waiting: bool = False
    """On its way: queued and not yet taken by the platform."""

    edited: bool = False


def conversation(session: Session, channel: str, sender: str) -> list[Line]:
    """What was written to and fro, oldest first; what the desk could not send is not seen by the resident."""
    messages = session.scalars(
        select(Message)
        .where(Message.channel == channel, Message.account == ACCOUNT, Message.sender == sender)
        .order_by(Message.received_at.desc())
        .limit(SHOWN)
    )
    deliveries = session.scalars(
        select(Delivery)
        .where(
            Delivery.channel == channel,
            Delivery.account == ACCOUNT,
            Delivery.recipient == sender,
            Delivery.state.in_(("queued", "leased", "sent", "perhaps_sent")),
        )
        .order_by(Delivery.created_at.desc())
        .limit(SHOWN)
    )
    lines = _own(messages.all())
    lines += [
        Line(
            "desk",
            each.sent_at or each.created_at,
            each.text,
            subject=each.title,
            reference=each.platform_id,
            waiting=each.state in ("queued", "leased"),
        )
        for each in deliveries
    ]
    return sorted(lines, key=lambda line: (line.at, line.who == "desk"))[-SHOWN:]


def _own(messages: Sequence[Message]) -> list[Line]:
    """The resident's own, newest first; one that he worded anew shows its last words where it stood."""
    lines, worded = [], dict[str, str]()
    for each in messages:
        text = each.full_text or each.text or each.event
        if each.revises:
            worded.setdefault(each.revises, text)
            continue
        anew = worded.get(each.external_id, "") if each.external_id else ""
        lines.append(Line("me", each.received_at, anew or text, each.kind, each.title, edited=bool(anew)))
    return lines


def tickets_by(session: Session, channel: str, account: str, sender: str = "") -> list[Ticket]:
    """The latest tickets that came by an account, of one sender where he is named."""
    query = select(Ticket).where(Ticket.channel == channel, Ticket.account == account)
    if sender:
        query = query.where(Ticket.sender == sender)
    return list(session.scalars(query.order_by(Ticket.opened_at.desc()).limit(6)))


def last_telegram_text(session: Session, person: Person) -> int:
    """The number of the last text he wrote by Telegram, 0 where there is none."""
    query = (
        select(Message.external_id)
        .where(
            Message.channel == "telegram",
            Message.account == ACCOUNT,
            Message.sender == str(person.chat),
            Message.kind == "text",
            Message.external_id != "",
        )
        .order_by(Message.received_at.desc())
        .limit(1)
    )
    return int((session.scalar(query) or ":0").rpartition(":")[2])


def last_blob(session: Session, person: Person) -> str:
    """The blob of the last chat message, or empty."""
    query = (
        select(Message.blob)
        .where(Message.channel == "wechat", Message.account == ACCOUNT, Message.sender == person.openid)
        .order_by(Message.received_at.desc())
        .limit(1)
    )
    return session.scalar(query) or ""
