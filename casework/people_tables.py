"""Tables of who does the work: absences, hand-overs, the duty roster, and the alerts that call those on duty."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.database import Base, Key, new_id


class Absence(Base):
    """请假代理: a member of staff is away, and another stands in for him. It ends early by ``ended_at``."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_stand_in_id_ends", "stand_in_id", "ends"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"), index=True)
    stand_in_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(200), default="")
    entered_by: Mapped[str] = mapped_column(String(80))
    entered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(doc="销假: back, or taken back, before ``ends``")


class HandOver(Base):
    """移交: open work of one unit handed to another, by a person (``by_hand``) or by a change of units."""

    __tablename__ = "hand_overs"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(12), doc="by_hand or unit_change")
    source: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(60), default="")
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(80), default="")

    cases: Mapped[list[HandedCase]] = relationship(order_by="HandedCase.case_id")


class HandedCase(Base):
    """One case of a hand-over. ``before`` is who had which part in it, for undoing it."""

    __tablename__ = "handed_cases"

    hand_over_id: Mapped[str] = mapped_column(Key, ForeignKey("hand_overs.id"), primary_key=True)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"), primary_key=True, index=True)
    part: Mapped[str] = mapped_column(String(10), doc="lead, co, or proposed: not dispatched yet")
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    undone: Mapped[bool] = mapped_column(default=False)


class DutyShift(Base):
    """值班: one member of staff on duty from ``starts`` to before ``ends``; the lowest ``position`` is called first."""

    __tablename__ = "duty_shifts"
    __table_args__ = (
        UniqueConstraint("starts", "user_id"),
        Index("ix_duty_shifts_ends_starts", "ends", "starts"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    position: Mapped[int] = mapped_column(Integer)
    user_id: Mapped[str] = mapped_column(Key, ForeignKey("users.id"))
    phone: Mapped[str] = mapped_column(String(30), default="")
    entered_by: Mapped[str] = mapped_column(String(80))


class Alert(Base):
    """告警: something that somebody on duty must acknowledge. ``key`` makes it once only.

    States: ``open``, ``acknowledged``, ``over`` (what it was about ended before anybody acknowledged).
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_state_due_at", "state", "due_at"),
        Index("ix_alerts_case_id", "case_id"),
        Index("ix_alerts_ticket_id", "ticket_id"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12), default="open")
    text: Mapped[str] = mapped_column(Text)
    case_id: Mapped[str | None] = mapped_column(Key)
    ticket_id: Mapped[str | None] = mapped_column(Key)
    clock_id: Mapped[str | None] = mapped_column(Key, index=True)
    clock_due_at: Mapped[datetime | None] = mapped_column(doc="of a red deadline: which; extended, it is another")
    raised_at: Mapped[datetime] = mapped_column(index=True)
    due_at: Mapped[datetime | None] = mapped_column(doc="when the next one is called; None: all have been")
    ended_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str] = mapped_column(String(80), default="")
    acknowledged_name: Mapped[str] = mapped_column(String(60), default="")

    calls: Mapped[list[AlertCall]] = relationship(order_by="AlertCall.step")


class AlertCall(Base):
    """呼叫: one step of an alert's escalation: somebody on duty, or (``user_id`` empty) all supervisors."""

    __tablename__ = "alert_calls"

    alert_id: Mapped[str] = mapped_column(Key, ForeignKey("alerts.id"), primary_key=True)
    step: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[str] = mapped_column(String(80), default="")
    name: Mapped[str] = mapped_column(String(60), default="")
    at: Mapped[datetime]
    ways: Mapped[list[Any]] = mapped_column(default=list, doc="[way, delivery, user] of each message it went out by")


class AlertLine(Base):
    """呼叫线路: what a way of calling goes out by, as the process that sends knows it from its settings."""

    __tablename__ = "alert_lines"

    way: Mapped[str] = mapped_column(String(10), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    pages: Mapped[str] = mapped_column(String(300), default="", doc="where the desk's pages are, for links")
