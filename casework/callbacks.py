"""Callback (回访): after the answer each resident is asked; what he says closes his ticket or starts rework (重办)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from casework import city_deadlines, claims, facts, in_order, rules
from casework.actors import SYSTEM, UNIT_ROLES, Actor, CallbackResult, Given
from casework.calling_tables import QuestionnaireSent
from casework.desk_tables import TicketClaim
from casework.dispatch import ask_anew
from casework.errors import NeedMissing, OwnCallback, WrongState
from casework.holding import hold_ticket
from casework.lifecycle import check_ticket_move, move_case, move_ticket, note
from casework.tables import Callback, Case, CaseUnit, Request, Step, Ticket
from casework.telling import in_line
from district.pack import District
from district.schemas import Workflow
from storage import deliveries

CALLABLE = ("told", "answered_directly")
"""States of a ticket whose resident may be asked: told of his case's answer, or answered on the spot and drawn."""
TO_CALL = Ticket.state.in_(CALLABLE)
ON_THE_SPOT = "answer_directly"
SATISFACTION = ("satisfied", "basically_satisfied", "dissatisfied")


def to_call(session: Session, *, limit: int = 100) -> Sequence[Ticket]:
    """Tickets whose residents wait to be called back, the longest told first."""
    query = select(Ticket).where(TO_CALL).order_by(Ticket.told_at).limit(limit)
    return list(session.scalars(query))


def round_of(ticket: Ticket) -> int:
    """Which round of asking the ticket is in: 1, and one more after each rework."""
    return (ticket.case.reworks if ticket.case else 0) + 1


def own(district: District, actor: Actor) -> ColumnElement[bool]:
    """Whether the matter of a ticket was the actor's, so that he may not call back about it.

    He answered it, on the spot or for a unit; he acted on its case for a unit, whatever his role is now; or his unit,
    or one below it, has a part in the case.
    """
    roles = [str(role) for role in UNIT_ROLES]
    move = Step.move.concat("")  # by the index of moves SQLite looks through every answer on the spot for each ticket
    his = or_(
        exists().where(Step.ticket_id == Ticket.id, move == ON_THE_SPOT, Step.actor == actor.id),
        exists().where(Step.case_id == Ticket.case_id, Step.actor == actor.id, Step.role.in_(roles)),
        Ticket.case.has(Case.answered_by == actor.id),
    )
    if not actor.unit:
        return his
    below = district.units.descendants(actor.unit)
    return his | exists().where(CaseUnit.case_id == Ticket.case_id, CaseUnit.unit.in_(below))


def is_own(session: Session, district: District, ticket: Ticket, actor: Actor) -> bool:
    """Whether this ticket's was."""
    return session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, own(district, actor))) is not None


def _check_not_own(session: Session, district: District, ticket: Ticket, actor: Actor) -> None:
    if is_own(session, district, ticket, actor):
        raise OwnCallback(ticket.case.number if ticket.case is not None else ticket.number)


def claim(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> TicketClaim:
    """Have a resident to oneself while one calls him (领单).

    Raises ``NotAllowed``, ``OwnCallback``, ``WrongState``, ``ClaimedByOther`` and ``CaseChanged``.
    """
    hold_ticket(session, ticket)
    check_ticket_move(session, district, ticket, "call_back", actor)
    _check_not_own(session, district, ticket, actor)
    return claims.take(session, ticket, minutes=district.callback.claim_minutes, actor=actor, now=now)


def attempts(session: Session, ticket: Ticket) -> Sequence[Callback]:
    """All attempts at this ticket, oldest first."""
    return list(session.scalars(select(Callback).where(Callback.ticket_id == ticket.id).order_by(Callback.at)))


def record(
    session: Session, district: District, ticket: Ticket, result: CallbackResult, *, actor: Actor, now: datetime
) -> Callback:
    """Record one attempt and do what follows: close, rework, or wait for the next attempt.

    The resident is unreachable after the workflow's number of attempts at different hours; his ticket is closed as
    such and counts in no rate. Raises ``NotAllowed``, ``OwnCallback``, ``WrongState``, ``NeedMissing``,
    ``ClaimedByOther`` and ``CaseChanged``.
    """
    hold_ticket(session, ticket)
    now = in_order.moment(session, ticket.case, ticket=ticket, now=now)
    _check(session, district, ticket, result, actor)
    claims.check(session, ticket, actor, now=now)
    claims.drop(session, ticket)
    callback = Callback(
        ticket_id=ticket.id,
        round=round_of(ticket),
        at=now,
        by=actor.id,
        reached=result.reached,
        contacted=result.contacted,
        resolved=result.resolved,
        satisfaction=result.satisfaction,
        text=result.text,
    )
    session.add(callback)
    session.flush()
    if not result.reached:
        note(session, "callback_missed", "回访未接通", actor=actor, now=now, ticket=ticket)
        if (
            _hours_tried(session, district, ticket, callback.round)
            >= _rules(session, district, ticket).callback_attempts
        ):
            _close(session, district, ticket, result, "unreachable", actor=actor, now=now)
        return callback
    _ask_no_more(session, ticket, now=now)
    deliveries.mark_told(session, ticket.id, now=now)  # he was read what could not be written to him
    if result.resolved is False and _rework_is_due(session, district, ticket):
        _send_back(session, district, ticket, result, now=now)
    else:
        _close(session, district, ticket, result, "callback", actor=actor, now=now)
    return callback


def _check(session: Session, district: District, ticket: Ticket, result: CallbackResult, actor: Actor) -> None:
    check_ticket_move(session, district, ticket, "call_back", actor)
    _check_not_own(session, district, ticket, actor)
    if result.reached and (result.resolved is None or result.satisfaction not in SATISFACTION):
        raise NeedMissing("回访", "callback")


def _ask_no_more(session: Session, ticket: Ticket, *, now: datetime) -> None:
    """A questionnaire that still waits for his reply is over."""
    waiting = (QuestionnaireSent.ticket_id == ticket.id, QuestionnaireSent.state == "open")
    session.execute(update(QuestionnaireSent).where(*waiting).values(state="over", ended_at=now))


def _rules(session: Session, district: District, ticket: Ticket) -> Workflow:
    book = rules.of(session, district, ticket.case) if ticket.case is not None else rules.today(district)
    return book.workflow


def _hours_tried(session: Session, district: District, ticket: Ticket, in_round: int) -> int:
    zone = district.calendars.zone
    missed = select(Callback.at).where(
        Callback.ticket_id == ticket.id, Callback.round == in_round, Callback.reached.is_(False)
    )
    return district.callback.counted([at.astimezone(zone) for at in session.scalars(missed)])


def _rework_is_due(session: Session, district: District, ticket: Ticket) -> bool:
    """The pack's rule: any reporter of a small case, more than a share of a mass event's reporters."""
    case = ticket.case
    if case is None:
        return False
    workflow = _rules(session, district, ticket)
    if case.reworks >= workflow.rework_at_most or case.state != "answered":
        return False
    reporters = sum(other.state != "withdrawn" for other in case.tickets)
    if reporters <= workflow.mass_event_reporters:
        return True
    unresolved = session.scalar(
        select(func.count(func.distinct(Callback.ticket_id))).where(
            Callback.ticket_id.in_([other.id for other in case.tickets]),
            Callback.round == case.reworks + 1,
            Callback.resolved.is_(False),
        )
    )
    return (unresolved or 0) > workflow.mass_event_share * reporters


def _send_back(session: Session, district: District, ticket: Ticket, result: CallbackResult, *, now: datetime) -> None:
    case = ticket.case
    if case is None:
        return
    given = Given(text=result.text or "居民反映问题未解决", callback=result)
    rework(session, district, case, actor=SYSTEM, now=now, given=given)


def rework(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """重办: the case goes back to its unit with a new deadline; tickets that wait for their callback go with it."""
    step = move_case(session, district, case, "rework", actor=actor, now=now, given=given, approved=approved)
    case.reworks += 1
    case.answered_at = None
    ask_anew(case)
    city_deadlines.renew(session, district, case)
    for ticket in in_line(case.tickets):
        if ticket.state == "told":
            move_ticket(session, district, ticket, "reopen", actor=SYSTEM, now=now, given=given)
        facts.refresh(session, district, ticket, now=now)
    return step


def reopen(
    session: Session,
    district: District,
    case: Case,
    *,
    actor: Actor,
    now: datetime,
    given: Given,
    approved: Request | None = None,
) -> Step:
    """重开: a closed case goes back to its unit. Residents who were not content wait for a new answer and callback.

    Whoever called his matter resolved keeps his closed ticket, unless everybody did: then all are opened anew. Who
    asked for it himself is one of those not content, whatever he had said before.
    """
    closed = [ticket for ticket in case.tickets if ticket.state == "closed"]
    if not closed:
        raise WrongState("重开", case.state, "诉求均已撤回")
    step = move_case(session, district, case, "reopen", actor=actor, now=now, given=given, approved=approved)
    case.reworks += 1
    case.answered_at = None
    ask_anew(case)
    city_deadlines.renew(session, district, case)  # for the facts that the moves write
    # His request is approved by its decision, or by the move of somebody who needs no approval.
    asked_by = {each.asked_by for each in case.requests if each.state == "approved" and each.decided_at == now}
    discontent = [each for each in closed if each.resident_id in asked_by or not _was_resolved(session, each)]
    for ticket in in_line(discontent or closed):
        move_ticket(session, district, ticket, "reopen", actor=SYSTEM, now=now, given=given)
    city_deadlines.renew(session, district, case)
    return step


def _was_resolved(session: Session, ticket: Ticket) -> bool:
    tries = attempts(session, ticket)
    return bool(tries and tries[-1].resolved)


def _close(
    session: Session,
    district: District,
    ticket: Ticket,
    result: CallbackResult,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    ticket.close_reason = reason
    move_ticket(session, district, ticket, "call_back", actor=actor, now=now, given=Given(callback=result))
    case = ticket.case
    if case is None or case.state != "answered":
        return
    session.flush()
    if all(other.state in district.workflow.ticket.final for other in case.tickets):
        move_case(session, district, case, "close", actor=SYSTEM, now=now)
