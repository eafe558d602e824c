"""The table of internal notes (内部备注)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class InternalNote(Base):
    """内部备注: what staff write for one another on a ticket or a case, one of the two. It never goes out.

    A unit reads it only where ``for_units`` says so; ``by_unit`` is empty where the desk wrote it.
    """

    __tablename__ = "internal_notes"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    ticket_id: Mapped[str | None] = mapped_column(Key, ForeignKey("tickets.id"), index=True)
    case_id: Mapped[str | None] = mapped_column(Key, ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120))
    by_unit: Mapped[str] = mapped_column(String(10), default="")
    for_units: Mapped[bool] = mapped_column(default=False)
    text: Mapped[str] = mapped_column(Text)
