"""What a ticket's page offers of telephones: a link that dials the resident, and where his call is heard."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.live_calls import CHANNEL
from casework.message_tables import Message
from casework.reading import Reader
from casework.tables import Ticket
from channels import recordings

MOST = 5
"""Recordings of one ticket that are linked to, the latest first."""


@dataclass(frozen=True, slots=True)
class CallLinks:
    """``number`` as it is dialled; ``recordings`` are addresses on hosts that the line's account names."""

    number: str
    recordings: tuple[str, ...]


def links(session: Session, desk: Desk, reader: Reader, ticket: Ticket) -> CallLinks | None:
    """None for whoever does not see the resident: neither his number nor his voice is for him."""
    if not reader.sees(ticket):
        return None
    number = re.sub(r"[^\d+]", "", ticket.resident.phone.partition("转")[0])
    return CallLinks(number if len(number) >= 3 else "", _recordings(session, desk, ticket))


def _recordings(session: Session, desk: Desk, ticket: Ticket) -> tuple[str, ...]:
    if ticket.channel != CHANNEL:
        return ()
    query = select(Message.account, Message.recording).where(Message.ticket_id == ticket.id, Message.recording != "")
    found = session.execute(query.order_by(Message.received_at.desc()).limit(MOST)).all()
    shown = (recordings.shown(address, desk.account_or_bare(CHANNEL, account)) for account, address in found)
    return tuple(dict.fromkeys(filter(None, shown)))
