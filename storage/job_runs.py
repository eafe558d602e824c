"""How the jobs that run by themselves fare: of each the last run, and the last that failed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base

LONGEST = 300


class JobRun(Base):
    """任务: one kind of job. ``error`` is of the last run, empty where it went well; ``failed_at`` outlives it."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    began_at: Mapped[datetime]
    milliseconds: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(Integer, doc="how many things it did")
    failed_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(LONGEST), default="")


def put_down(
    session: Session, name: str, *, began_at: datetime, milliseconds: int, done: int = 0, error: str = ""
) -> None:
    """Write down a run; a later one takes its place. Of two at once the one that began later stays."""
    row = session.get(JobRun, name)
    if row is None:
        row = JobRun(name=name, began_at=began_at, milliseconds=0, done=0)
        session.add(row)
    elif row.began_at > began_at:
        return
    row.began_at, row.milliseconds, row.done, row.error = began_at, milliseconds, done, error[:LONGEST]
    if error:
        row.failed_at = began_at
    session.flush()


def list_all(session: Session) -> Sequence[JobRun]:
    """The last run of each."""
    return list(session.scalars(select(JobRun).order_by(JobRun.name)))
