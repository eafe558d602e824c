"""What an agent or dispatcher does with a ticket: take the suggestion over, answer at once, refuse, withdraw."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from casework import anonymous, automatic, city_deadlines, claims, deadlines, dispatch, events, facts, rules
from casework.actors import DESK, NOTHING, SYSTEM, Actor, Given
from casework.errors import NotAllowed, WrongState
from casework.holding import hold_all, hold_ticket
from casework.lifecycle import check_ticket_move, move_case, move_ticket, note
from casework.tables import Case, Step, Ticket
from casework.telling import notify
from casework.tickets import UNDECIDED_STATES
from district.pack import District
from district.schemas import Role, Workflow
from storage import deliveries
from triage.decision import by_returns

ENDS_IT = frozenset({"answer_directly", "bot_answer", "reject"})
ANSWERS = frozenset({"answer_directly", "bot_answer"})
"""Moves by which the desk ends a matter without any unit; a withdrawal is the resident's and says nothing of triage."""


def joinable(workflow: Workflow, case: Case) -> bool:
    """Whether a further reporter may still join the case: its answer is to come, in whatever state the pack has."""
    return case.state not in workflow.case.final and case.state != "answered"


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

    A ticket that is on a case already (an emergency's) keeps it, while nobody has the case yet. Raises
    ``NotAllowed``, ``WrongState``, ``ClaimedByOther``, and as ``open_case`` and ``dispatch`` do.
    """
    check_desk(actor, "采纳")
    hold_ticket(session, ticket)
    claims.check(session, ticket, actor, now=now)
    undispatched = ticket.case is not None and ticket.case.state == "open"
    if ticket.state not in ("assessed", "received") and not undispatched:
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
        automatic.decided(session, district, [ticket], actor=actor, now=now)
    else:
        case.category, case.request_type, case.urgency = ticket.category, ticket.request_type, ticket.urgency
        deadlines.reallow(rules.of(session, district, case), case)
    may_dispatch = actor.role in (Role.DISPATCHER, Role.SUPERVISOR)
    if dispatch_now and may_dispatch and case.state == "open" and ticket.unit:
        given = Given(text=reason or _reason_of_suggestion(ticket))
        dispatch.dispatch(session, district, case, ticket.unit, actor=actor, now=now, given=given)
    claims.drop(session, ticket)
    facts.refresh(session, district, ticket, now=now)
    return case


def _reason_of_suggestion(ticket: Ticket) -> str:
    """Why the suggestion goes against the directory, where the person took it as it was."""
    proposed = dispatch.proposed_by_returns(ticket)
    return by_returns(proposed["name"]) if proposed is not None and proposed["code"] == ticket.unit else ""


def merge(session: Session, district: District, ticket: Ticket, case: Case, *, actor: Actor, now: datetime) -> Step:
    """Hang a ticket on a case that is under way (并单); its category and type become the case's.

    Its resident is answered, called back and counted by himself. A ticket whose own case nobody has yet (an
    emergency's is opened at once) leaves it, and the empty case is closed. Raises ``NotAllowed`` for other roles than
    the desk's, ``WrongState`` for a ticket whose case is under way or a case that is over, ``ClaimedByOther``, and
    ``CaseChanged`` for a ticket that went elsewhere meanwhile.
    """
    check_desk(actor, "并单")
    hold_all(session, (case,), (ticket,))
    claims.check(session, ticket, actor, now=now)
    own = ticket.case
    if own is case or (own is not None and own.state != "open"):
        raise WrongState("并单", ticket.state, district.workflow.ticket.states[ticket.state])
    if not joinable(rules.of(session, district, case).workflow, case):
        raise WrongState("并单", case.state, district.workflow.case.states.get(case.state, case.state))
    if ticket.state == "received":
        move_ticket(session, district, ticket, "assess", actor=SYSTEM, now=now)
    ticket.category, ticket.request_type = case.category, ticket.request_type or case.request_type
    ticket.needs_review = False
    if own is None:
        dispatch.join(session, district, ticket, case, actor=actor, now=now)
    else:
        _leave(session, district, ticket, own, case, now=now)
    events.follow_case(session, district, ticket, case, actor=actor, now=now)
    claims.drop(session, ticket)
    automatic.decided(session, district, [ticket], actor=actor, now=now, unit=case.lead_unit)
    step = note(session, "merge", "并单", actor=actor, now=now, case=case, ticket=ticket, unit=case.lead_unit)
    if case.lead_unit:
        notify(session, district, "unit", "resident_added", now=now, case=case, unit=case.lead_unit)
    return step


def _leave(session: Session, district: District, ticket: Ticket, own: Case, case: Case, *, now: datetime) -> None:
    """From one case to another; a case that nobody is left on is closed."""
    ticket.case, ticket.unit = case, case.lead_unit or case.proposed_unit
    for each in (own, case):
        city_deadlines.rebind(session, district, each, ticket)
    session.flush()
    session.expire(own, ["tickets"])
    if not own.tickets:
        move_case(session, district, own, "close", actor=SYSTEM, now=now)
    facts.refresh(session, district, ticket, now=now)


def check_desk(actor: Actor, what: str) -> None:
    """Raises ``NotAllowed`` for other roles than the desk's."""
    if actor.role not in DESK:
        raise NotAllowed(what, "您的角色没有这项权限")


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
    check_desk(actor, "更正研判")
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

    A ticket answered directly is closed at once, but for the share that is drawn to be called back. When the last
    open ticket of a case is withdrawn, nothing is left to handle and the case is closed. A ticket that is filed gets a
    case of its own. Of one that waits for the desk and another has claimed, ``ClaimedByOther``.
    """
    hold_ticket(session, ticket)
    if ticket.state in UNDECIDED_STATES:
        claims.check(session, ticket, actor, now=now)
        claims.drop(session, ticket)
    if name == "file" and ticket.case is None:
        return _file(session, district, ticket, actor=actor, now=now)
    if name in ANSWERS:
        ticket.answer, ticket.told_at = given.text, now
    step = move_ticket(session, district, ticket, name, actor=actor, now=now, given=given)
    if name in ENDS_IT:
        automatic.decided(session, district, [ticket], actor=actor, now=now, is_over=True)
    if name in ANSWERS and not _is_drawn(ticket, district.workflow.direct_callback_share):
        move_ticket(session, district, ticket, "close_direct", actor=SYSTEM, now=now)
    anonymous.close(session, district, [ticket], now=now)  # drawn to be called back, and nobody to call
    case = ticket.case
    final = district.workflow.ticket.final
    if (
        case is not None
        and case.state not in district.workflow.case.final
        and all(t.state in final for t in case.tickets)
    ):
        move_case(session, district, case, "close", actor=SYSTEM, now=now)
    if case is not None and ticket.state in final:
        city_deadlines.rebind(session, district, case, ticket)
    return step


def _file(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> Step:
    """立案 by its bare name: no ticket is on a case that is not there."""
    check_ticket_move(session, district, ticket, "file", actor)
    case = dispatch.begin(session, district, ticket, now=now, since=ticket.opened_at)
    step = dispatch.join(session, district, ticket, case, actor=actor, now=now)
    note(session, "open", "立案", actor=actor, now=now, case=case, target=case.state)
    automatic.decided(session, district, [ticket], actor=actor, now=now)
    return step


def _is_drawn(ticket: Ticket, share: Decimal) -> bool:
    """Whether the ticket is of the share called back: drawn by its id, so that nobody chooses and all can check."""
    draw = int.from_bytes(hashlib.sha256(ticket.id.encode()).digest()[:4], "big")
    return draw < share * 2**32


TELLS = DESK | {Role.CALLBACK_AGENT}
"""Who tells a resident what cannot be written to him."""


def told(session: Session, ticket: Ticket, *, actor: Actor, now: datetime) -> Step | None:
    """The resident was spoken to and told all that waited for it; None when nothing did. Raises ``NotAllowed``."""
    if actor.role not in TELLS:
        raise NotAllowed("told", "由热线或派单人员告知诉求人")
    if not deliveries.mark_told(session, ticket.id, now=now):
        return None
    return note(session, "told", "已口头告知诉求人", actor=actor, now=now, ticket=ticket, case=ticket.case)
