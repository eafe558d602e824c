"""The audit: a row in the acting transaction, references instead of personal text; sealed in batches afterwards.

Chaining inside the transaction would put every writer in one line. So a sealer hashes what has been committed,
in the order of the change log, and links each batch to the one before. Who later alters or removes a row, or a
seal, breaks the chain at a seal that ``verify`` names; so does a row put in behind the sealer's back. Against one who
rewrites the whole chain, or cuts its end together with the sealer's place, only a hash noted outside helps: ``head``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import change_log
from storage.database import Base, Key, new_id
from storage.errors import AuditBroken
from storage.gathered import Appended

GENESIS = "0" * 64
FOLLOWER = "audit"
"""The sealer's name as a follower, and the topic it follows."""


class AuditRow(Base):
    """Who did what to which thing, when. ``details`` hold codes and keys, never a resident's words."""

    __tablename__ = "audit"
    __table_args__ = tuple(Index(f"ix_audit_{column}_at", column, "at") for column in ("actor", "act", "subject"))

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(30))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(String(80), index=True)
    details: Mapped[dict[str, Any]]
    seal: Mapped[int | None] = mapped_column(Integer, index=True)


_ROWS = Appended(AuditRow)


class Seal(Base):
    """One sealed batch: the hash of its rows, linked to the seal before.

    ``position`` is the place in the change log up to which it seals, ``rows`` how many rows had been recorded by then.
    """

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    position: Mapped[int] = mapped_column(change_log.Position)
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
    key = new_id()
    _ROWS.add(
        session,
        id=key,
        at=now,
        actor=actor,
        role=role,
        act=act,
        subject=subject,
        subject_id=subject_id,
        details=details or {},
    )
    change_log.record(session, FOLLOWER, key, "recorded", now=now)


def _canonical(row: AuditRow) -> str:
    fields = [row.id, row.at.isoformat(), row.actor, row.role, row.act, row.subject, row.subject_id, row.details]
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(sealed: Seal, rows: Sequence[AuditRow]) -> str:
    head = [sealed.previous, sealed.number, sealed.at.isoformat(), sealed.position, sealed.rows]
    chain = hashlib.sha256(json.dumps(head).encode())
    for row in sorted(rows, key=lambda r: r.id):
        chain.update(b"\n")
        chain.update(_canonical(row).encode())
    return chain.hexdigest()


def seal(session: Session, *, now: datetime, limit: int = 2000) -> int:
    """Seal what the change log shows as committed since the last seal. Return the number of entries sealed.

    A row that is gone before it could be sealed is counted all the same: ``verify`` misses it from then on.
    """
    position = change_log.position(session, FOLLOWER, taking_turns=True)
    changes = change_log.read(session, position, topics=[FOLLOWER], limit=limit)
    if not changes:
        return 0
    keys = sorted({change.key for change in changes})
    rows = _rows(session, keys)
    last = _last(session)
    sealed = Seal(
        number=last.number + 1 if last else 1,
        at=now,
        position=changes[-1].position,
        rows=len(keys),
        previous=last.hash if last else GENESIS,
    )
    for row in rows:
        row.seal = sealed.number
    sealed.hash = _hash(sealed, rows)
    session.add(sealed)
    change_log.advance(session, FOLLOWER, sealed.position)
    return len(keys)


def _rows(session: Session, keys: Sequence[str]) -> list[AuditRow]:
    found: list[AuditRow] = []
    for start in range(0, len(keys), 500):  # a database takes only so many values in one statement
        found += session.scalars(select(AuditRow).where(AuditRow.id.in_(keys[start : start + 500])))
    return found


def _last(session: Session) -> Seal | None:
    return session.scalar(select(Seal).order_by(Seal.number.desc()).limit(1))


def head(session: Session) -> str:
    """The hash of the last seal: noted elsewhere, it proves later that nothing up to here was rewritten or cut."""
    last = _last(session)
    return last.hash if last else GENESIS


def state(session: Session) -> tuple[Seal | None, int]:
    """The last seal, and how many rows are not sealed yet."""
    unsealed = session.scalar(select(func.count()).select_from(AuditRow).where(AuditRow.seal.is_(None)))
    return _last(session), unsealed or 0


def verify(session: Session, *, noted: str = "") -> tuple[int, int]:
    """Check the whole chain, and that it holds the hash ``noted`` of an earlier head. Return (seals, rows).

    Raises ``AuditBroken`` naming the first seal that fails. Give it a session that has read nothing yet: it looks at
    one moment of the database, whatever the sealer does meanwhile.
    """
    if not session.in_transaction() and session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    previous, total, expected, seen = GENESIS, 0, 1, not noted or noted == GENESIS
    position = 0
    for sealed in session.scalars(select(Seal).order_by(Seal.number)):
        rows = list(session.scalars(select(AuditRow).where(AuditRow.seal == sealed.number)))
        if sealed.number != expected:
            raise AuditBroken(expected, "missing")
        if sealed.previous != previous:
            raise AuditBroken(sealed.number, "does not link to the seal before")
        if len(rows) != sealed.rows:
            raise AuditBroken(sealed.number, f"{sealed.rows} rows were sealed, {len(rows)} are there")
        if _hash(sealed, rows) != sealed.hash:
            raise AuditBroken(sealed.number, "a row was altered")
        previous, position, seen = sealed.hash, sealed.position, seen or sealed.hash == noted
        total, expected = total + len(rows), expected + 1
    _check_end(session, expected, position)
    if not seen:
        raise AuditBroken(expected, "no seal has the noted hash: the chain was rewritten or its end cut off")
    return expected - 1, total


def _check_end(session: Session, expected: int, position: int) -> None:
    """Nothing is missing after the last seal, and what is not sealed yet is what the change log announces."""
    if change_log.position(session, FOLLOWER) != position:
        raise AuditBroken(expected, "missing: the sealer has been further than the last seal")
    unsealed = set(session.scalars(select(AuditRow.id).where(AuditRow.seal.is_(None))))
    announced = change_log.keys_after(session, position, FOLLOWER)
    if unsealed - announced:
        raise AuditBroken(expected, f"{len(unsealed - announced)} rows were put in without being recorded")
    if announced - unsealed:
        raise AuditBroken(expected, f"{len(announced - unsealed)} rows are gone that were not sealed yet")
