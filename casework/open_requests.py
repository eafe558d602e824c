"""Requests (申请) not yet decided: what an approval would give, which ones an answer ends, and taking one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from casework import deadlines, in_order, lifecycle
from casework.actors import Actor
from casework.errors import NotAllowed, RequestDecided
from casework.requests import ANSWER, kind_of
from casework.rules import of
from casework.tables import Case, Request
from district.pack import District
from district.schemas import RequestKind, Workflow

PENDING, WITHDRAWN = "pending", "withdrawn"


def lapsing(workflow: Workflow, case: Case) -> list[str]:
    """The pending requests that lapse once the case is answered, by the labels of their kinds; for a warning."""
    answers = [move for move in workflow.case.transitions if move.name == ANSWER and case.state in move.sources]
    asked = {request.kind for request in case.requests if request.state == PENDING} - {ANSWER}
    return [
        kind.label
        for kind in workflow.requests
        if kind.name in asked and any(lifecycle.ends(move, kind) for move in answers)
    ]


def may_withdraw(request: Request, kind: RequestKind, actor: Actor) -> bool:
    """Whether the actor may take the request back: his own, undecided, that holds no clock; for buttons.

    A clock that a request lets stand still would be its asker's to stop and start.
    """
    return request.state == PENDING and request.asked_by == actor.id and not kind.pauses


def withdraw(session: Session, district: District, request: Request, *, actor: Actor, now: datetime) -> Request:
    """撤回申请: its asker takes it back before it is decided; he may ask again.

    Raises ``RequestDecided`` and ``NotAllowed``.
    """
    case = request.case
    lifecycle.hold(session, case)
    now = in_order.moment(session, case, now=now)
    kind = kind_of(of(session, district, case).workflow, request.kind)
    if request.state != PENDING:
        raise RequestDecided(request.id, request.state)
    if not may_withdraw(request, kind, actor):
        own = request.asked_by == actor.id
        why = "等待审批期间已停表，由审批人决定" if own else "只有提出申请的人可以撤回"
        raise NotAllowed(f"撤回{kind.label}申请", why)
    request.state, request.decided_at = WITHDRAWN, now
    lifecycle.note(session, f"withdraw_{kind.name}", f"撤回{kind.label}申请", actor=actor, now=now, case=case)
    session.flush()
    return request


@dataclass(frozen=True, slots=True)
class Extended:
    """What an extension would give: the clock's ``label``, until when it runs and until when it would."""

    label: str
    due_at: datetime
    until: datetime


def if_approved(session: Session, district: District, case: Case, kind: RequestKind) -> Extended | None:
    """What the approval of this kind would give if it came now; None where it extends no clock that runs."""
    clock = deadlines.running(case, kind.extends) if kind.extends else None
    if clock is None:
        return None
    until = deadlines.if_extended(of(session, district, case), case, clock)
    return Extended(clock.label, clock.due_at, until)
