"""Putting what triage proposes on a ticket, beside what a person has already decided about it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import alarms
from casework.tables import Correction, Ticket
from district.schemas import OTHER
from triage.assessment import Assessment


def corrected(session: Session, ticket: Ticket) -> frozenset[str]:
    """Fields of the ticket that a person set otherwise than triage; there are none before its first suggestion."""
    if not ticket.suggestion:
        return frozenset()
    return frozenset(session.scalars(select(Correction.field).where(Correction.ticket_id == ticket.id)))


def take_over(ticket: Ticket, assessment: Assessment, kept: frozenset[str], *, stated: str = "") -> bool:
    """Put the suggestion's values on the ticket but for the ``kept`` fields.

    ``stated`` is the category that a person at the city's platform chose: it is taken, and where triage thinks
    otherwise a person looks at it.

    Return whether it shows an emergency that nobody was told of. What was once called urgent is made less so by a
    person only; and a request keeps its type where a later judgement finds it to be of none (补充：是二单元).
    """
    ticket.suggestion = assessment.as_json()
    ticket.street, ticket.community = assessment.street, assessment.community
    ticket.needs_review = assessment.decision == "review"
    if "category" not in kept:
        proposed = assessment.category[0].code if assessment.category else ""
        ticket.category = stated or proposed
        if stated and stated != proposed:
            why = "市平台给出的分类与研判不一致，请人工确认"
            ticket.suggestion = ticket.suggestion | {"decision": "review", "why": why}
            ticket.needs_review = True
    if "request_type" not in kept and (not ticket.request_type or assessment.request_type.value != OTHER):
        ticket.request_type = assessment.request_type.value
    level = assessment.urgency.level
    if "urgency" in kept or alarms.RANKS[level] <= alarms.RANKS[ticket.urgency]:
        return False
    ticket.urgency = level
    return level == alarms.EMERGENCY
