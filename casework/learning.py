"""What people corrected, as triage learns from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casework.tables import Correction, Ticket


@dataclass(frozen=True, slots=True)
class Corrected:
    """A ticket's words with the category that a person gave it."""

    title: str
    text: str
    category: str
    request_type: str


def corrected(session: Session) -> Iterator[Corrected]:
    """Tickets whose category a person set otherwise than triage; the last word counts.

    What a person let stand is not learnt from: a model would be taught its own words. Nor what was erased by law.
    """
    by_a_person = exists().where(Correction.ticket_id == Ticket.id, Correction.field == "category")
    query = select(Ticket.title, Ticket.text, Ticket.category, Ticket.request_type)
    for row in session.execute(
        query.where(by_a_person, Ticket.category != "", Ticket.erased_at.is_(None)).order_by(Ticket.id)
    ):
        yield Corrected(*row)
