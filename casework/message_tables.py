"""The tables of what residents send: messages (消息) and their files (附件)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.database import Base, Key, new_id


class Message(Base):
    """消息, inbound. Its raw payload lies byte for byte in the blob store under ``blob``."""

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("channel", "account", "delivery_id"),
        Index("ix_messages_channel_account_external_id", "channel", "account", "external_id"),
        Index("ix_messages_of_sender", "channel", "account", "sender", "received_at"),
    )

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    delivery_id: Mapped[str] = mapped_column(String(200))
    external_id: Mapped[str] = mapped_column(String(998), default="")
    revises: Mapped[str] = mapped_column(String(998), default="", doc="external_id of the message it words anew")
    resident_id: Mapped[str | None] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    ticket_id: Mapped[str | None] = mapped_column(Key, ForeignKey("tickets.id"), index=True)
    sender: Mapped[str] = mapped_column(String(320), default="")
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text, default="")
    text: Mapped[str] = mapped_column(Text, default="")
    full_text: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[dict[str, Any]] = mapped_column(default=dict)
    automatic: Mapped[str] = mapped_column(String(20), default="")
    event: Mapped[str] = mapped_column(String(60), default="")
    event_key: Mapped[str] = mapped_column(Text, default="", doc="scene of a code, key of a menu, as set up there")
    ignored: Mapped[str] = mapped_column(Text, default="", doc="why no ticket came of it; empty when one did")
    notes: Mapped[list[Any]] = mapped_column(default=list)
    blob: Mapped[str] = mapped_column(String(64), default="")
    recording: Mapped[str] = mapped_column(String(500), default="", doc="address at which a call is heard")
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime] = mapped_column(index=True)
    response: Mapped[bytes | None] = mapped_column(LargeBinary, doc="what the webhook answered; a redelivery gets it")
    response_type: Mapped[str] = mapped_column(String(80), default="")

    attachments: Mapped[list[AttachedFile]] = relationship(order_by="AttachedFile.position")


class AttachedFile(Base):
    """附件 of a message: bytes in the blob store under ``blob``.

    What a platform keeps under ``reference`` is ``wanted`` until it is ``kept`` or ``gone`` (``casework.media``).
    """

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_fetch_state_fetch_due_at", "fetch_state", "fetch_due_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    message_id: Mapped[str] = mapped_column(Key, ForeignKey("messages.id"), index=True)
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer, default=0)
    blob: Mapped[str] = mapped_column(String(64), default="")
    reference: Mapped[str] = mapped_column(Text, default="")
    inline: Mapped[bool] = mapped_column(default=False)
    fetch_state: Mapped[str] = mapped_column(String(10), default="", doc="wanted, kept, gone; empty: came along")
    fetch_due_at: Mapped[datetime | None]
    fetch_attempts: Mapped[int] = mapped_column(Integer, default=0)
    fetch_note: Mapped[str] = mapped_column(Text, default="", doc="why it is not here, or not what it was called")
