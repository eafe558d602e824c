"""The fictional residents one can be in the simulator, and what each of them sees on his phone and in his mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.tables import Message, Ticket
from storage.deliveries import Delivery

ACCOUNT = "demo"
SHOWN = 40


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who writes to the desk."""

    key: str
    name: str
    openid: str
    address: str


PEOPLE = (
    Person("wang", "王秀兰", "demo_phone_wang_01", "wangxiulan@example.com"),
    Person("li", "李国强", "demo_phone_li_02", "liguoqiang@example.com"),
    Person("zhao", "赵小曼", "demo_phone_zhao_03", "zhaoxiaoman@example.com"),
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
    lines = [
        Line("me", each.received_at, each.full_text or each.text or each.event, each.kind, each.title)
        for each in messages
    ]
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


def tickets_of(session: Session, person: Person) -> list[Ticket]:
    """The tickets of a person on either channel, newest first."""
    query = (
        select(Ticket)
        .where(or_(Ticket.sender == person.openid, Ticket.sender == person.address))
        .order_by(Ticket.opened_at.desc())
        .limit(6)
    )
    return list(session.scalars(query))


def last_blob(session: Session, person: Person) -> str:
    """The blob of the last chat message, or empty."""
    query = (
        select(Message.blob)
        .where(Message.channel == "wechat", Message.account == ACCOUNT, Message.sender == person.openid)
        .order_by(Message.received_at.desc())
        .limit(1)
    )
    return session.scalar(query) or ""
