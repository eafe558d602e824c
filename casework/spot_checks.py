"""Review of what the desk dispatched by itself (自动派单抽查): a person says whether it was right.

The sample waits beside the desk's queue and holds up no case. What was wrong is recalled where no unit has signed it
yet, so that the dispatcher corrects and dispatches it as any other; later the way is a return or arbitration.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework import acts, automatic, judgements, lifecycle
from casework.actors import Actor, Given
from casework.errors import NotAllowed, NothingToReview
from casework.holding import hold_ticket
from casework.judgements import AUTOMATIC, OPEN, RIGHT, TO_REVIEW, WRONG, Judgement
from casework.tables import Ticket
from district.pack import District
from district.schemas import Role

REVIEWS = frozenset({Role.DISPATCHER, Role.SUPERVISOR})
"""Who reviews: whoever could have dispatched it."""
RECALLABLE = "dispatched"
WHY = "自动派单抽查发现有误"


def count(session: Session) -> int:
    """How many wait for review."""
    return session.scalar(select(func.count(Ticket.id)).where(TO_REVIEW)) or 0


def following(session: Session, *, besides: str) -> Ticket | None:
    """The one that has waited longest, ``besides`` the one just reviewed."""
    query = select(Ticket).where(TO_REVIEW, Ticket.id != besides).order_by(Ticket.opened_at, Ticket.id).limit(1)
    return session.scalar(query)


def may_review(row: Judgement | None, actor: Actor) -> bool:
    """Whether this actor may say now whether an automatic dispatch was right; of any, drawn or not."""
    return row is not None and row.mode == AUTOMATIC and row.outcome == OPEN and actor.role in REVIEWS


def confirm(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> None:
    """It was right (确认无误). Raises ``NotAllowed`` and ``NothingToReview``."""
    _reviewed(session, district, ticket, RIGHT, actor=actor, now=now)


def reject(session: Session, district: District, ticket: Ticket, *, actor: Actor, now: datetime) -> bool:
    """It was wrong (改正). Return whether the case came back to the desk, to be corrected and dispatched anew.

    Raises ``NotAllowed`` and ``NothingToReview``.
    """
    row = _reviewed(session, district, ticket, WRONG, actor=actor, now=now)
    case = ticket.case
    if case is not None and case.state == RECALLABLE:
        acts.perform(session, district, case, "recall", actor=actor, now=now, given=Given(text=WHY))
        row.final_unit = ticket.unit = ""  # else what it is corrected to would go to the wrong unit again
    return case is not None and case.state == district.workflow.case.initial


def _reviewed(
    session: Session, district: District, ticket: Ticket, outcome: str, *, actor: Actor, now: datetime
) -> Judgement:
    if actor.role not in REVIEWS:
        raise NotAllowed("抽查自动派单", "由派单员或督办人员操作")
    hold_ticket(session, ticket)
    row = judgements.held(session, ticket.id)
    if row is None or row.mode != AUTOMATIC or row.outcome != OPEN:
        raise NothingToReview(ticket.number)
    row.outcome, row.by = outcome, actor.id
    row.decided_at = row.reviewed_at = now
    row.reviewed_by = actor.id
    move, label = ("spot_check", "自动派单抽查：无误") if outcome == RIGHT else ("spot_check_wrong", WHY)
    lifecycle.note(session, move, label, actor=actor, now=now, ticket=ticket)
    automatic.watch(session, district, [row], now=now)
    return row
