"""Pressed buttons (选项按钮): whether the message they hang on still offers what stands on them.

A button says a number, and numbers mean what was offered last. One of an earlier message stays on the resident's
screen, pressed or not, and would choose among other things than those that stand on it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from casework.dialogue.state import State
from channels.message import InboundMessage
from district.dialogue import option
from storage.deliveries import Delivery

MOST = 9


def is_stale(session: Session, message: InboundMessage, state: State) -> bool:
    """Whether it is a press of what offers nothing now: of an earlier message than the one whose options stand, or of a
    key that we put on no button.

    Of a message that we do not know (its number was never told to us) the number counts as if it were typed.
    """
    if message.kind != "text" or not message.event_key:
        return False
    if option(message.event_key, MOST) is None:
        return True
    offered = _offered_at(session, message)
    return offered is not None and (not state.options or offered < datetime.fromisoformat(state.since))


def _offered_at(session: Session, message: InboundMessage) -> datetime | None:
    """When the message with the button was made; None: we know none."""
    for name in message.thread:
        carrier = select(Delivery.created_at, Delivery.choices).where(
            Delivery.channel == message.channel,
            Delivery.account == message.account,
            Delivery.recipient == message.sender.id[:320],
            # A text in parts has the buttons under its last one.
            or_(Delivery.platform_id == name, Delivery.platform_id.endswith(f",{name}", autoescape=True)),
        )
        found = session.execute(carrier.limit(1)).one_or_none()
        if found is not None and found.choices:
            made: datetime = found.created_at
            return made
    return None
