"""What was told of a clock: one row for each rung of its ladder that it passed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.database import Base, Key, new_id


class ClockWarning(Base):
    """时限提醒: a clock reached a rung. ``told`` names the audiences, with a comma between; empty: a higher rung was
    reached at the same time, and only that was told.
    """

    __tablename__ = "clock_warnings"

    id: Mapped[str] = mapped_column(Key, primary_key=True, default=new_id)
    clock_id: Mapped[str] = mapped_column(Key, ForeignKey("clocks.id"), index=True)
    rung: Mapped[str] = mapped_column(String(10))
    told: Mapped[str] = mapped_column(Text, default="")
    due_at: Mapped[datetime] = mapped_column(doc="the deadline it had then")
    at: Mapped[datetime]
