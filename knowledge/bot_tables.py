"""The answer bot's tables: notices of the day, what became of its proposals, the weights it learnt from that."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class DayNotice(Base):
    """通告: what is off, where and until when. ``number`` is for people (``TG-0001``).

    ``subject`` is a key of ``notices.SUBJECTS``; ``places`` are codes of streets and communities and ``area`` other
    places in words, both empty for the whole district. ``state``: open, withdrawn. Ended early, it ends at that moment.
    """

    __tablename__ = "day_notices"
    __table_args__ = (Index("ix_day_notices_state_ends", "state", "ends"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    subject: Mapped[str] = mapped_column(String(2))
    text: Mapped[str] = mapped_column(Text)
    places: Mapped[list[Any]]
    area: Mapped[str] = mapped_column(String(200), default="")
    begins: Mapped[datetime]
    ends: Mapped[datetime] = mapped_column(doc="the last moment at which it is in force")
    source: Mapped[str] = mapped_column(String(60), default="", doc="who said so")
    unit: Mapped[str] = mapped_column(String(10), doc="the unit that answers for it")
    state: Mapped[str] = mapped_column(String(12), default="open")
    version: Mapped[int] = mapped_column(Integer, default=1, doc="counts the acts on it")
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(80))
    updated_at: Mapped[datetime]
    updated_by: Mapped[str] = mapped_column(String(80))
    updated_by_name: Mapped[str] = mapped_column(String(120))


class AnswerRecord(Base):
    """What a person made of the bot's proposal for a ticket: numbers and references, none of the resident's words.

    ``features`` is the digest of the names that ``evidence`` was measured under.
    """

    __tablename__ = "answer_records"
    __table_args__ = (UniqueConstraint("ticket_id", "article", "version"), Index("ix_answer_records_at", "at"))

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    ticket_id: Mapped[str] = mapped_column(Key)
    article: Mapped[str] = mapped_column(String(64), doc="its number")
    version: Mapped[int] = mapped_column(Integer)
    evidence: Mapped[list[Any]]
    features: Mapped[str] = mapped_column(String(16))
    accepted: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime]


class AnswerWeights(Base):
    """Weights as a refit left them; the highest version is in use. Empty ``weights`` go back to the shipped ones.

    ``shipped`` is the digest of the shipped weights that the refit began with.
    """

    __tablename__ = "answer_weights"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    weights: Mapped[str] = mapped_column(Text, default="")
    shipped: Mapped[str] = mapped_column(String(16))
    accepted: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    passed_over: Mapped[int] = mapped_column(Integer)
