"""撤回: what was just done with a ticket is told on the next page, with the way to undo it for ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from api.auth import Visitor
from api.desk import Desk
from casework import lifecycle, tickets
from casework.actors import Actor
from casework.errors import UnknownTicket
from casework.tables import Step, Ticket

UNDO = timedelta(seconds=10)
"""So long the notice offers to undo; what can be undone later is undone on the page of the case."""
TOLD = timedelta(minutes=5)
"""An address that is kept and opened later tells of nothing."""
RECALLED = "采纳后撤回，重新研判"
TAKEN_BACK = {
    lifecycle.RECALL: "已撤回派单，工单回到待处理，等待重新派单：",
    "split_off": "已撤回并单，工单回到待处理，等待派单：",
}
"""What is told of the steps that take another back. The case stands, so its ticket is not as it was before."""


@dataclass(frozen=True, slots=True)
class DoneNotice:
    """``undo`` is where the act is taken back, empty where it cannot be; ``left`` the seconds for it."""

    sentence: str
    number: str
    undo: str = ""
    left: int = 0
    text: str = ""


def of(session: Session, desk: Desk, who: Visitor, key: str) -> DoneNotice | None:
    """What the visitor just did with this ticket; None without a ticket, or where he did nothing of late."""
    if not key:
        return None
    try:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
    except UnknownTicket:
        return None
    step = _last(session, ticket, who.actor)
    now = desk.now()
    if step is None or step.at < now - TOLD:
        return None
    left = max(0, int((step.at + UNDO - now).total_seconds()))
    sentence, undo = _told(session, desk, ticket, step, who.actor)
    return DoneNotice(sentence, ticket.number, undo if left else "", left, RECALLED)


def _last(session: Session, ticket: Ticket, actor: Actor) -> Step | None:
    of_it = Step.ticket_id == ticket.id
    if ticket.case_id is not None:
        of_it = or_(of_it, Step.case_id == ticket.case_id)
    query = select(Step).where(of_it, Step.actor == actor.id).order_by(Step.id.desc()).limit(1)
    return session.scalar(query)


def _told(session: Session, desk: Desk, ticket: Ticket, step: Step, actor: Actor) -> tuple[str, str]:
    """The sentence, and where it is undone."""
    case = ticket.case
    if step.move in ("split", "unsplit"):
        undo = f"/tickets/{ticket.number}/undo-split" if step.move == "split" else ""
        return ("已拆分：" if step.move == "split" else "已并回："), undo
    if step.move in TAKEN_BACK:
        return TAKEN_BACK[step.move], ""
    if case is None or step.move in ("answer_directly", "reject", "withdraw"):
        return f"已{step.label}：", ""
    if step.move == "merge":
        return f"已并入办件 {case.number}：", f"/tickets/{ticket.number}/undo-merge"
    recalls = any(move.name == lifecycle.RECALL for move in lifecycle.case_moves(session, desk.district, case, actor))
    lead = desk.district.units.get(case.lead_unit).name if case.lead_unit else ""
    return (f"已派给{lead}：" if lead else "已立案，等待派单："), f"/cases/{case.number}/do/recall" if recalls else ""
