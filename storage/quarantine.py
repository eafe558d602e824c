"""What could not be read: kept with its bytes and the reason, to be retried when the reader has been mended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, String, Text, UniqueConstraint, select
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
    row = session.scalar(
        select(Quarantined).where(
            Quarantined.channel == channel, Quarantined.account == account, Quarantined.delivery_id == delivery_id
        )
    )
    if row is None:
        row = Quarantined(
            channel=channel,
            account=account,
            delivery_id=delivery_id,
            blob=blob,
            size=size,
            source=source,
            where=where,
            why=why,
            received_at=now,
        )
        session.add(row)
        session.flush()
        change_log.record(session, "quarantine", row.id, "held", now=now)
    else:
        row.attempts += 1
        row.where, row.why, row.state = where, why, "held"
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
