"""The audit: a row in the acting transaction, references instead of personal text; sealed in batches afterwards.

Chaining inside the transaction would put every writer in one line. So a sealer hashes what has been committed,
in the order of the change log, and links each batch to the one before. Who later alters or removes a row, or a
seal, breaks the chain at a seal that ``verify`` names.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import change_log
from storage.database import Base, Key, new_id
from storage.errors import AuditBroken

GENESIS = "0" * 64
FOLLOWER = "audit"


class AuditRow(Base):
    """Who did what to which thing, when. ``details`` hold codes and keys, never a resident's words."""

    __tablename__ = "audit"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(30))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(80), index=True)
    details: Mapped[dict[str, Any]]
    seal: Mapped[int | None] = mapped_column(Integer, index=True)


class Seal(Base):
    """One sealed batch: the hash of its rows, linked to the seal before."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    rows: Mapped[int] = mapped_column(Integer)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


def record(
    session: Session,
    *,
    actor: str,
    role: str,
    act: str,
    subject: str,
    subject_id: str,
    now: datetime,
    details: dict[str, Any] | None = None,
) -> None:
    """Append a row in this transaction."""
    row = AuditRow(
        id=new_id(),
        at=now,
        actor=actor,
        role=role,
        act=act,
        subject=subject,
        subject_id=subject_id,
        details=details or {},
    )
    session.add(row)
    change_log.record(session, "audit", row.id, "recorded", now=now)


def _canonical(row: AuditRow) -> str:
    fields = [row.id, row.at.isoformat(), row.actor, row.role, row.act, row.subject, row.subject_id, row.details]
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(previous: str, rows: list[AuditRow]) -> str:
    chain = hashlib.sha256(previous.encode())
    for row in sorted(rows, key=lambda r: r.id):
        chain.update(_canonical(row).encode())
        chain.update(b"\n")
    return chain.hexdigest()


def seal(session: Session, *, now: datetime, limit: int = 2000) -> int:
    """Seal what the change log shows as committed since the last seal. Return the number of rows sealed."""
    changes = change_log.read(session, change_log.position(session, FOLLOWER), topics=["audit"], limit=limit)
    if not changes:
        return 0
    rows = list(session.scalars(select(AuditRow).where(AuditRow.id.in_([change.key for change in changes]))))
    last = session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))
    number, previous = (last.number + 1, last.hash) if last else (1, GENESIS)
    for row in rows:
        row.seal = number
    session.add(Seal(number=number, at=now, rows=len(rows), previous=previous, hash=_hash(previous, rows)))
    change_log.advance(session, FOLLOWER, changes[-1].position)
    return len(rows)


def verify(session: Session) -> tuple[int, int]:
    """Check the whole chain. Return (seals, rows); raises ``AuditBroken`` naming the first seal that fails."""
    previous, total, expected = GENESIS, 0, 1
    for sealed in session.scalars(select(Seal).order_by(Seal.number)):
        rows = list(session.scalars(select(AuditRow).where(AuditRow.seal == sealed.number)))
        if sealed.number != expected:
            raise AuditBroken(expected, "missing")
        if sealed.previous != previous:
            raise AuditBroken(sealed.number, "does not link to the seal before")
        if len(rows) != sealed.rows:
            raise AuditBroken(sealed.number, f"{sealed.rows} rows were sealed, {len(rows)} are there")
        if _hash(previous, rows) != sealed.hash:
            raise AuditBroken(sealed.number, "a row was altered")
        previous, total, expected = sealed.hash, total + len(rows), expected + 1
    return expected - 1, total
