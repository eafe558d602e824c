"""Tokens that are good once (一次有效): which of them were used, until they would have expired anyhow.

Kept in the database, so that whichever process is asked knows of it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base


class UsedOnce(Base):
    """A token that was used. ``expires_at``: from then on it is refused for its age, and the row may go."""

    __tablename__ = "used_once"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


def use(session: Session, key: str, *, expires_at: datetime) -> bool:
    """Use the token; False where somebody did before, also at this moment in another process."""
    try:
        with session.begin_nested():
            session.execute(insert(UsedOnce).values(key=key, expires_at=expires_at))
    except IntegrityError:
        return False
    return True


def forget(session: Session, *, now: datetime) -> int:
    """Drop the rows of tokens that have expired. Return how many."""
    dropped = session.execute(delete(UsedOnce).where(UsedOnce.expires_at < now))
    return int(dropped.rowcount)  # type: ignore[attr-defined]
