"""Opening a person (显示): who reads the unmasked words of a ticket is on record before he reads them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.errors import Forbidden
from casework.actors import Actor
from casework.reading import MAY_OPEN, Reader
from casework.tables import Case, Ticket
from storage import audit
from storage.audit import AuditRow

READ = "read_person"
STAYS_OPEN = timedelta(minutes=30)
"""How long a ticket that was opened on record stays so for the one who opened it."""


def reader_of(session: Session, desk: Desk, actor: Actor, ticket: Ticket) -> Reader:
    """The actor's view of this ticket, unmasked if he has opened it a short while ago."""
    if actor.role not in MAY_OPEN:
        return Reader(desk.district, actor)
    opened = select(AuditRow.id).where(
        AuditRow.subject_id == ticket.id,
        AuditRow.act == READ,
        AuditRow.actor == actor.id,
        AuditRow.at > desk.now() - STAYS_OPEN,
    )
    return Reader(desk.district, actor, [ticket.id] if session.scalar(opened.limit(1)) else [])


def open_person(session: Session, actor: Actor, ticket: Ticket, *, now: datetime) -> None:
    """Have the person shown, on record. Raises ``Forbidden`` for roles that have no business with him."""
    if actor.role not in MAY_OPEN:
        raise Forbidden("您的角色不能查看诉求人的个人信息")
    _record(session, actor, "ticket", ticket.id, now=now)


def keep_reading(desk: Desk, reader: Reader, tickets: list[Ticket], case: Case | None = None) -> None:
    """A unit reads its residents as it works: put on record that these were shown to it, if any was."""
    shown = [ticket for ticket in tickets if reader.sees(ticket)] if reader.is_unit else []
    if not shown:
        return
    subject, key = ("ticket", shown[0].id) if case is None else ("case", case.id)
    with desk.database.write.begin() as session:
        _record(session, reader.actor, subject, key, now=desk.now())


def _record(session: Session, actor: Actor, subject: str, key: str, *, now: datetime) -> None:
    audit.record(session, actor=actor.id, role=actor.role, act=READ, subject=subject, subject_id=key, now=now)
