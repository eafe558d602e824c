"""Emergencies (突发): what a resident writes is looked at for them before it is taken for an urging or an addition.

The resident is told at once whom to call, the supervisors are alerted, with or without a category and a case, and
what is under way on the matter gets the clocks of an emergency.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework import deadlines, emergencies, facts, rules
from casework.actors import SYSTEM
from casework.lifecycle import hold, note
from casework.tables import Case, Ticket
from casework.telling import notify, say
from district.pack import District
from triage.assessment import Urgency
from triage.urgency import judge_of

EMERGENCY = emergencies.EMERGENCY
RANKS = {"normal": 0, "urgent": 1, EMERGENCY: 2}
CALL = "请立即拨打 110、119 或 120"
"""What is said where the sign that was found has no advice of its own."""


def look(district: District, text: str, *, title: str = "") -> Urgency:
    """How urgent the words are by the pack's signs. Pure, and a fraction of a millisecond."""
    return judge_of(district.urgency, district.examples).judge(text, title=title)


def is_strange(district: District, text: str) -> bool:
    """Whether the words are like nothing that is brought to a desk: chatter, verse, advertising."""
    return judge_of(district.urgency, district.examples).foreign(text)


def sound(
    session: Session, district: District, ticket: Ticket, urgency: Urgency, *, purpose: str, now: datetime
) -> None:
    """Advise the resident, once for the ``purpose``, and alert the staff."""
    advise(session, district, ticket, urgency, purpose=purpose, now=now)
    alert(session, district, ticket, urgency, now=now)


def advise(
    session: Session, district: District, ticket: Ticket, urgency: Urgency, *, purpose: str, now: datetime
) -> None:
    """Tell the resident whom to call, once for the ``purpose``."""
    fields = {"advice": urgency.advice or CALL}
    say(session, district, ticket, "emergency_advice", purpose=purpose, now=now, fields=fields)


def alert(session: Session, district: District, ticket: Ticket, urgency: Urgency, *, now: datetime) -> None:
    """Raise the urgency of the ticket and its case, call who is on duty; tell supervisors and the case's unit."""
    ticket.urgency = EMERGENCY
    case = ticket.case
    if case is not None:
        raise_urgency(session, district, case, EMERGENCY, now=now)
    emergencies.raise_for(session, district, ticket, now=now)
    fields = {"reason": "；".join(urgency.reasons)}
    notify(session, district, "supervisor", "supervisor_alert", now=now, case=case, ticket=ticket, fields=fields)
    if case is not None and case.lead_unit:
        unit = case.lead_unit
        notify(session, district, "unit", "supervisor_alert", now=now, case=case, unit=unit, fields=fields)


def raise_urgency(session: Session, district: District, case: Case, level: str, *, now: datetime) -> None:
    """Raise an open case to a higher level: its clocks restart by that level's column. It is never lowered here."""
    hold(session, case)
    if case.state in district.workflow.case.final or RANKS[case.urgency] >= RANKS[level]:
        return
    case.urgency = level
    deadlines.tighten(rules.of(session, district, case), case, now=now)
    note(session, "raise_urgency", "升级为突发", actor=SYSTEM, now=now, case=case, unit=case.lead_unit)
    for ticket in case.tickets:
        facts.refresh(session, district, ticket, now=now)
