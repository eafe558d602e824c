"""Which tickets triage is least sure of (最拿不准): the queue by the probability of the first category, lowest first.

What has no suggestion yet, or a text of no category, is what triage knows nothing of: it stands first.
"""

from __future__ import annotations

from sqlalchemy import Float, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from casework.tables import Ticket, TicketFacts
from storage.database import is_id

UNSURE = "unsure"
_SURE = func.coalesce(TicketFacts.probability, literal(0.0, Float))


def ordered(session: Session, query: Select[Ticket], after: str = "") -> Select[Ticket]:
    """The query in this order, from behind ``after``; the whole of it when that is not known."""
    joined = query.outerjoin(TicketFacts, TicketFacts.ticket_id == Ticket.id)
    if is_id(after) and session.get(Ticket, after) is not None:
        place = session.scalar(select(TicketFacts.probability).where(TicketFacts.ticket_id == after)) or 0.0
        here = (literal(place, Float), literal(after, Ticket.id.type))
        joined = joined.where(tuple_(_SURE, Ticket.id) > tuple_(*here))
    return joined.order_by(_SURE, Ticket.id)
