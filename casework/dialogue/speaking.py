"""What a member of staff says to a resident in a conversation, and takes back before it has left."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import Actor
from casework.dialogue import takeover
from casework.dialogue.errors import NotOwnWords, NoWayToWrite, SpokenToByOther, TooLateToTakeBack
from casework.errors import NeedMissing
from casework.tables import Ticket
from casework.telling import has_line_back, say
from channels.registry import capabilities
from district.pack import District
from storage import deliveries
from storage.database import is_id
from storage.deliveries import Delivery

UNDO = timedelta(seconds=5)
"""So long what was said can be taken back for certain: it does not leave before."""


def speak(
    session: Session, district: District, ticket: Ticket, text: str, *, actor: Actor, now: datetime, once: str
) -> Delivery:
    """Say something to the resident, on his channel and behind what he was sent before.

    In a chat that nobody has, the actor takes it over by this. ``once`` names the act: the same again is the delivery
    that is there. What cannot reach him is a failed delivery with the reason. Raises ``NotAllowed``, ``NeedMissing``
    for no words, ``NoWayToWrite``, and ``SpokenToByOther`` where a colleague has the conversation.
    """
    takeover.check_may_take(actor)
    if not text.strip():
        raise NeedMissing("发送", "text")
    if not has_line_back(ticket.channel):
        raise NoWayToWrite(ticket.number)
    # A purpose has room for two keys and a name: whose act it is, and which, are one digest.
    act = hashlib.sha256(f"{actor.id}:{once}".encode()).hexdigest()[:32]
    purpose = f"{takeover.SAID}:{ticket.id}:{act}"
    known = session.scalar(select(Delivery).where(Delivery.purpose == purpose))
    if known is not None:
        return known
    if capabilities(ticket.channel).chats:
        dialogue = takeover.hold(session, ticket, now=now)
        if dialogue.agent_id not in (None, actor.id):
            raise SpokenToByOther(ticket.number, dialogue.agent_name)
        takeover.take(session, district, ticket, actor=actor, now=now)
    key = say(session, district, ticket, takeover.SAID, purpose=purpose, now=now, fields={"text": text.strip()})
    if key is None:
        raise NoWayToWrite(ticket.number)
    delivery = deliveries.get(session, key)
    delivery.details = {"by": actor.id, "by_name": actor.name}
    if delivery.state == "queued":
        delivery.due_at = now + UNDO
    session.flush()
    recording.record(
        session, actor, "speak", "ticket", ticket.id, now=now, topic="tickets", change="said", details={"delivery": key}
    )
    return delivery


def take_back(session: Session, ticket: Ticket, delivery_id: str, *, actor: Actor, now: datetime) -> Delivery:
    """Take back (撤回) what the actor said and nobody has begun to send; taken back twice is taken back.

    Raises ``NotAllowed``, ``NotOwnWords`` and ``TooLateToTakeBack``.
    """
    takeover.check_may_take(actor)
    delivery = session.get(Delivery, delivery_id) if is_id(delivery_id) else None
    if delivery is None or delivery.ticket_id != ticket.id or speaker(delivery) != actor.id:
        raise NotOwnWords(delivery_id)
    if delivery.state == "withdrawn":
        return delivery
    if not deliveries.withdraw(session, delivery.id, now=now):
        raise TooLateToTakeBack
    recording.record(session, actor, "take_back", "ticket", ticket.id, now=now, details={"delivery": delivery.id})
    return delivery


def speaker(delivery: Delivery) -> str:
    """The key of the user whose words these are; empty: the desk's own."""
    return str(delivery.details.get("by", "")) if delivery.template == takeover.SAID else ""


def speaker_name(delivery: Delivery) -> str:
    """His name; empty for the desk's own words."""
    return str(delivery.details.get("by_name", "")) if delivery.template == takeover.SAID else ""
