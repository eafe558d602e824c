"""The tables of opinion collection (意见征集): what the district asks, and what residents answered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class Consultation(Base):
    """意见征集: a question or a draft that residents are asked about until ``closes_at``.

    States: ``draft`` (nobody outside sees it), ``open``, ``closed``. ``summary`` is what the district says of the
    result when it is over; it is public from ``summary_at`` on.
    """

    __tablename__ = "consultations"
    __table_args__ = (Index("ix_consultations_state_closes_at", "state", "closes_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    choices: Mapped[list[Any]] = mapped_column(default=list, doc="what one may choose between; empty: words only")
    asks_contact: Mapped[bool] = mapped_column(default=False)
    closes_at: Mapped[datetime]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    published_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    summary: Mapped[str] = mapped_column(Text, default="")
    summary_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Opinion(Base):
    """意见: one resident's answer. ``voter`` is a digest of his signed link or browser: he has one answer."""

    __tablename__ = "opinions"
    __table_args__ = (
        UniqueConstraint("consultation_id", "voter"),
        Index("ix_opinions_consultation_id_at", "consultation_id", "at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    consultation_id: Mapped[str] = mapped_column(Key, ForeignKey("consultations.id"))
    voter: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    choice: Mapped[str] = mapped_column(String(120), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    name: Mapped[str] = mapped_column(String(60), default="")
    contact: Mapped[str] = mapped_column(String(120), default="")
