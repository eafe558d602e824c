"""Casework's tables. A ticket is one resident's matter; a case is the handling; many tickets may hang on one case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.resident_tables import Resident
from storage.database import Base, Key, new_id

EMERGENCY = text("urgency = 'emergency'")
"""Written out: a bound value would not be seen to be what an index holds alone."""
STOPPED_LATE = text("stopped_at > due_at")


class Ticket(Base):
    """诉求工单: one resident's matter. ``number`` is for people, ``code`` the unguessable key for looking it up."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_state_opened_at", "state", "opened_at"),
        Index("ix_tickets_resident_id_opened_at", "resident_id", "opened_at"),
        Index("ix_tickets_emergency", "state", "opened_at", sqlite_where=EMERGENCY, postgresql_where=EMERGENCY),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    code: Mapped[str] = mapped_column(String(30), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    sender: Mapped[str] = mapped_column(String(320))
    resident_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"))
    case_id: Mapped[str | None] = mapped_column(Key, ForeignKey("cases.id"), index=True)
    follows: Mapped[str | None] = mapped_column(
        Key, ForeignKey("tickets.id"), index=True, doc="承接工单: the one that was over when its resident wrote again"
    )
    split_from: Mapped[str | None] = mapped_column(Key, index=True, doc="拆分: the one whose message told this too")
    title: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime] = mapped_column(index=True)
    last_message_at: Mapped[datetime]
    suggestion: Mapped[dict[str, Any]] = mapped_column(default=dict)
    assessed_at: Mapped[datetime | None] = mapped_column(index=True)
    assess_failures: Mapped[int] = mapped_column(Integer, default=0)
    needs_review: Mapped[bool] = mapped_column(default=False)
    category: Mapped[str] = mapped_column(String(6), default="")
    request_type: Mapped[str] = mapped_column(String(10), default="")
    urgency: Mapped[str] = mapped_column(String(10), default="normal")
    unit: Mapped[str] = mapped_column(String(10), default="", doc="accepted, not only suggested")
    street: Mapped[str] = mapped_column(String(10), default="")
    community: Mapped[str] = mapped_column(String(10), default="")
    urgings: Mapped[int] = mapped_column(Integer, default=0)
    caller_marked: Mapped[bool] = mapped_column(default=False, doc="恶意骚扰标记: its resident was marked when it came")
    answer: Mapped[str] = mapped_column(Text, default="")
    close_reason: Mapped[str] = mapped_column(String(40), default="")
    confidential: Mapped[bool] = mapped_column(default=False, doc="保密: its reporter is hidden from every unit")
    erased_at: Mapped[datetime | None] = mapped_column(doc="when its personal words were erased by law")
    told_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(Integer)

    case: Mapped[Case | None] = relationship(back_populates="tickets")
    resident: Mapped[Resident] = relationship()
    followed: Mapped[Ticket | None] = relationship(remote_side="Ticket.id", foreign_keys="Ticket.follows")
    facts: Mapped[TicketFacts | None] = relationship()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Case(Base):
    """办件: the accountable piece of work. It keeps the rules' version it started with."""

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_state_opened_at", "state", "opened_at"),
        Index("ix_cases_lead_unit_state", "lead_unit", "state"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    state: Mapped[str] = mapped_column(String(20))
    rule_version: Mapped[str] = mapped_column(String(64), ForeignKey("rule_versions.version"))
    title: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(6), index=True)
    request_type: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[str] = mapped_column(String(10))
    hard: Mapped[bool] = mapped_column(default=False)
    lead_unit: Mapped[str] = mapped_column(String(10), default="")
    proposed_unit: Mapped[str] = mapped_column(String(10), default="", doc="what the desk or a return proposes")
    street: Mapped[str] = mapped_column(String(10), default="")
    community: Mapped[str] = mapped_column(String(10), default="")
    directory_line: Mapped[str] = mapped_column(String(10), default="")
    clause: Mapped[str] = mapped_column(Text, default="")
    against_directory: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime] = mapped_column(index=True)
    dispatched_at: Mapped[datetime | None]
    dispatched_by: Mapped[str] = mapped_column(String(80), default="", doc="whose dispatch a unit may return")
    first_unit: Mapped[str] = mapped_column(String(10), default="", doc="where the first dispatch went (首派)")
    signed_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(80), default="")
    closed_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(Text, default="", doc="公开答复: what the residents are told")
    record: Mapped[str] = mapped_column(Text, default="", doc="办理记录: what was done, for the desk and the unit only")
    merged_into: Mapped[str | None] = mapped_column(Key, doc="并入办件: the master case")
    review_date: Mapped[date | None]
    external_due_at: Mapped[datetime | None] = mapped_column(doc="the earliest deadline of the city's orders on it")
    returns: Mapped[int] = mapped_column(Integer, default=0, index=True)
    reworks: Mapped[int] = mapped_column(Integer, default=0, index=True)
    version: Mapped[int] = mapped_column(Integer)

    tickets: Mapped[list[Ticket]] = relationship(back_populates="case", order_by="(Ticket.opened_at, Ticket.id)")
    clocks: Mapped[list[Clock]] = relationship(order_by="(Clock.started_at, Clock.id)")
    units: Mapped[list[CaseUnit]] = relationship(cascade="all, delete-orphan")
    requests: Mapped[list[Request]] = relationship(order_by="(Request.asked_at, Request.id)")

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012

    @property
    def co_units(self) -> list[str]:
        """Codes of the co-handling units (协办)."""
        return sorted(part.unit for part in self.units if part.part == "co")


class CaseUnit(Base):
    """A unit's part in a case, ``lead`` or ``co``; a unit sees the cases it or a descendant has a part in."""

    __tablename__ = "case_units"
    __table_args__ = (Index("ix_case_units_unit_part", "unit", "part"),)

    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(String(10), primary_key=True)
    part: Mapped[str] = mapped_column(String(4))
    answer: Mapped[str] = mapped_column(Text, default="", doc="协办意见: what a co-handler tells the lead")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(80), default="")


class Correction(Base):
    """A person's correction of a suggestion: what triage learns from."""

    __tablename__ = "corrections"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), index=True)
    field: Mapped[str] = mapped_column(String(20))
    suggested: Mapped[str] = mapped_column(String(20), default="")
    corrected: Mapped[str] = mapped_column(String(20))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    model: Mapped[str] = mapped_column(String(60), default="")


ALIVE = ("running", "paused")
"""States of a clock that has not ended."""


class Clock(Base):
    """时限: one running of one clock on a case. States: running, paused, stopped, withdrawn (已撤销: with its dispatch,
    so that nobody met or missed it).
    """

    __tablename__ = "clocks"
    __table_args__ = (
        Index("ix_clocks_state_due_at", "state", "due_at"),
        # The state beside the case: without it SQLite looks through all clocks that run for each case of a list.
        Index("ix_clocks_case_id_state_due_at", "case_id", "state", "due_at"),
        Index(
            "ix_clocks_provisional",
            "state",
            sqlite_where=text("provisional = 1"),
            postgresql_where=text("provisional"),
        ),
        Index("ix_clocks_stopped_late", "stopped_at", sqlite_where=STOPPED_LATE, postgresql_where=STOPPED_LATE),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"))
    name: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="running")
    amount: Mapped[int] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(4))
    calendar: Mapped[str] = mapped_column(String(20))
    extra: Mapped[int] = mapped_column(Integer, default=0, doc="granted by extensions, in the same unit")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    own_due_at: Mapped[datetime] = mapped_column(doc="by our own rule; ``due_at`` is earlier where an order's is")
    provisional: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    warned: Mapped[str] = mapped_column(String(10), default="", doc="the last rung of its ladder it passed, or all")
    history: Mapped[list[Any] | None] = mapped_column(
        default=list, doc="pauses and extensions (casework.clock_history); None: began before they were kept"
    )

    @property
    def ended(self) -> bool:
        """Whether it neither runs nor stands still."""
        return self.state not in ALIVE


class Request(Base):
    """申请: what needs somebody's approval beside the case's state."""

    __tablename__ = "requests"
    __table_args__ = (Index("ix_requests_state_asked_at", "state", "asked_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    reason: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    proposed_unit: Mapped[str] = mapped_column(String(10), default="")
    directory_line: Mapped[str] = mapped_column(String(10), default="")
    review_date: Mapped[date | None]
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_unit: Mapped[str] = mapped_column(String(10), default="")
    asked_at: Mapped[datetime]
    dispatched_by: Mapped[str] = mapped_column(String(80), default="", doc="who had dispatched the case to that unit")
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(Text, default="")
    record: Mapped[str] = mapped_column(Text, default="", doc="办理记录 of an answer that waits for approval")
    changed_text: Mapped[str] = mapped_column(Text, default="", doc="the text as whoever approved it changed it")

    case: Mapped[Case] = relationship(back_populates="requests")


class Callback(Base):
    """回访: one attempt to ask the resident. ``contacted``, ``resolved``, ``satisfaction`` are his own answers."""

    __tablename__ = "callbacks"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), index=True)
    round: Mapped[int] = mapped_column(Integer, default=1, doc="1, and one more after each rework")
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    reached: Mapped[bool]
    contacted: Mapped[bool | None]
    resolved: Mapped[bool | None]
    satisfaction: Mapped[str] = mapped_column(String(20), default="", doc="one of SATISFACTION")
    text: Mapped[str] = mapped_column(Text, default="")


class Step(Base):
    """One line of what happened to a ticket or a case, as the pages tell it. ``text`` may hold personal words."""

    __tablename__ = "steps"
    __table_args__ = (
        Index("ix_steps_case_id_at", "case_id", "at"),
        Index("ix_steps_ticket_id_at", "ticket_id", "at"),
        Index("ix_steps_move_at", "move", "at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime]
    ticket_id: Mapped[str | None] = mapped_column(Key, ForeignKey("tickets.id"))
    case_id: Mapped[str | None] = mapped_column(Key, ForeignKey("cases.id"))
    actor: Mapped[str] = mapped_column(String(80))
    actor_name: Mapped[str] = mapped_column(String(60), default="")
    role: Mapped[str] = mapped_column(String(30))
    move: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(20), default="")
    target: Mapped[str] = mapped_column(String(20), default="")
    unit: Mapped[str] = mapped_column(String(10), default="")
    reason: Mapped[str] = mapped_column(String(40), default="")
    text: Mapped[str] = mapped_column(Text, default="")


class Notice(Base):
    """提醒 for staff: a unit, the desk, or the supervisors are told something about a case or a ticket."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_audience_unit_at", "audience", "unit", "at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    at: Mapped[datetime]
    audience: Mapped[str] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(10), default="")
    reader: Mapped[str] = mapped_column(String(80), default="", doc="of the audience person: whose it is")
    case_id: Mapped[str | None] = mapped_column(Key)
    ticket_id: Mapped[str | None] = mapped_column(Key)
    template: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    read_at: Mapped[datetime | None] = mapped_column(doc="done with for everybody, as in the demo's history")


class NoticeReader(Base):
    """全部已读: the last notice up to which one member of staff has read everything."""

    __tablename__ = "notice_readers"

    reader: Mapped[str] = mapped_column(String(80), primary_key=True)
    up_to: Mapped[str] = mapped_column(Key)


class RuleVersion(Base):
    """The workflow, clocks and calendars of one pack version, kept for the cases that started under it."""

    __tablename__ = "rule_versions"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    pack: Mapped[str] = mapped_column(String(60))
    pack_version: Mapped[str] = mapped_column(String(40))
    rules: Mapped[dict[str, Any]]
    first_seen: Mapped[datetime]


class TicketFacts(Base):
    """One typed row for each ticket: the columns the formulas name, as 0 or 1, and what the rates are grouped by.

    The last five are what triage last guessed, for the figures and the order that many tickets are asked for.
    """

    __tablename__ = "ticket_facts"
    __table_args__ = (Index("ix_ticket_facts_counted_at_unit", "counted_at", "unit"),)

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    unit: Mapped[str] = mapped_column(String(10), default="")
    unit_kind: Mapped[str] = mapped_column(String(20), default="")
    first_unit: Mapped[str] = mapped_column(String(10), default="", doc="where the case was dispatched first (首派)")
    street: Mapped[str] = mapped_column(String(10), default="")
    category: Mapped[str] = mapped_column(String(6), default="")
    opened_at: Mapped[datetime] = mapped_column(index=True)
    counted_at: Mapped[datetime | None] = mapped_column(doc="when its callback was completed: the period it belongs to")
    accepted: Mapped[int] = mapped_column(Integer, default=0)
    closed: Mapped[int] = mapped_column(Integer, default=0)
    effective_callback: Mapped[int] = mapped_column(Integer, default=0)
    contacted_in_time: Mapped[int] = mapped_column(Integer, default=0)
    resolved: Mapped[int] = mapped_column(Integer, default=0)
    satisfied: Mapped[int] = mapped_column(Integer, default=0)
    basically_satisfied: Mapped[int] = mapped_column(Integer, default=0)
    answered: Mapped[int] = mapped_column(Integer, default=0)
    ever_answered: Mapped[int] = mapped_column(Integer, default=0)
    on_time: Mapped[int] = mapped_column(Integer, default=0)
    dispatched: Mapped[int] = mapped_column(Integer, default=0)
    first_dispatch_right: Mapped[int] = mapped_column(Integer, default=0)
    returned: Mapped[int] = mapped_column(Integer, default=0)
    reworked: Mapped[int] = mapped_column(Integer, default=0)
    overdue: Mapped[int] = mapped_column(Integer, default=0)
    direct_answer: Mapped[int] = mapped_column(Integer, default=0)
    excluded: Mapped[int] = mapped_column(Integer, default=0)
    city_verdict: Mapped[int] = mapped_column(Integer, default=0)
    city_contacted: Mapped[int] = mapped_column(Integer, default=0)
    city_resolved: Mapped[int] = mapped_column(Integer, default=0)
    city_satisfied: Mapped[int] = mapped_column(Integer, default=0)
    city_basically_satisfied: Mapped[int] = mapped_column(Integer, default=0)
    suggested: Mapped[str] = mapped_column(String(6), default="", doc="the first category; empty before a suggestion")
    second: Mapped[str] = mapped_column(String(6), default="")
    third: Mapped[str] = mapped_column(String(6), default="")
    probability: Mapped[float] = mapped_column(Float, default=0.0, doc="of the first category")
    lead: Mapped[float | None] = mapped_column(Float, doc="of the first over the second; None: of no category at all")
