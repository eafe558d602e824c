"""Tables of supervision: orders, leaders' notes, who watches which case, and what was followed up."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.tables import Case
from storage.database import Base, Key, new_id


class SupervisionOrder(Base):
    """督办: a supervisor's formal order on a case.

    States: ``issued``, ``acknowledged`` (已阅), ``answered``; over when ``accepted``, ``upgraded`` or ``withdrawn``.
    It goes with the case: whoever leads the case answers it.
    """

    __tablename__ = "supervision_orders"
    __table_args__ = (
        Index("ix_supervision_orders_state_due_at", "state", "due_at"),
        Index("ix_supervision_orders_case_id_issued_at", "case_id", "issued_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"))
    level: Mapped[str] = mapped_column(String(10))
    label: Mapped[str] = mapped_column(String(20), doc="of the level, as the pack had it")
    state: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="", doc="why this level without the one before it")
    unit: Mapped[str] = mapped_column(String(10), doc="that led the case when it was issued")
    term: Mapped[str] = mapped_column(String(40), doc="as the pack writes it: 2 wd office")
    due_at: Mapped[datetime]
    provisional: Mapped[bool] = mapped_column(default=False)
    follows: Mapped[str | None] = mapped_column(Key, ForeignKey("supervision_orders.id"), doc="upgraded from")
    issued_by: Mapped[str] = mapped_column(String(80))
    issued_by_name: Mapped[str] = mapped_column(String(60), default="")
    issued_at: Mapped[datetime]
    acknowledged_by: Mapped[str] = mapped_column(String(80), default="")
    acknowledged_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(80), default="")
    answered_by_name: Mapped[str] = mapped_column(String(60), default="")
    answered_at: Mapped[datetime | None]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(Text, default="", doc="the supervisor's last word on it")
    told_overdue_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


class LeadersNote(Base):
    """领导批示: what a leader wrote on a case, entered by a supervisor. ``open``, ``answered`` or ``withdrawn``."""

    __tablename__ = "leaders_notes"
    __table_args__ = (
        Index("ix_leaders_notes_state_asks_answer", "state", "asks_answer"),
        Index("ix_leaders_notes_case_id_entered_at", "case_id", "entered_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"))
    leader: Mapped[str] = mapped_column(String(60))
    office: Mapped[str] = mapped_column(String(60))
    noted_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    asks_answer: Mapped[bool]
    state: Mapped[str] = mapped_column(String(10))
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_by_name: Mapped[str] = mapped_column(String(60), default="")
    entered_at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str] = mapped_column(String(80), default="")
    answered_by_name: Mapped[str] = mapped_column(String(60), default="")
    answered_at: Mapped[datetime | None]
    withdrawn_by: Mapped[str] = mapped_column(String(80), default="")
    withdrawn_at: Mapped[datetime | None]
    withdrawn_for: Mapped[str] = mapped_column(Text, default="")

    case: Mapped[Case] = relationship()


class WatchedCase(Base):
    """关注: a supervisor keeps an eye on a case."""

    __tablename__ = "watched_cases"

    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"), primary_key=True)
    by: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime]


class FollowedUp(Base):
    """已跟进: a line of the follow-up list that was seen to. It holds while ``mark`` says what the line says now."""

    __tablename__ = "followed_up"

    reason: Mapped[str] = mapped_column(String(12), primary_key=True)
    subject: Mapped[str] = mapped_column(Key, primary_key=True, doc="a case, a ticket without one, or a resident")
    person: Mapped[str] = mapped_column(String(80), primary_key=True, doc="whose alone it is: of a watched case")
    mark: Mapped[str] = mapped_column(String(120))
    word: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime] = mapped_column(index=True)
