"""The city's orders (市平台工单) beside the tickets they opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from casework.tables import Ticket
from storage.database import Base, Key, new_id


class CityOrder(Base):
    """市平台工单 as it last stood there. States: open, withdrawn (by the city), returned (taken back as we asked).

    ``return_state`` and ``extension_state`` are what we asked for: empty, asked, approved or refused.
    """

    __tablename__ = "city_orders"
    __table_args__ = (
        UniqueConstraint("channel", "account", "number"),
        Index("ix_city_orders_state_deadline_at", "state", "deadline_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    number: Mapped[str] = mapped_column(String(60))
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), unique=True)
    message_id: Mapped[str] = mapped_column(Key, doc="the message of its last wording")
    state: Mapped[str] = mapped_column(String(12), default="open")
    revision: Mapped[int] = mapped_column(Integer, default=0)
    category: Mapped[str] = mapped_column(Text, default="", doc="the city's own, levels joined by /")
    mapped: Mapped[str] = mapped_column(String(6), default="", doc="ours, by the pack's map; empty: not mapped")
    deadline_at: Mapped[datetime | None]
    may_return: Mapped[bool] = mapped_column(default=True)
    return_until: Mapped[datetime | None]
    return_state: Mapped[str] = mapped_column(String(10), default="")
    extension_state: Mapped[str] = mapped_column(String(10), default="")
    received_at: Mapped[datetime]
    verdict_at: Mapped[datetime | None]
    reached: Mapped[bool | None]
    contacted: Mapped[bool | None]
    resolved: Mapped[bool | None]
    satisfaction: Mapped[str] = mapped_column(String(20), default="")
    said: Mapped[str] = mapped_column(Text, default="")

    ticket: Mapped[Ticket] = relationship(lazy="joined")


def order_of(session: Session, ticket: Ticket) -> CityOrder | None:
    """The order that opened this ticket, or None."""
    return session.scalar(select(CityOrder).where(CityOrder.ticket_id == ticket.id))
