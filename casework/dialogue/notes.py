"""内部备注: what staff write for one another beside a conversation. No resident sees it, and nothing that goes out.

No sentence of the pack, no export and no page for residents reads this table; the city's reports do not either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from casework import recording
from casework.actors import DESK, UNIT_ROLES, Actor
from casework.dialogue.note_tables import InternalNote
from casework.errors import NeedMissing, NotAllowed
from casework.tables import Case, Ticket
from district.schemas import Role

WRITES = DESK | UNIT_ROLES | {Role.CALLBACK_AGENT}
"""Who writes notes; a unit on what it sees."""


def note_internally(
    session: Session, about: Ticket | Case, text: str, *, actor: Actor, now: datetime, for_units: bool = False
) -> InternalNote:
    """Write a note on a ticket or a case that the actor sees.

    The units of the case read it only ``for_units``; what a unit writes they read. Raises ``NotAllowed`` and
    ``NeedMissing`` for no words.
    """
    if actor.role not in WRITES:
        raise NotAllowed("写备注", "由热线中心和承办单位的人员填写")
    if not text.strip():
        raise NeedMissing("写备注", "text")
    is_ticket = isinstance(about, Ticket)
    written = InternalNote(
        ticket_id=about.id if is_ticket else None,
        case_id=None if is_ticket else about.id,
        at=now,
        by=actor.id,
        by_name=actor.name,
        by_unit=actor.unit if actor.role in UNIT_ROLES else "",
        for_units=for_units or actor.role in UNIT_ROLES,
        text=text.strip(),
    )
    session.add(written)
    session.flush()
    subject = "ticket" if is_ticket else "case"
    details = {"note": written.id}
    recording.record(
        session, actor, "note", subject, about.id, now=now, topic=f"{subject}s", change="note", details=details
    )
    return written


def of_ticket(session: Session, ticket: Ticket, actor: Actor) -> Sequence[InternalNote]:
    """The notes on a ticket and on its case that the actor reads, oldest first."""
    about = InternalNote.ticket_id == ticket.id
    return _read(session, or_(about, InternalNote.case_id == ticket.case_id) if ticket.case_id else about, actor)


def of_case(session: Session, case: Case, actor: Actor) -> Sequence[InternalNote]:
    """The notes on a case and on its tickets that the actor reads, oldest first."""
    its = select(Ticket.id).where(Ticket.case_id == case.id)
    return _read(session, or_(InternalNote.case_id == case.id, InternalNote.ticket_id.in_(its)), actor)


def _read(session: Session, about: ColumnElement[bool], actor: Actor) -> Sequence[InternalNote]:
    query = select(InternalNote).where(about).order_by(InternalNote.at, InternalNote.id)
    if actor.role in UNIT_ROLES:
        query = query.where(InternalNote.for_units)
    return list(session.scalars(query))
