"""The tables of events (事件): which tickets report one thing that happened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.tables import Ticket
from storage.database import Base, Key, new_id


class Event(Base):
    """事件: one thing that happened, as its reports tell it; every judged ticket is of one, most of one alone.

    It is a mass event (群体事件) from ``mass_at`` on: the report that made so many reporters within the pack's hours.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_mass_at_last_at", "mass_at", "last_at"),
        Index("ix_events_keyed_last_at", "keyed", "last_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(30), default="", index=True, doc="for people; once a mass event")
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    tickets: Mapped[int] = mapped_column(Integer, default=0)
    reporters: Mapped[int] = mapped_column(Integer, default=0, doc="different residents")
    mass_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None] = mapped_column(doc="when the desk was told of it, once")
    keyed: Mapped[bool] = mapped_column(default=True, doc="false when it is long over and its keys are gone")


class EventTicket(Base):
    """A ticket's place in its event."""

    __tablename__ = "event_tickets"
    __table_args__ = (Index("ix_event_tickets_event_id_opened_at", "event_id", "opened_at"),)

    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(Key, ForeignKey("events.id"))
    opened_at: Mapped[datetime] = mapped_column(doc="the ticket's, to find the latest by")
    by: Mapped[str] = mapped_column(String(80), doc="who put it there: system, or a person")

    ticket: Mapped[Ticket] = relationship()
    event: Mapped[Event] = relationship()


class EventExclusion(Base):
    """不是同一事件: a person took the ticket out of the event, or its resident refused it; only a person puts it in."""

    __tablename__ = "event_exclusions"

    event_id: Mapped[str] = mapped_column(Key, ForeignKey("events.id"), primary_key=True)
    ticket_id: Mapped[str] = mapped_column(Key, ForeignKey("tickets.id"), primary_key=True, index=True)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]

    ticket: Mapped[Ticket] = relationship()


class EventKey(Base):
    """What a newcomer must share with an event to be compared with it (``triage.events.keys``), as a number.

    No words are kept, they could be a name; and none of an event that is over.
    """

    __tablename__ = "event_keys"

    key: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[str] = mapped_column(Key, ForeignKey("events.id"), primary_key=True, index=True)
