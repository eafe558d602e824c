"""What a member of the desk decided of a ticket while he registered it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key


class Registration(Base):
    """登记: who wrote the ticket down on a page of the desk, and what he chose for it; empty: he left it to triage.

    The row is written with the ticket, before anybody judged it; filing takes it over.
    """

    __tablename__ = "registrations"

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80), index=True)
    by_name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(6), default="")
    request_type: Mapped[str] = mapped_column(String(20), default="")
    urgency: Mapped[str] = mapped_column(String(10), default="")
    taken_at: Mapped[datetime | None] = mapped_column(doc="when the ticket was filed by it")
