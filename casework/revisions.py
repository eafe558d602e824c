"""A later wording of a message that is on a ticket: an edited chat message, a corrected transcript.

It belongs to the matter of the first wording, whatever it says now, and takes that one's place in the ticket's text.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.actors import SYSTEM
from casework.lifecycle import note
from casework.message_rows import words_of
from casework.message_tables import Message
from casework.tables import Ticket
from casework.telling import has_line_back, notify
from casework.tickets import UNDECIDED_STATES
from channels.message import InboundMessage
from district.pack import District


def earlier(session: Session, message: InboundMessage) -> Message | None:
    """The wording before this one that is on a ticket. None: it is news to us.

    Who writes to us himself rewords only what he wrote. A call or a record is worded by the house's own machines, which
    may correct the number it came from, too.
    """
    if not message.revises:
        return None
    wordings = (
        select(Message)
        .where(
            Message.channel == message.channel,
            Message.account == message.account,
            Message.external_id == message.revises,
            Message.ticket_id.is_not(None),
        )
        .order_by(Message.received_at.desc(), Message.id.desc())
    )
    if has_line_back(message.channel):
        wordings = wordings.where(Message.sender == message.sender.id[:320])
    return session.scalar(wordings.limit(1))


def revise(
    session: Session,
    district: District,
    ticket: Ticket,
    before: Message,
    message: InboundMessage,
    *,
    still_open: bool,
    now: datetime,
) -> None:
    """Put the new words where the old ones stand; a ticket that is over keeps its text, and the words on record."""
    old, new = words_of(before.text, before.place.get("label", "")), words_of(message.text, _label(message))
    if old == new:
        return
    ticket.last_message_at = now
    note(session, "revise", "诉求人更正消息", actor=SYSTEM, now=now, ticket=ticket, case=ticket.case, text=new)
    if not still_open:
        return
    ticket.text = in_place_of(ticket.text, old, new)
    if ticket.state in UNDECIDED_STATES:
        ticket.assessed_at = None  # the whole text is judged again
    elif ticket.case is not None:
        unit = ticket.case.lead_unit
        notify(session, district, "unit" if unit else "desk", "resident_added", now=now, case=ticket.case, unit=unit)


def _label(message: InboundMessage) -> str:
    return message.place.label if message.place else ""


def in_place_of(text: str, old: str, new: str) -> str:
    """With ``new`` where ``old`` last stood as whole lines; at the end where it does not stand any more."""
    lines, wanted = text.split("\n"), old.split("\n")
    for at in range(len(lines) - len(wanted), -1, -1):
        if old and lines[at : at + len(wanted)] == wanted:
            return "\n".join([*lines[:at], *new.split("\n"), *lines[at + len(wanted) :]]).strip()
    return f"{text}\n{new}".strip()
