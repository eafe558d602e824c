"""The one log that every follower reads: search indexes, live pages, roll-ups, seals.

A row is written in the transaction it tells of. On PostgreSQL ids are handed out before commit, so a reader could
pass over a row that commits late; it therefore reads only rows of transactions older than every running one
(``pg_snapshot_xmin``). SQLite has one writer, and there the order of ids is the order of commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Index, Integer, Select, String, func, literal_column, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base

Position = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements INTEGER keys only


class Change(Base):
    """One entry: ``topic`` says which kind of thing changed, ``key`` which one, ``what`` how."""

    __tablename__ = "change_log"
    __table_args__ = (Index("ix_change_log_topic_id", "topic", "id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    transaction: Mapped[int | None] = mapped_column(
        Position, server_default=FetchedValue(), nullable=True, doc="pg_current_xact_id() on PostgreSQL, else null"
    )


class Cursor(Base):
    """How far a follower has read, for followers that keep their place in the database."""

    __tablename__ = "cursors"

    follower: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int] = mapped_column(Position)


def record(
    session: Session, topic: str, key: str, what: str, *, now: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Append an entry to the log of this transaction."""
    session.add(Change(at=now, topic=topic, key=key, what=what, payload=payload or {}))


def _visible(session: Session, query: Select[Any]) -> Select[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return query.where(Change.transaction < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return query


def read(session: Session, after: int, *, topics: Sequence[str] | None = None, limit: int = 500) -> list[Change]:
    """Entries after position ``after`` in commit order, at most ``limit``; ``topics`` None reads all."""
    query = _visible(session, select(Change).where(Change.id > after).order_by(Change.id).limit(limit))
    if topics is not None:
        query = query.where(Change.topic.in_(topics))
    return list(session.scalars(query))


def tip(session: Session) -> int:
    """The last position that ``read`` can give now; 0 when the log is empty."""
    return session.scalar(_visible(session, select(func.max(Change.id)))) or 0


def position(session: Session, follower: str) -> int:
    """Where the follower stands; 0 before its first step."""
    row = session.get(Cursor, follower)
    return row.position if row else 0


def advance(session: Session, follower: str, to: int) -> None:
    """Move the follower's cursor, in the transaction that did what the entries asked for."""
    row = session.get(Cursor, follower)
    if row is None:
        session.add(Cursor(follower=follower, position=to))
    else:
        row.position = to
