"""What could not be read: kept with its bytes and the reason, to be retried when the reader has been mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text, UniqueConstraint, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage import change_log
from storage.database import Base, Key, new_id
from storage.errors import UnknownRow


class Quarantined(Base):
    """隔离件: one unreadable payload. ``where`` and ``why`` are the reader's words."""

    __tablename__ = "quarantine"
    __table_args__ = (UniqueConstraint("channel", "account", "delivery_id"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    delivery_id: Mapped[str] = mapped_column(String(200))
    blob: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    source: Mapped[str] = mapped_column(Text, default="", doc="file or address it came by")
    where: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20), default="held", doc="held, read")
    attempts: Mapped[int] = mapped_column(Integer, default=1)


def hold(
    session: Session,
    *,
    channel: str,
    account: str,
    delivery_id: str,
    blob: str,
    size: int,
    where: str,
    why: str,
    now: datetime,
    source: str = "",
) -> Quarantined:
    """Keep a payload. The same delivery again counts an attempt on the row it has."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Quarantined).values(
        id=new_id(),
        channel=channel,
        account=account,
        delivery_id=delivery_id,
        blob=blob,
        size=size,
        source=source,
        where=where,
        why=why,
        received_at=now,
        state="held",
        attempts=1,
    )
    again = {"attempts": Quarantined.attempts + 1, "where": where, "why": why, "state": "held"}
    statement = statement.on_conflict_do_update(index_elements=["channel", "account", "delivery_id"], set_=again)
    key = session.execute(statement.returning(Quarantined.id)).scalar_one()
    row = session.get_one(Quarantined, key, populate_existing=True)
    if row.attempts == 1:
        change_log.record(session, "quarantine", row.id, "held", now=now)
    return row


def get(session: Session, key: str) -> Quarantined:
    """The row. Raises ``UnknownRow``."""
    row = session.get(Quarantined, key)
    if row is None:
        raise UnknownRow("quarantine", key)
    return row


def held(session: Session, *, limit: int = 100, after: str = "") -> Sequence[Quarantined]:
    """What is still unread, oldest first, from key ``after``."""
    query = select(Quarantined).where(Quarantined.state == "held").order_by(Quarantined.id).limit(limit)
    if after:
        query = query.where(Quarantined.id > after)
    return list(session.scalars(query))
