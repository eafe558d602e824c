"""Which matter a message belongs to: a ticket it follows, an urging of one, or a new matter.

The rules of this first version are few and stated here; telling a greeting from a matter and asking for what is
missing is the dialogue's later work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.tables import Message, Ticket
from casework.tickets import OPEN_TICKETS
from channels.message import InboundMessage
from storage.deliveries import Delivery

CHATS = frozenset({"wechat", "telegram"})
JOIN_WITHIN = timedelta(minutes=30)
"""A picture, a place or a fragment sent within this time belongs to the matter written before it."""

_URGING = re.compile(
    r"(催(一?下|办|促)|怎么还(没|不)|还没(有)?(人|解决|处理|回复|消息)|什么时候(能|才)?(处理|解决|回复|办好)"
    r"|有(没有)?(进展|结果|消息)(了)?(吗|没)|处理得?怎么样|到底管不管)"
)
_URGING_LENGTH = 40
_FRAGMENT = 8


@dataclass(frozen=True, slots=True)
class Belongs:
    """``new`` opens a ticket; ``follow_up`` adds to one; ``urging`` asks again for one."""

    how: Literal["new", "follow_up", "urging"]
    ticket: Ticket | None = None


NEW = Belongs("new")


def belongs(session: Session, message: InboundMessage, resident_id: str, *, now: datetime) -> Belongs:
    """Find the ticket a message belongs to.

    Mail goes by its thread and the token in its subject, and only to a ticket its own sender opened. A chat message
    goes by time and content.
    """
    named = _named(session, message, resident_id)
    if named is not None:
        return Belongs("urging" if is_urging(message.text) else "follow_up", named)
    if message.channel not in CHATS:
        return NEW
    last = session.scalar(
        select(Ticket)
        .where(
            Ticket.resident_id == resident_id,
            Ticket.channel == message.channel,
            Ticket.account == message.account,
            Ticket.state.in_(OPEN_TICKETS),
        )
        .order_by(Ticket.last_message_at.desc())
        .limit(1)
    )
    if last is None:
        return NEW
    text = message.text.strip()
    if text and (is_urging(text) or _said_before(session, last, text)):
        return Belongs("urging", last)
    fragment = message.kind == "location" or len(text) < _FRAGMENT or len(last.text.strip()) < _FRAGMENT
    if fragment and now - last.last_message_at <= JOIN_WITHIN:
        return Belongs("follow_up", last)
    return NEW


def is_urging(text: str) -> bool:
    """Whether a text only asks what has become of a matter."""
    return len(text) <= _URGING_LENGTH and bool(_URGING.search(text))


def _said_before(session: Session, ticket: Ticket, text: str) -> bool:
    query = select(Message.id).where(Message.ticket_id == ticket.id, Message.text == text).limit(1)
    return session.scalar(query) is not None


def _named(session: Session, message: InboundMessage, resident_id: str) -> Ticket | None:
    """The ticket that a token or the thread names. Who did not open it cannot write into it."""
    mine = select(Ticket).where(Ticket.resident_id == resident_id)
    if message.ticket_token:
        token = message.ticket_token.upper()
        found = session.scalar(mine.where(or_(Ticket.code == token, Ticket.number == token)))
        if found is not None:
            return found
    if not message.thread:
        return None
    earlier = select(Message.ticket_id).where(
        Message.channel == message.channel,
        Message.account == message.account,
        Message.external_id.in_(message.thread),
        Message.ticket_id.is_not(None),
    )
    sent = select(Delivery.ticket_id).where(Delivery.platform_id.in_(message.thread), Delivery.ticket_id.is_not(None))
    return session.scalar(
        mine.where(or_(Ticket.id.in_(earlier), Ticket.id.in_(sent))).order_by(Ticket.last_message_at.desc()).limit(1)
    )
