"""催办: a resident asks again. Counted on his ticket, shown to the unit; too many are told to the supervisors."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.actors import DESK, SYSTEM, Actor
from casework.conversation import ANSWERED, still_open
from casework.dialogue import keeping
from casework.errors import NotAllowed, WrongState
from casework.lifecycle import note
from casework.self_service_errors import UrgedLately
from casework.tables import Step, Ticket
from casework.telling import notify, say
from district.pack import District
from district.schemas import Role
from storage import change_log
from storage.database import new_id
from storage.deliveries import Delivery

RECORDS = DESK | {Role.CALLBACK_AGENT}
"""Who writes an urging down that came by telephone."""

AT_ONCE = timedelta(minutes=1)
"""Urgings of one matter that come closer together than this are one to whoever hears of them."""


def urge(
    session: Session, district: District, ticket: Ticket, text: str, *, purpose: str, actor: Actor, now: datetime
) -> None:
    """Count one urging; the unit is told, and the resident hears that it was, once for the ``purpose``.

    One within ``AT_ONCE`` of the last is counted and said to nobody: it was told a moment ago.
    With the pack's ``urgings_escalate_at`` the supervisors are told, this once: more are counted and shown.
    """
    ticket.urgings += 1
    case = ticket.case
    lately = _answered_lately(session, ticket, now=now)
    note(session, "urge", "催办", actor=actor, now=now, ticket=ticket, case=case, text=text)
    if case is not None and case.lead_unit and ticket.state not in ANSWERED and not lately:
        notify(session, district, "unit", "resident_urged", now=now, case=case, unit=case.lead_unit)
    count = {"count": str(ticket.urgings)}
    if ticket.urgings == district.callback.urgings_escalate_at:
        note(session, "escalate_urging", "多次催办，已报督办", actor=SYSTEM, now=now, ticket=ticket, case=case)
        notify(session, district, "supervisor", "urging_escalated", now=now, case=case, ticket=ticket, fields=count)
    if lately or keeping.has_agent(session, ticket.channel, ticket.account, ticket.sender):
        return  # he has just heard it; or a person speaks to him, and reads it
    say(session, district, ticket, "urging_noted", purpose=f"urging:{purpose}", now=now, fields=count)


def _answered_lately(session: Session, ticket: Ticket, *, now: datetime) -> bool:
    said = select(Delivery.id).where(
        Delivery.ticket_id == ticket.id, Delivery.template == "urging_noted", Delivery.created_at > now - AT_ONCE
    )
    return session.scalar(said.limit(1)) is not None


def by_himself(session: Session, district: District, ticket: Ticket, *, now: datetime) -> None:
    """An urging on the ticket's own page.

    Raises ``UrgedLately`` within the pack's ``urge_hours`` of the last one, by whatever channel that came, and
    ``WrongState`` when the matter is answered or over.
    """
    if not still_open(session, ticket) or ticket.state in ANSWERED:
        raise WrongState("催办", ticket.state, district.workflow.ticket.states[ticket.state])
    again_at = may_urge_from(session, district, ticket)
    if again_at is not None and again_at > now:
        raise UrgedLately(again_at)
    himself = Actor(ticket.resident_id, "居民本人", Role.RESIDENT)
    urge(session, district, ticket, "在查询页面催办", purpose=new_id(), actor=himself, now=now)
    change_log.record(session, "tickets", ticket.id, "urged", now=now)


def may_urge_from(session: Session, district: District, ticket: Ticket) -> datetime | None:
    """From when on he may urge on the page again; None where he never urged."""
    last = session.scalar(select(func.max(Step.at)).where(Step.ticket_id == ticket.id, Step.move == "urge"))
    return last + timedelta(hours=district.self_service.urge_hours) if last is not None else None


def record(session: Session, district: District, ticket: Ticket, text: str, *, actor: Actor, now: datetime) -> None:
    """An urging by telephone or at the counter. Raises ``NotAllowed``, and ``WrongState`` when the matter is over."""
    if actor.role not in RECORDS:
        raise NotAllowed("记录催办", "由热线和派单人员记录")
    if not still_open(session, ticket):
        raise WrongState("催办", ticket.state, district.workflow.ticket.states[ticket.state])
    urge(session, district, ticket, text, purpose=new_id(), actor=actor, now=now)
    change_log.record(session, "tickets", ticket.id, "urged", now=now)
