"""The table of quality inspection (质检)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.tables import Ticket
from storage.database import Base, Key, new_id


class Inspection(Base):
    """One piece of work that was drawn for inspection. States: ``drawn``, ``scored``, ``objected``, ``decided``."""

    __tablename__ = "inspections"
    __table_args__ = (
        UniqueConstraint("kind", "work"),
        Index("ix_inspections_state_week", "state", "week"),
        Index("ix_inspections_worker_week", "worker", "week"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(String(10))
    work: Mapped[str] = mapped_column(Key, doc="the step or the callback that is inspected")
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), index=True)
    worker: Mapped[str] = mapped_column(String(80))
    worker_name: Mapped[str] = mapped_column(String(60), default="")
    worked_at: Mapped[datetime]
    week: Mapped[date] = mapped_column(doc="the Monday of the week it was done in")
    drawn_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    sheet: Mapped[dict[str, Any]] = mapped_column(doc="the sheet it is scored by, as the pack had it when it was drawn")
    score: Mapped[int | None] = mapped_column(Integer)
    points: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="by code of the item")
    critical: Mapped[list[Any]] = mapped_column(default=list, doc="codes of the critical faults found")
    comment: Mapped[str] = mapped_column(Text, default="")
    scored_by: Mapped[str] = mapped_column(String(80), default="")
    scored_by_name: Mapped[str] = mapped_column(String(60), default="")
    scored_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(Text, default="")
    objection_until: Mapped[datetime | None]
    objected_at: Mapped[datetime | None]
    first_score: Mapped[int | None] = mapped_column(Integer, doc="what was objected to")
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_by_name: Mapped[str] = mapped_column(String(60), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(Text, default="")

    ticket: Mapped[Ticket] = relationship()
