"""The first words to who begins to follow an account or a bot."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.writing_back import Name, say
from channels.message import InboundMessage
from district.pack import District
from storage.deliveries import Delivery

WELCOME = "welcome"
AGAIN = timedelta(minutes=10)
"""How long one welcome is enough. Two signs of one follow (the bot let in again, its Start pressed) come in seconds."""


def greet(
    session: Session, district: District, message_id: str, message: InboundMessage, *, returned: bool, now: datetime
) -> None:
    """Welcome a new follower, once for each follow. ``returned``: he had left, so this is another follow."""
    if not returned and _welcomed(session, message, since=now - AGAIN):
        return
    to = Name(message.channel, message.account, message.sender.id, message_id)
    say(session, district, to, WELCOME, purpose=f"welcome:{message_id}", now=now)


def _welcomed(session: Session, message: InboundMessage, *, since: datetime) -> bool:
    said = select(Delivery.id).where(
        Delivery.channel == message.channel,
        Delivery.account == message.account,
        Delivery.recipient == message.sender.id,
        Delivery.template == WELCOME,
        Delivery.created_at > since,
    )
    return session.scalar(said.limit(1)) is not None
