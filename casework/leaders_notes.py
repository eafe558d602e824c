"""Leaders' notes (领导批示): what a leader wrote on a case, entered by a supervisor, shown to its units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import lifecycle
from casework.actors import Actor
from casework.errors import NeedMissing, NotAllowed
from casework.lifecycle import note
from casework.supervision_errors import NotedInFuture, NoteStands, UnknownNote
from casework.supervision_orders import may_answer, may_issue
from casework.supervision_tables import LeadersNote
from casework.tables import Case
from casework.telling import notify
from casework.tickets import sees_case
from district.pack import District
from storage.database import is_id

STATES: Mapping[str, str] = {"open": "待答复", "answered": "已答复", "withdrawn": "已撤回"}


@dataclass(frozen=True, slots=True)
class Written:
    """What the leader wrote: his name and office, the day, the words, and whether he asks for an answer."""

    leader: str
    office: str
    noted_on: date
    text: str
    asks_answer: bool


def of_case(session: Session, case: Case) -> Sequence[LeadersNote]:
    """All notes on the case, the newest first."""
    query = select(LeadersNote).where(LeadersNote.case_id == case.id)
    return list(session.scalars(query.order_by(LeadersNote.entered_at.desc(), LeadersNote.id.desc())))


def get(session: Session, district: District, key: str, actor: Actor) -> LeadersNote:
    """The note. Raises ``UnknownNote`` also for one on a case the actor may not see."""
    found = session.get(LeadersNote, key) if is_id(key) else None
    if found is None or not sees_case(session, district, found.case_id, actor):
        raise UnknownNote(key)
    return found


def enter(
    session: Session, district: District, case: Case, written: Written, *, actor: Actor, now: datetime
) -> LeadersNote:
    """Put a note on record and tell the case's units.

    It may be on any case, also on one that is over. Raises ``NotAllowed``, ``NeedMissing`` and ``NotedInFuture``.
    """
    if not may_issue(district, actor):
        raise NotAllowed("录入批示", "您的角色没有这项权限")
    lifecycle.hold(session, case)
    for name in ("leader", "office", "text"):
        if not getattr(written, name).strip():
            raise NeedMissing("录入批示", name)
    if written.noted_on > now.astimezone(district.calendars.zone).date():
        raise NotedInFuture(written.noted_on.isoformat())
    made = LeadersNote(
        case_id=case.id,
        leader=written.leader.strip(),
        office=written.office.strip(),
        noted_on=written.noted_on,
        text=written.text.strip(),
        asks_answer=written.asks_answer,
        state="open",
        entered_by=actor.id,
        entered_by_name=actor.name,
        entered_at=now,
    )
    session.add(made)
    session.flush()
    note(session, "leaders_note", f"领导批示（{_who(made)}）", actor=actor, now=now, case=case, text=made.text)
    fields = {"leader": _who(made), "text": made.text}
    for unit in sorted({part.unit for part in case.units}):
        notify(session, district, "unit", "leaders_note", now=now, case=case, unit=unit, fields=fields)
    return made


def answer(
    session: Session, district: District, found: LeadersNote, *, text: str, actor: Actor, now: datetime
) -> LeadersNote:
    """The unit answers a note that asks for it; the supervisors are told.

    Raises ``NotAllowed``, ``NoteStands`` and ``NeedMissing``.
    """
    lifecycle.hold(session, found.case)
    session.refresh(found)
    if not may_answer(district, found.case, actor):
        raise NotAllowed("答复批示", "由主办单位负责人操作")
    if found.state != "open" or not found.asks_answer:
        raise NoteStands("答复批示", STATES[found.state] if found.asks_answer else "不要求答复")
    if not text.strip():
        raise NeedMissing("答复批示", "text")
    found.state, found.answer, found.answered_at = "answered", text.strip(), now
    found.answered_by, found.answered_by_name = actor.id, actor.name
    label = f"答复批示（{_who(found)}）"
    unit = found.case.lead_unit
    note(session, "leaders_note_answer", label, actor=actor, now=now, case=found.case, text=found.answer, unit=unit)
    fields = {"leader": _who(found)}
    notify(session, district, "supervisor", "leaders_note_answered", now=now, case=found.case, fields=fields)
    return found


def withdraw(
    session: Session, district: District, found: LeadersNote, *, reason: str, actor: Actor, now: datetime
) -> LeadersNote:
    """Take back a note that was entered in error. Raises ``NotAllowed``, ``NoteStands`` and ``NeedMissing``."""
    lifecycle.hold(session, found.case)
    session.refresh(found)
    if not may_issue(district, actor):
        raise NotAllowed("撤回批示", "您的角色没有这项权限")
    if found.state == "withdrawn":
        raise NoteStands("撤回批示", STATES[found.state])
    if not reason.strip():
        raise NeedMissing("撤回批示", "reason")
    found.state, found.withdrawn_by, found.withdrawn_at = "withdrawn", actor.id, now
    found.withdrawn_for = reason.strip()
    label = f"撤回批示（{_who(found)}）"
    note(session, "leaders_note_withdraw", label, actor=actor, now=now, case=found.case, text=found.withdrawn_for)
    return found


def _who(found: LeadersNote) -> str:
    return f"{found.office} {found.leader}"
