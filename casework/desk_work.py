"""What an agent or dispatcher does with a ticket: take the suggestion over, answer at once, refuse, withdraw."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from casework import dispatch, facts
from casework.actors import NOTHING, SYSTEM, Actor, Given
from casework.errors import NotAllowed, WrongState
from casework.lifecycle import move_case, move_ticket
from casework.tables import Case, Step, Ticket
from district.pack import District
from district.schemas import Role


def accept(
    session: Session,
    district: District,
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    category: str = "",
    unit: str = "",
    request_type: str = "",
    urgency: str = "",
    reason: str = "",
    dispatch_now: bool = True,
) -> Case:
    """Accept the suggestion, corrected or not, and file the ticket (采纳). A dispatcher dispatches in the same act.

    A ticket that is on a case already (an emergency's) keeps it. Raises as ``open_case`` and ``dispatch`` do.
    """
    if ticket.state not in ("assessed", "received") and ticket.case is None:
        raise WrongState("采纳", ticket.state, district.workflow.ticket.states.get(ticket.state, ticket.state))
    dispatch.accept(
        session,
        district,
        ticket,
        actor=actor,
        now=now,
        category=category,
        unit=unit,
        request_type=request_type,
        urgency=urgency,
    )
    case = ticket.case
    if case is None:
        if ticket.state == "received":
            move_ticket(session, district, ticket, "assess", actor=SYSTEM, now=now)
        case = dispatch.open_case(session, district, ticket, actor=actor, now=now)
    elif case.state == "open":
        case.category, case.request_type, case.urgency = ticket.category, ticket.request_type, ticket.urgency
    may_dispatch = actor.role in (Role.DISPATCHER, Role.SUPERVISOR)
    if dispatch_now and may_dispatch and case.state == "open" and ticket.unit:
        given = Given(reason=reason, text=reason)
        dispatch.dispatch(session, district, case, ticket.unit, actor=actor, now=now, given=given)
    facts.refresh(session, district, ticket, now=now)
    return case


def correct(
    session: Session,
    district: District,
    ticket: Ticket,
    *,
    actor: Actor,
    now: datetime,
    category: str = "",
    unit: str = "",
    request_type: str = "",
) -> None:
    """Correct a suggestion without filing. Raises ``NotAllowed`` for other roles than the desk's."""
    if actor.role not in (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR):
        raise NotAllowed("更正研判", "您的角色没有这项权限")
    dispatch.accept(
        session, district, ticket, actor=actor, now=now, category=category, unit=unit, request_type=request_type
    )


def move(
    session: Session,
    district: District,
    ticket: Ticket,
    name: str,
    *,
    actor: Actor,
    now: datetime,
    given: Given = NOTHING,
) -> Step:
    """Make a move of a ticket's life on a person's word; a direct answer is kept as the ticket's answer.

    When the last open ticket of a case is withdrawn, nothing is left to handle and the case is closed.
    """
    if name == "answer_directly":
        ticket.answer, ticket.told_at = given.text, now
    step = move_ticket(session, district, ticket, name, actor=actor, now=now, given=given)
    case = ticket.case
    final = district.workflow.ticket.final
    if (
        case is not None
        and case.state not in district.workflow.case.final
        and all(t.state in final for t in case.tickets)
    ):
        move_case(session, district, case, "close", actor=SYSTEM, now=now)
    return step
