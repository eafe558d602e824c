"""Tables of what the knowledge base lacks: what was searched for, the gaps last found, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class SearchEntry(Base):
    """One search, without anybody in it. ``key`` tells its hour and nothing nearer; ``query`` is stripped and folded.

    ``role`` is staff or public, ``page`` where it was asked: search, ticket, api.
    """

    __tablename__ = "searches"
    __table_args__ = (Index("ix_searches_at", "at"),)

    key: Mapped[str] = mapped_column(String(30), primary_key=True)
    at: Mapped[datetime] = mapped_column(doc="the beginning of its hour")
    role: Mapped[str] = mapped_column(String(10))
    page: Mapped[str] = mapped_column(String(10))
    query: Mapped[str] = mapped_column(String(100))
    hits: Mapped[int] = mapped_column(Integer)
    first: Mapped[str] = mapped_column(String(64), default="", doc="number of the first article found")
    relevance: Mapped[float] = mapped_column(default=0.0, doc="of the first, 0 to 1")
    opened: Mapped[str] = mapped_column(String(64), default="", doc="number of the article opened first")


class GapReport(Base):
    """The gaps as last computed; one row. ``document`` is empty until they were."""

    __tablename__ = "gap_reports"

    name: Mapped[str] = mapped_column(String(10), primary_key=True)
    begun_at: Mapped[datetime | None] = mapped_column(doc="of the computation under way")
    computed_at: Mapped[datetime | None]
    document: Mapped[dict[str, Any]]


class GapMark(Base):
    """What became of a gap: handled or ignored. It holds until the gap has grown (``knowledge.gap_marks``)."""

    __tablename__ = "gap_marks"

    topic: Mapped[str] = mapped_column(String(60), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    count: Mapped[int] = mapped_column(Integer, doc="questions of the gap when it was marked")
    day: Mapped[str] = mapped_column(String(10), doc="the last day whose questions were seen")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120))


class ReplacedRegulation(Base):
    """A regulation that another has replaced."""

    __tablename__ = "replaced_regulations"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    old: Mapped[str] = mapped_column(String(200), unique=True)
    new: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
