"""The tables of residents (居民): the names they are known by, how they were joined, what they asked of their data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class Resident(Base):
    """居民 / 诉求人: one person, however many channels he is known on."""

    __tablename__ = "residents"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(
        String(40), default="", index=True, doc="as he stated it last: no proof of anything"
    )
    verified_phone: Mapped[str] = mapped_column(String(40), default="", index=True, doc="one that a person checked")
    merged_into: Mapped[str | None] = mapped_column(Key, doc="归并: the resident that this one turned out to be")
    wishes: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="as ``casework.wishes`` names them")
    erased_at: Mapped[datetime | None]
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


class ResidentJoin(Base):
    """归并记录: two residents that were found to be one, on what proof, and all that has to go back on undo.

    ``moved`` holds the ids of ``identities``, ``tickets`` and ``messages`` that came; ``before`` what the kept one was.
    """

    __tablename__ = "resident_joins"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    kept_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    lost_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    proof: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120), default="")
    at: Mapped[datetime]
    moved: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[str] = mapped_column(String(80), default="")
    undone_reason: Mapped[str] = mapped_column(Text, default="")


class PhoneCode(Base):
    """验证码: asked for on one name, sent to another; only its salted digest is kept.

    ``target_id`` is None where nobody reachable has the telephone: the one who asks is told the same. A right code that
    was texted to ``phone`` proves it his then.
    """

    __tablename__ = "phone_codes"
    __table_args__ = (Index("ix_phone_codes_asker_id_asked_at", "asker_id", "asked_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    asker_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"))
    target_id: Mapped[str | None] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    phone: Mapped[str] = mapped_column(String(40), default="", doc="where it was texted to, until the code is given")
    salt: Mapped[str] = mapped_column(String(32))
    digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PersonRequest(Base):
    """个人信息申请: what he asks of his data, ``export`` (查阅复制) or ``erasure`` (删除), and what was decided.

    States: pending, approved (an export to be fetched), refused, done (an erasure).
    """

    __tablename__ = "person_requests"
    __table_args__ = (Index("ix_person_requests_state_asked_at", "state", "asked_at"),)

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    resident_id: Mapped[str] = mapped_column(Key, ForeignKey("residents.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10), default="pending")
    proof: Mapped[str] = mapped_column(Text, doc="how the agent knows that it is he who asks")
    ground: Mapped[str] = mapped_column(String(40), default="", doc="of the pack's retention.yaml, for an erasure")
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_by_name: Mapped[str] = mapped_column(String(120), default="")
    asked_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_by_name: Mapped[str] = mapped_column(String(120), default="")
    decided_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(Text, default="")
    result: Mapped[dict[str, Any]] = mapped_column(default=dict, doc="what an erasure took and what the law kept")


class ErasureMark(Base):
    """删除凭记: that a field held something that was erased, by its salted SHA-256.

    The salt is handed out once, with the receipt: who holds it can prove what stood there, and nobody can guess it.
    """

    __tablename__ = "erasure_marks"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    request_id: Mapped[str] = mapped_column(Key, ForeignKey("person_requests.id"), index=True)
    thing: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[str] = mapped_column(String(80))
    field: Mapped[str] = mapped_column(String(40))
    sha256: Mapped[str] = mapped_column(String(64))
