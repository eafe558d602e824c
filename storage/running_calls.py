"""Calls that come piece by piece: every piece is kept as it came until its call is over and a while longer.

A call's row is locked by whoever adds to it, so of two pieces at once both are kept, and none slips in between the
putting together of a call and the note that it was put together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    delete,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base, Key, new_id


class RunningCall(Base):
    """通话 that comes in pieces, by the platform's number of it."""

    __tablename__ = "running_calls"
    __table_args__ = (Index("ix_running_calls_ended_at_last_at", "ended_at", "last_at"),)

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(60), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    began_at: Mapped[datetime]
    last_at: Mapped[datetime] = mapped_column(doc="when the last piece came")
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(Integer, default=0, doc="grows with all that a reader of the call sees")
    alert_id: Mapped[str | None] = mapped_column(Key, index=True, doc="of the emergency that was heard in it")
    made: Mapped[list[Any]] = mapped_column(default=list, doc="delivery ids of what was put together, oldest first")


class CallNote(Base):
    """坐席记录: what the agent picked or typed while people talked, the last word on each field of a call."""

    __tablename__ = "call_notes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["channel", "account", "call_id"],
            ["running_calls.channel", "running_calls.account", "running_calls.call_id"],
            name="fk_call_notes_running_calls",
        ),
    )

    channel: Mapped[str] = mapped_column(String(20), primary_key=True)
    account: Mapped[str] = mapped_column(String(60), primary_key=True)
    call_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    field: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    role: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]


class CallPiece(Base):
    """One piece of a call as it came. ``late``: after the call was over."""

    __tablename__ = "call_pieces"
    __table_args__ = (
        UniqueConstraint("channel", "account", "call_id", "digest"),
        ForeignKeyConstraint(
            ["channel", "account", "call_id"],
            ["running_calls.channel", "running_calls.account", "running_calls.call_id"],
            name="fk_call_pieces_running_calls",
        ),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    call_id: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    late: Mapped[bool] = mapped_column(Boolean)
    received_at: Mapped[datetime]


def held(session: Session, channel: str, account: str, call_id: str, *, now: datetime) -> RunningCall:
    """The call, begun now if it is new, locked until the transaction ends."""
    values = {"channel": channel, "account": account, "call_id": call_id}
    statement = _insert(session)(RunningCall).values(**values, began_at=now, last_at=now, made=[], version=0)
    session.execute(statement.on_conflict_do_nothing())
    return session.get_one(RunningCall, (channel, account, call_id), with_for_update=True, populate_existing=True)


def add(session: Session, call: RunningCall, content: bytes, *, now: datetime) -> bool:
    """Keep a piece of a call that is ``held``; whether it is new. The same bytes again change nothing."""
    values = {
        "id": new_id(),
        "channel": call.channel,
        "account": call.account,
        "call_id": call.call_id,
        "digest": hashlib.sha256(content).hexdigest(),
        "content": content,
        "late": call.ended_at is not None,
        "received_at": now,
    }
    statement = _insert(session)(CallPiece).values(**values).on_conflict_do_nothing()
    added = session.execute(statement.returning(CallPiece.id)).scalar_one_or_none() is not None
    if added:
        call.last_at = now
        call.version += 1
    return added


def pieces(session: Session, call: RunningCall) -> Sequence[CallPiece]:
    """All pieces of a call in the order they came."""
    query = select(CallPiece).where(*_of(call)).order_by(CallPiece.id)
    return list(session.scalars(query))


def newest(session: Session, channel: str, account: str, call_id: str, *, limit: int) -> list[bytes]:
    """The last pieces of a call as they came, the oldest of them first."""
    of = (CallPiece.channel == channel, CallPiece.account == account, CallPiece.call_id == call_id)
    query = select(CallPiece.content).where(*of).order_by(CallPiece.id.desc()).limit(limit)
    return list(session.scalars(query))[::-1]


def standing(session: Session, *, channel: str, ended_since: datetime, limit: int) -> Sequence[RunningCall]:
    """Calls that run, the longest running first, then those that ended since then, the last ended first."""
    of_channel = select(RunningCall).where(RunningCall.channel == channel)
    running = of_channel.where(RunningCall.ended_at.is_(None)).order_by(RunningCall.began_at).limit(limit)
    ended = of_channel.where(RunningCall.ended_at >= ended_since).order_by(RunningCall.ended_at.desc()).limit(limit)
    return [*session.scalars(running), *session.scalars(ended)]


def versions(session: Session, *, channel: str, ended_since: datetime) -> dict[tuple[str, str], int]:
    """The version of each call that runs or ended since then, by its account and number."""
    query = select(RunningCall.account, RunningCall.call_id, RunningCall.version).where(
        RunningCall.channel == channel,
        or_(RunningCall.ended_at.is_(None), RunningCall.ended_at >= ended_since),
    )
    return {(account, call_id): version for account, call_id, version in session.execute(query)}


def notes(session: Session, channel: str, account: str, call_id: str) -> Sequence[CallNote]:
    """What the agent put down of a call, as he first touched the fields."""
    of = (CallNote.channel == channel, CallNote.account == account, CallNote.call_id == call_id)
    return list(session.scalars(select(CallNote).where(*of).order_by(CallNote.at, CallNote.field)))


def quiet(session: Session, *, since: datetime, limit: int) -> Sequence[RunningCall]:
    """Calls not over of which nothing came since then, the quietest first."""
    query = (
        select(RunningCall)
        .where(RunningCall.ended_at.is_(None), RunningCall.last_at <= since)
        .order_by(RunningCall.last_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def forget(session: Session, *, before: datetime) -> int:
    """Drop pieces and notes of calls that were over by then; that there was such a call stays known. Return how many
    pieces.
    """
    session.execute(delete(CallNote).where(_over(CallNote, before)))
    done = session.execute(delete(CallPiece).where(_over(CallPiece, before)))
    return int(done.rowcount)  # type: ignore[attr-defined]


def erase(session: Session, channel: str, account: str, call_id: str) -> None:
    """Drop what was said in a call, and what was put down of it, at once."""
    for table in (CallNote, CallPiece):
        of = (table.channel == channel, table.account == account, table.call_id == call_id)
        session.execute(delete(table).where(*of))


def _over(of: type[CallNote | CallPiece], before: datetime) -> Any:
    same = (RunningCall.channel == of.channel, RunningCall.account == of.account, RunningCall.call_id == of.call_id)
    return select(RunningCall.call_id).where(*same, RunningCall.ended_at < before).exists()


def _of(call: RunningCall) -> tuple[Any, ...]:
    return (CallPiece.channel == call.channel, CallPiece.account == call.account, CallPiece.call_id == call.call_id)


def _insert(session: Session) -> Any:
    return (postgresql if session.get_bind().dialect.name == "postgresql" else sqlite).insert
