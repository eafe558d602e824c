"""The tables of callback and after: who was asked in writing, and which callers are marked."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.resident_tables import Resident
from casework.tables import Ticket
from storage.database import Base, Key, new_id


class QuestionnaireSent(Base):
    """回访问卷: the resident was asked in writing in this round.

    States: ``open``; ``answered``; ``unclear``, left to a caller; ``over``, he was called or wrote nothing in time.
    """

    __tablename__ = "questionnaires"
    __table_args__ = (
        UniqueConstraint("ticket_id", "round"),
        Index("ix_questionnaires_state_sent_at", "state", "sent_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"))
    round: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="open")
    sent_at: Mapped[datetime]
    asked_again: Mapped[bool] = mapped_column(default=False)
    contacted: Mapped[bool | None]
    resolved: Mapped[bool | None]
    satisfaction: Mapped[str] = mapped_column(String(20), default="")
    said: Mapped[str] = mapped_column(Text, default="", doc="his replies, word for word")
    ended_at: Mapped[datetime | None]

    ticket: Mapped[Ticket] = relationship()


class CallerMark(Base):
    """恶意骚扰标记: proposed with evidence, approved by another, for a term.

    States: ``proposed``, ``active`` (until ``until``, when it ends by itself), ``refused``, ``lifted``.
    """

    __tablename__ = "caller_marks"
    __table_args__ = (Index("ix_caller_marks_state_until", "state", "until"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    resident_id: Mapped[str] = mapped_column(
        Key, ForeignKey("residents.id"), doc="who he was taken for at the proposal"
    )
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    text: Mapped[str] = mapped_column(Text, doc="what he did, in the words of who proposed it")
    days: Mapped[int] = mapped_column(Integer)
    proposed_by: Mapped[str] = mapped_column(String(80))
    proposed_by_name: Mapped[str] = mapped_column(String(60), default="")
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(Text, default="")
    until: Mapped[datetime | None]
    lifted_by: Mapped[str] = mapped_column(String(80), default="")
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(Text, default="")

    resident: Mapped[Resident] = relationship()
    evidence: Mapped[list[CallerMarkEvidence]] = relationship(order_by="CallerMarkEvidence.ticket_id")


class CallerMarkEvidence(Base):
    """A ticket that shows why its resident should be marked."""

    __tablename__ = "caller_mark_evidence"

    mark_id: Mapped[str] = mapped_column(Key, ForeignKey("caller_marks.id"), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True, index=True)

    ticket: Mapped[Ticket] = relationship()
