"""The table of half-filled forms (草稿) of the residents' page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base


class AppealDraft(Base):
    """What a resident has given so far, step by step; deleted when nobody touches it for the pack's ``draft_hours``.

    ``key`` is the digest of the unguessable key in his addresses: who reads the table cannot open his form. Once it
    was sent, ``code`` is the lookup code of its ticket, and what was written is gone from here.
    """

    __tablename__ = "appeal_drafts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    given: Mapped[dict[str, Any]] = mapped_column(default=dict)
    photos: Mapped[list[Any]] = mapped_column(default=list, doc="name, blob, size and media type of each")
    code: Mapped[str] = mapped_column(String(30), default="")
    expires_at: Mapped[datetime] = mapped_column(index=True)
