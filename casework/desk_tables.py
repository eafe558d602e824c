"""The tables of the desk itself: who has which ticket to himself, who has it open, what is wrong with which page."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class TicketClaim(Base):
    """领单: one member of staff has a ticket to himself until then; a row that is over says nothing."""

    __tablename__ = "ticket_claims"

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    by: Mapped[str] = mapped_column(String(80), index=True)
    by_name: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    until: Mapped[datetime]


class TicketViewer(Base):
    """在看: one member of staff has a ticket's page open, as of ``seen_at``."""

    __tablename__ = "ticket_viewers"

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    viewer: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), default="")
    since: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)


class PageReport(Base):
    """页面问题: what a member of staff says is wrong with a page; ``page`` is its path, without what was searched."""

    __tablename__ = "page_reports"
    __table_args__ = (Index("ix_page_reports_done_at_id", "done_at", "id"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    role: Mapped[str] = mapped_column(String(30))
    page: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str] = mapped_column(String(80), default="")
    done_by_name: Mapped[str] = mapped_column(String(60), default="")
