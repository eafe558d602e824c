"""Opening a person (显示): who reads the unmasked words of a ticket is on record before he reads them, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.desk import Desk
from api.errors import Forbidden
from api.sign_in_problems import Unreasoned
from casework.actors import Actor
from casework.privacy import mask_text
from casework.reading import MAY_OPEN, Reader
from casework.tables import Case, Ticket
from storage import audit, gathered
from storage.audit import AuditRow

READ = "read_person"
REASONS: Mapping[str, str] = {
    "complaint": "核查居民对办理的投诉",
    "contact": "须直接联系诉求人",
    "danger": "可能涉及人身安全",
    "inspection": "质检、抽查",
    "lawful": "纪检、司法等机关依法查询",
    "other": "其他",
}
"""What a person may be shown for."""
SHORTEST, LONGEST = 4, 200
STAYS_OPEN = timedelta(minutes=30)
"""How long a ticket that was opened on record stays so for the one who opened it."""


def reader_of(session: Session, desk: Desk, actor: Actor, ticket: Ticket) -> Reader:
    """The actor's view of this ticket, unmasked if he has opened it a short while ago."""
    opened = is_open(session, actor, ticket.id, now=desk.now())
    return Reader(desk.district, actor, [ticket.id] if opened else [])


@dataclass(frozen=True, slots=True)
class Why:
    """Why somebody has a person shown: one of ``REASONS``, and his own words."""

    reason: str
    words: str


def why(reason: str, words: str) -> Why:
    """What is put on record; numbers that he typed are masked in it. Raises ``Unreasoned``."""
    if reason not in REASONS:
        raise Unreasoned(f"查看个人信息须选择理由：{'、'.join(REASONS.values())}")
    if len(words.strip()) < SHORTEST:
        raise Unreasoned(f"查看个人信息须写明用途，至少 {SHORTEST} 个字")
    return Why(reason, mask_text(words.strip())[:LONGEST])


def open_person(session: Session, actor: Actor, ticket: Ticket, given: Why, *, now: datetime) -> None:
    """Have the person of a ticket shown, on record. Raises ``Forbidden`` for roles that have no business with him."""
    _open(session, actor, "ticket", ticket.id, given, now=now)


def open_resident(session: Session, actor: Actor, key: str, given: Why, *, now: datetime) -> None:
    """Have a resident shown on his own page, on record. Raises as ``open_person`` does."""
    _open(session, actor, "resident", key, given, now=now)


def _open(session: Session, actor: Actor, subject: str, key: str, given: Why, *, now: datetime) -> None:
    if actor.role not in MAY_OPEN:
        raise Forbidden("您的角色不能查看诉求人的个人信息")
    _record(session, actor, subject, key, now=now, details={"reason": given.reason, "words": given.words})
    gathered.write(session)  # the answer to this same request is read by it


def is_open(session: Session, actor: Actor, key: str, *, now: datetime) -> bool:
    """Whether the actor has opened this ticket or resident a short while ago."""
    if actor.role not in MAY_OPEN:
        return False
    opened = select(AuditRow.id).where(
        AuditRow.subject_id == key,
        AuditRow.act == READ,
        AuditRow.actor == actor.id,
        AuditRow.at > now - STAYS_OPEN,
    )
    return session.scalar(opened.limit(1)) is not None


def keep_reading(desk: Desk, reader: Reader, tickets: list[Ticket], case: Case | None = None) -> None:
    """A unit reads its residents as it works: put on record that these were shown to it, if any was."""
    shown = [ticket for ticket in tickets if reader.sees(ticket)] if reader.is_unit else []
    if not shown:
        return
    subject, key = ("ticket", shown[0].id) if case is None else ("case", case.id)
    with desk.database.write.begin() as session:
        _record(session, reader.actor, subject, key, now=desk.now())


def _record(
    session: Session, actor: Actor, subject: str, key: str, *, now: datetime, details: dict[str, Any] | None = None
) -> None:
    audit.record(
        session, actor=actor.id, role=actor.role, act=READ, subject=subject, subject_id=key, now=now, details=details
    )
