"""Files on a case: evidence (证明材料) that staff put there, for a move, for a request or for the case at large."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class CaseFile(Base):
    """附件 of a case: bytes in the blob store under ``blob``; name and blob go when the case's resident is erased.

    ``by_unit`` is empty where the desk put it there.
    """

    __tablename__ = "case_files"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    case_id: Mapped[str] = mapped_column(Key, ForeignKey("cases.id"), index=True)
    request_id: Mapped[str | None] = mapped_column(Key, ForeignKey("requests.id"), index=True)
    step_id: Mapped[str | None] = mapped_column(Key, doc="no foreign key: steps are written last, at the commit")
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(Integer)
    blob: Mapped[str] = mapped_column(String(64), index=True)
    by: Mapped[str] = mapped_column(String(80))
    by_name: Mapped[str] = mapped_column(String(120))
    by_unit: Mapped[str] = mapped_column(String(10), default="")
    at: Mapped[datetime]
