"""What people decided about tickets, as triage learns from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework.tables import Correction, Step, Ticket
from district.schemas import Role

FILED = ("file", "answer_directly")
"""Moves of a ticket by which a person decides what it is about."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A ticket's words with its category; ``corrected`` where a person set it otherwise than triage."""

    title: str
    text: str
    category: str
    request_type: str
    corrected: bool


def decided(session: Session) -> Iterator[Decided]:
    """Tickets whose category a person corrected, or let stand when he filed them. The last word counts."""
    corrected = exists().where(Correction.ticket_id == Ticket.id, Correction.field == "category")
    filed = exists().where(Step.ticket_id == Ticket.id, Step.move.in_(FILED), Step.role != str(Role.SYSTEM))
    query = select(Ticket.title, Ticket.text, Ticket.category, Ticket.request_type, corrected)
    for row in session.execute(query.where(corrected | filed, Ticket.category != "").order_by(Ticket.id)):
        yield Decided(*row)
