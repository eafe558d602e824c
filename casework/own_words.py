"""What a resident told us himself, in the order he told it: the words of his ticket with what he added, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from casework.message_rows import words_of
from casework.message_tables import Message
from casework.tables import Ticket


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a ticket and when they came."""

    at: datetime
    text: str


def said(ticket: Ticket, messages: Sequence[Message]) -> list[Said]:
    """The ticket's text, cut where later messages joined it. ``messages`` are its conversation, oldest first.

    It is the ticket's text that is told, which follows corrections and what was split off, not the messages.
    """
    left, added = ticket.text, list[Said]()
    for message in reversed(messages[1:]):
        words = words_of(message.text, message.place.get("label", ""))
        if words and left.endswith(f"\n{words}"):
            left = left.removesuffix(f"\n{words}")
            added.append(Said(message.received_at, words))
    return [Said(ticket.opened_at, left), *reversed(added)] if left else []


def files(messages: Sequence[Message]) -> int:
    """How many photos and other files he sent along; pictures of a letter's layout are none."""
    return sum(not each.inline for message in messages for each in message.attachments)
