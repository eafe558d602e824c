"""恶意骚扰来电: a caller is marked with evidence and another's approval, for a term, and never cut off.

An agent proposes it with his words and tickets of the caller that show it; a supervisor decides. While the mark is in
force the caller's new tickets say so, stand last in the queue and are dispatched by nobody but a person. They are taken
in like anybody's, and an emergency of his goes the way of every emergency.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.orm import Session, selectinload

from casework import recording
from casework.actors import Actor
from casework.calling_errors import (
    AlreadyMarked,
    MarkNotWaiting,
    MarkTooLong,
    NotHisTicket,
    TooLittleEvidence,
    UnknownMark,
)
from casework.calling_tables import CallerMark, CallerMarkEvidence
from casework.errors import NeedMissing, NotAllowed
from casework.resident_tables import Resident
from casework.tables import Ticket
from casework.telling import notify
from casework.tickets import UNDECIDED_STATES
from district.pack import District
from district.schemas import Role
from storage.database import is_id, new_id
from storage.statements import table_of

WHAT = "标记恶意骚扰来电"
PROPOSES = frozenset({Role.AGENT, Role.DISPATCHER})
DECIDES = frozenset({Role.SUPERVISOR})
SEES = PROPOSES | DECIDES | {Role.AUDITOR}

_MARKS, _EVIDENCE, _TICKETS = map(table_of, (CallerMark, CallerMarkEvidence, Ticket))
_IN_FORCE = (
    select(_MARKS.c.id)
    .join(_EVIDENCE, _EVIDENCE.c.mark_id == _MARKS.c.id)
    .join(_TICKETS, _TICKETS.c.id == _EVIDENCE.c.ticket_id)
    .where(
        _MARKS.c.state == "active",
        _MARKS.c.until > bindparam("at"),
        _TICKETS.c.resident_id == bindparam("of_resident"),
    )
    .limit(1)
)
"""A mark is of whoever the tickets that show why are of: it goes with them where two residents turn out to be one."""


def is_marked(session: Session, resident_id: str, *, now: datetime) -> bool:
    """Whether a mark is in force on him: asked of every matter that comes from somebody known."""
    found = session.connection().execute(_IN_FORCE, {"of_resident": resident_id, "at": now})
    return found.scalar_one_or_none() is not None


def propose(
    session: Session,
    district: District,
    tickets: Sequence[Ticket],
    *,
    text: str,
    actor: Actor,
    now: datetime,
    days: int = 0,
) -> CallerMark:
    """Propose to mark the resident of these tickets, which are the evidence; ``days`` 0: as long as the pack allows.

    Raises ``NotAllowed``, ``NeedMissing`` without words, ``TooLittleEvidence``, ``NotHisTicket``, ``MarkTooLong`` and
    ``AlreadyMarked``.
    """
    rules = district.callback.marks
    if actor.role not in PROPOSES:
        raise NotAllowed(WHAT, "由坐席或派单员提出，督办批准")
    if not text.strip():
        raise NeedMissing(WHAT, "text")
    evidence = {ticket.id: ticket for ticket in tickets}
    if len(evidence) < rules.evidence:
        raise TooLittleEvidence(len(evidence), rules.evidence)
    resident_id = tickets[0].resident_id
    for ticket in evidence.values():
        if ticket.resident_id != resident_id:
            raise NotHisTicket(ticket.number)
    wanted = days or rules.days
    if not 0 < wanted <= rules.days:
        raise MarkTooLong(wanted, rules.days)
    _hold(session, resident_id)
    if _standing(session, resident_id, now=now):
        raise AlreadyMarked
    mark = CallerMark(
        id=new_id(),
        resident_id=resident_id,
        state="proposed",
        text=text.strip(),
        days=wanted,
        proposed_by=actor.id,
        proposed_by_name=actor.name,
        proposed_at=now,
        evidence=[CallerMarkEvidence(ticket_id=key) for key in sorted(evidence)],
    )
    session.add(mark)
    session.flush()
    _put_on_record(session, mark, "propose_mark", actor, now=now)
    notify(session, district, "supervisor", "mark_proposed", now=now, ticket=tickets[0])
    return mark


def decide(
    session: Session, mark: CallerMark, *, approve: bool, text: str = "", actor: Actor, now: datetime
) -> CallerMark:
    """Approve: the mark is in force from now for its days. Or refuse, with a reason.

    Raises ``NotAllowed``, ``MarkNotWaiting`` and ``NeedMissing``.
    """
    _check_decides(mark, actor)
    _hold(session, mark.resident_id)
    session.refresh(mark)
    if mark.state != "proposed":
        raise MarkNotWaiting
    if not approve and not text.strip():
        raise NeedMissing(WHAT, "text")
    mark.state = "active" if approve else "refused"
    mark.decided_by, mark.decided_at, mark.decision = actor.id, now, text.strip()
    mark.until = now + timedelta(days=mark.days) if approve else None
    _put_on_record(session, mark, "approve_mark" if approve else "refuse_mark", actor, now=now)
    return mark


def lift(session: Session, mark: CallerMark, *, text: str, actor: Actor, now: datetime) -> CallerMark:
    """End a mark before its time; what of his still waits for the desk waits like anybody's again.

    Raises ``NotAllowed``, ``MarkNotWaiting`` for one that is not in force, and ``NeedMissing`` without a reason.
    """
    if actor.role not in DECIDES:
        raise NotAllowed(WHAT, "由督办批准和解除")
    if not text.strip():
        raise NeedMissing("解除标记", "text")
    _hold(session, mark.resident_id)
    session.refresh(mark)
    if not in_force(mark, now=now):
        raise MarkNotWaiting
    mark.state, mark.lifted_by, mark.lifted_at, mark.lift_reason = "lifted", actor.id, now, text.strip()
    his = {each.ticket.resident_id for each in mark.evidence}
    waiting = (Ticket.resident_id.in_(his), Ticket.caller_marked, Ticket.state.in_(UNDECIDED_STATES))
    for ticket in session.scalars(select(Ticket).where(*waiting)):
        ticket.caller_marked = False
    _put_on_record(session, mark, "lift_mark", actor, now=now)
    return mark


def in_force(mark: CallerMark, *, now: datetime) -> bool:
    """Whether the mark is approved and its term not over: it ends by itself."""
    return mark.state == "active" and mark.until is not None and mark.until > now


def get(session: Session, key: str, actor: Actor) -> CallerMark:
    """The mark. Raises ``NotAllowed`` and ``UnknownMark``."""
    check_may_see(actor)
    found = session.get(CallerMark, key) if is_id(key) else None
    if found is None:
        raise UnknownMark(key)
    return found


def check_may_see(actor: Actor) -> None:
    """Raises ``NotAllowed``."""
    if actor.role not in SEES:
        raise NotAllowed(WHAT, "您的角色没有这项权限")


def listed(session: Session, actor: Actor, *, after: str = "", limit: int = 50) -> tuple[Sequence[CallerMark], str]:
    """All marks, the newest first, and the cursor of the next page. Raises ``NotAllowed``."""
    check_may_see(actor)
    query = select(CallerMark).order_by(CallerMark.id.desc()).limit(limit + 1)
    if after:
        query = query.where(CallerMark.id < after)
    query = query.options(selectinload(CallerMark.evidence).selectinload(CallerMarkEvidence.ticket))
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else ""


def of_resident(session: Session, resident_id: str, *, now: datetime) -> CallerMark | None:
    """The mark in force on him, or the one that waits to be decided."""
    return session.scalar(_standing_marks(resident_id, now=now).order_by(CallerMark.id.desc()).limit(1))


def _standing_marks(resident_id: str, *, now: datetime) -> Select[CallerMark]:
    counts = or_(CallerMark.state == "proposed", and_(CallerMark.state == "active", CallerMark.until > now))
    his = CallerMark.evidence.any(CallerMarkEvidence.ticket.has(Ticket.resident_id == resident_id))
    return select(CallerMark).where(counts, his)


def _standing(session: Session, resident_id: str, *, now: datetime) -> bool:
    return of_resident(session, resident_id, now=now) is not None


def _check_decides(mark: CallerMark, actor: Actor) -> None:
    if actor.role not in DECIDES:
        raise NotAllowed(WHAT, "由督办批准和解除")
    if actor.id == mark.proposed_by:
        raise NotAllowed(WHAT, "不能审批自己提出的申请")


def _hold(session: Session, resident_id: str) -> None:
    """Marks of one person take turns; SQLite's writers do anyhow."""
    session.get_one(Resident, resident_id, with_for_update=True)


def _put_on_record(session: Session, mark: CallerMark, act: str, actor: Actor, *, now: datetime) -> None:
    session.flush()
    recording.record(
        session,
        actor,
        act,
        "caller_mark",
        mark.id,
        now=now,
        topic="caller_marks",
        details={"days": str(mark.days), "tickets": str(len(mark.evidence))},
    )
