"""追问: the desk or the unit that handles the case asks the resident something in writing; his reply joins the ticket.

Recording a first contact (``handling.contact``) is another act: it says that somebody spoke with him.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework.actors import DESK, UNIT_ROLES, Actor
from casework.errors import NeedMissing, NotAllowed, WrongState
from casework.holding import hold_ticket
from casework.lifecycle import in_unit, note
from casework.tables import Step, Ticket
from casework.telling import reports_up, say
from district.pack import District

LABEL = "向居民了解"
LONGEST = 1000
"""Characters of one question."""


def may_ask(district: District, ticket: Ticket, actor: Actor) -> bool:
    """Whether the ticket is open and its resident this actor's to ask, in writing or by a person; for buttons."""
    if ticket.state in district.workflow.ticket.final or reports_up(ticket.channel):
        return False
    if actor.role in UNIT_ROLES:
        return ticket.case is not None and in_unit(district, actor, ticket.case)
    return actor.role in DESK


def ask(session: Session, district: District, ticket: Ticket, text: str, *, actor: Actor, now: datetime) -> Step:
    """Ask the resident; who cannot be written to is asked by a person. Raises ``NeedMissing``, ``WrongState`` for a
    ticket that is over, and ``NotAllowed`` for who handles it not, and where the city's platform stands between.
    """
    hold_ticket(session, ticket)
    if ticket.state in district.workflow.ticket.final:
        raise WrongState(LABEL, ticket.state, district.workflow.ticket.states[ticket.state])
    if not may_ask(district, ticket, actor):
        raise NotAllowed(LABEL, "由热线或主办单位向诉求人了解；市平台的工单请经市平台联系")
    question = text.strip()
    if not question:
        raise NeedMissing(LABEL, "text")
    step = note(session, "ask_back", LABEL, actor=actor, now=now, ticket=ticket, case=ticket.case, text=question)
    say(session, district, ticket, "asked_back", purpose=f"asked_back:{step.id}", now=now, fields={"text": question})
    return step
