"""The tables of residents (居民) and the names they are known by."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class Resident(Base):
    """居民 / 诉求人: one person, however many channels he is known on."""

    __tablename__ = "residents"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[datetime]


class Identity(Base):
    """One name a resident is known by: an openid, an e-mail address, a phone number."""

    __tablename__ = "resident_identities"
    __table_args__ = (UniqueConstraint("channel", "account", "external"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    resident_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20))
    account: Mapped[str] = mapped_column(String(60))
    external: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(120), default="")
    reachable: Mapped[bool] = mapped_column(default=True, doc="false after he unsubscribed or his mail bounced")
