"""``Idempotency-Key``: a write sent twice under one key is done once, and the second gets the first one's answer.

The key and its answer are committed together with the write, in the same transaction.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_jsonable_python
from sqlalchemy import Integer, String, delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base

KEPT = timedelta(days=2)


class IdempotentAnswer(Base):
    """What was answered to a write under a key of one user. ``fingerprint`` tells a reuse for something else."""

    __tablename__ = "idempotent_answers"

    owner: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any]]
    at: Mapped[datetime] = mapped_column(index=True)


class KeyReused(Exception):
    """The key was used before for another request."""


class KeyInUse(Exception):
    """Another request under the key is being answered at this moment; nothing was done for this one."""


def fingerprint(path: str, body: object) -> str:
    """What a request asks, in a short form."""
    return hashlib.sha256(f"{path}\n{json.dumps(body, sort_keys=True, default=str)}".encode()).hexdigest()


def find(session: Session, owner: str, key: str, asked: str) -> dict[str, Any] | None:
    """The answer given under the key, or None. Raises ``KeyReused``."""
    if not key:
        return None
    row = session.get(IdempotentAnswer, (owner, key))
    if row is None:
        return None
    if row.fingerprint != asked:
        raise KeyReused
    return row.body


def keep(session: Session, owner: str, key: str, asked: str, body: dict[str, Any], *, now: datetime) -> None:
    """Keep an answer in the transaction of its write.

    Raises ``KeyInUse`` when a request under the same key came through first; the transaction is to be rolled back.
    """
    if not key:
        return
    session.flush()  # what the write itself breaks is no matter of the key
    plain = to_jsonable_python(body)  # as the first answer is written out, so that the second has the same words
    session.add(IdempotentAnswer(owner=owner, key=key, fingerprint=asked, status=200, body=plain, at=now))
    try:
        session.flush()
    except IntegrityError as problem:
        raise KeyInUse from problem


def forget(session: Session, *, now: datetime) -> int:
    """Drop the answers that are old. Return how many."""
    dropped = session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.at < now - KEPT))
    return int(dropped.rowcount)  # type: ignore[attr-defined]
