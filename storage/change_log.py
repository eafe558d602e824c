"""The one log that every follower reads: search indexes, live pages, roll-ups, seals.

A row is written in the transaction it tells of. On PostgreSQL several write at once, and neither their ids nor their
transaction numbers come in the order of commits: a row with a low id may become visible after one with a high id.
There a reader goes by transaction number instead and reads only those below every running one
(``pg_snapshot_xmin``), so nothing can appear behind it; a transaction is read whole or not yet. SQLite has one writer,
and there the order of ids is the order of commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, FetchedValue, Index, Integer, Select, String, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from storage import gathered
from storage.database import Base
from storage.gathered import Appended

Position = BigInteger().with_variant(Integer(), "sqlite")  # SQLite autoincrements INTEGER keys only


class Change(Base):
    """One entry: ``topic`` says which kind of thing changed, ``key`` which one, ``what`` how."""

    __tablename__ = "change_log"
    __table_args__ = (
        Index("ix_change_log_topic_id", "topic", "id"),
        Index("ix_change_log_transaction_id", "transaction", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(Position, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    topic: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(80))
    what: Mapped[str] = mapped_column(String(40))
    payload: Mapped[dict[str, Any]]
    transaction: Mapped[int | None] = mapped_column(
        Position, server_default=FetchedValue(), nullable=True, doc="pg_current_xact_id() on PostgreSQL, else null"
    )

    @property
    def position(self) -> int:
        """Where a follower stands that has applied this entry and all read with it."""
        return self.id if self.transaction is None else self.transaction


_CHANGES = Appended(Change)


class Cursor(Base):
    """How far a follower has read, for followers that keep their place in the database."""

    __tablename__ = "cursors"

    follower: Mapped[str] = mapped_column(String(80), primary_key=True)
    position: Mapped[int] = mapped_column(Position)


def record(
    session: Session, topic: str, key: str, what: str, *, now: datetime, payload: dict[str, Any] | None = None
) -> None:
    """Append an entry to the log of this transaction."""
    _CHANGES.add(session, at=now, topic=topic, key=key, what=what, payload=payload or {})


def _place(session: Session) -> InstrumentedAttribute[int] | InstrumentedAttribute[int | None]:
    """The column that positions are made of."""
    return Change.transaction if session.get_bind().dialect.name == "postgresql" else Change.id


def _visible(session: Session, query: Select[Any]) -> Select[Any]:
    if session.get_bind().dialect.name == "postgresql":
        return query.where(Change.transaction < literal_column("pg_snapshot_xmin(pg_current_snapshot())::text::bigint"))
    return query


def read(session: Session, after: int, *, topics: Sequence[str] | None = None, limit: int = 500) -> list[Change]:
    """Entries after position ``after`` in commit order; ``topics`` None reads all.

    At most ``limit``, but on PostgreSQL the last transaction is never cut: a follower goes on after the position of
    the last entry, and what a transaction wrote has one position there.
    """
    gathered.write(session)
    place = _place(session)
    query = _visible(session, select(Change).where(place > after))
    if topics is not None:
        query = query.where(Change.topic.in_(topics))
    first = query.with_only_columns(place.label("place")).order_by(place, Change.id).limit(limit).subquery()
    until = select(func.max(first.c.place)).scalar_subquery()
    return list(session.scalars(query.where(place <= until).order_by(place, Change.id)))


def tip(session: Session) -> int:
    """The last position that ``read`` can give now; 0 when the log is empty."""
    gathered.write(session)
    return session.scalar(_visible(session, select(func.max(_place(session))))) or 0


def keys_after(session: Session, after: int, topic: str) -> set[str]:
    """The keys of a topic's entries after a position, those included that ``read`` does not give yet."""
    gathered.write(session)
    return set(session.scalars(select(Change.key).where(_place(session) > after, Change.topic == topic)))


def position(session: Session, follower: str, *, taking_turns: bool = False) -> int:
    """Where the follower stands; 0 before its first step. Who takes turns keeps others from advancing meanwhile."""
    row = session.get(Cursor, follower, with_for_update=taking_turns or None)
    return row.position if row else 0


def advance(session: Session, follower: str, to: int) -> None:
    """Move the follower's cursor, in the transaction that did what the entries asked for."""
    row = session.get(Cursor, follower)
    if row is None:
        session.add(Cursor(follower=follower, position=to))
    else:
        row.position = to
