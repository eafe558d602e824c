"""What units answered, and what they gave back before: what triage learns of units from."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.tables import Case, Request, Ticket
from triage.past_cases import PastCase

AT_MOST = 4_000
"""Cases, the latest: what was long ago says little of today's units, and learning stays within a minute."""


def answered(session: Session) -> list[PastCase]:
    """The latest cases that a unit answered, in the words of their first ticket; none excluded or erased."""
    excluded = select(Request.case_id).where(Request.kind == "exclusion", Request.state == "approved")
    latest = (
        select(Case.id, Case.category, Case.lead_unit, Case.opened_at)
        .where(Case.answered_at.is_not(None), Case.lead_unit != "", Case.id.not_in(excluded))
        .order_by(Case.answered_at.desc(), Case.id)
        .limit(AT_MOST)
        .subquery()
    )
    query = select(latest, Ticket.title, Ticket.text).join(Ticket, Ticket.case_id == latest.c.id)
    returned = _returned(session)
    found: dict[str, PastCase] = {}
    query = query.where(Ticket.erased_at.is_(None))
    for case_id, category, unit, opened_at, title, text in session.execute(query.order_by(Ticket.opened_at, Ticket.id)):
        if case_id not in found:
            found[case_id] = PastCase(
                case_id, category, unit, tuple(returned[case_id]), title=title, text=text, day=opened_at.date()
            )
    return list(found.values())


def _returned(session: Session) -> defaultdict[str, list[str]]:
    """The units that gave a case back, where it was approved, by the case."""
    query = select(Request.case_id, Request.asked_by_unit).where(
        Request.kind == "return", Request.state == "approved", Request.asked_by_unit != ""
    )
    found: defaultdict[str, list[str]] = defaultdict(list)
    for case_id, unit in session.execute(query.order_by(Request.decided_at)):
        found[case_id].append(unit)
    return found
