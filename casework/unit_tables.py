"""Tables of a unit's own desk: what each of its people has looked at, and answers a unit keeps to write from."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class TodoVisit(Base):
    """知道了: up to when one member of a unit has seen what came to his cases."""

    __tablename__ = "todo_visits"

    reader: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime]


class SavedReply(Base):
    """自存模板: the words of an answer that a unit writes often; its own, shown to nobody outside it."""

    __tablename__ = "saved_replies"
    __table_args__ = (Index("ix_saved_replies_unit_at", "unit", "at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    unit: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(30))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]
