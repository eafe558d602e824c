"""Where a user is signed in, and who is kept out for a while: what he, and an administrator, can end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.identity import StaffSession, token_hash

SEEN_EVERY = timedelta(minutes=1)
"""So exact is when a session was last used: a row written for every page would be the busiest of the desk."""


class LockOut(Base):
    """登录锁定: too many wrong passwords for one login from one address; with an empty login of the whole address."""

    __tablename__ = "lock_outs"

    login: Mapped[str] = mapped_column(String(60), primary_key=True)
    address: Mapped[str] = mapped_column(String(60), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime] = mapped_column(index=True)
    released_at: Mapped[datetime | None]


def list_of(session: Session, user_id: str, *, now: datetime) -> Sequence[StaffSession]:
    """The user's sessions that go on, the newest first."""
    query = select(StaffSession).where(StaffSession.user_id == user_id, StaffSession.expires_at > now)
    return list(session.scalars(query.order_by(StaffSession.created_at.desc())))


def end(session: Session, user_id: str, hashed: str) -> bool:
    """End one of the user's sessions; whether it was there."""
    mine = delete(StaffSession).where(StaffSession.user_id == user_id, StaffSession.token_hash == hashed)
    return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]


def touch(session: Session, token: str, *, now: datetime) -> None:
    """The session was used."""
    session.execute(update(StaffSession).where(StaffSession.token_hash == token_hash(token)).values(seen_at=now))


def lock_out(session: Session, login: str, address: str, *, now: datetime, until: datetime) -> None:
    """Put down that this login is kept out from this address for a while."""
    row = session.get(LockOut, (login, address))
    if row is None:
        session.add(LockOut(login=login, address=address, since=now, until=until))
    else:
        row.since, row.until, row.released_at = now, until, None
    session.flush()


def locked_out(session: Session, *, now: datetime, limit: int = 200) -> Sequence[LockOut]:
    """Who is kept out now, the latest first."""
    query = select(LockOut).where(LockOut.until > now, LockOut.released_at.is_(None))
    return list(session.scalars(query.order_by(LockOut.since.desc()).limit(limit)))


def release(session: Session, login: str, address: str, *, now: datetime) -> bool:
    """Let them try again at once; whether they were kept out."""
    kept = update(LockOut).where(
        LockOut.login == login, LockOut.address == address, LockOut.until > now, LockOut.released_at.is_(None)
    )
    return bool(session.execute(kept.values(released_at=now)).rowcount)  # type: ignore[attr-defined]


def released(session: Session, login: str, address: str, *, since: datetime) -> datetime | None:
    """When an administrator let them try again, if after ``since``."""
    row = session.get(LockOut, (login, address))
    return row.released_at if row is not None and row.released_at is not None and row.released_at >= since else None


def forget_lock_outs(session: Session, *, now: datetime) -> int:
    """Drop those that are long over. Return how many."""
    gone = session.execute(delete(LockOut).where(LockOut.until <= now - timedelta(days=1)))
    return int(gone.rowcount)  # type: ignore[attr-defined]
