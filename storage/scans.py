"""What a virus scanner said of a file, by its content: the same bytes are scanned once, however often they are sent.

A file without a row was not scanned.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import String, Text, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base

State = Literal["clean", "infected", "unscannable"]


class Scan(Base):
    """查毒 of one content. ``found`` is the virus's name, or why the scanner could not look into it."""

    __tablename__ = "scans"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    found: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]


def keep(session: Session, digest: str, state: State, found: str, *, now: datetime) -> bool:
    """Keep a result over an earlier one; an infection stays one. Return whether it is an infection not known before."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(Scan).values(digest=digest, state=state, found=found, at=now).on_conflict_do_nothing()
    if session.scalar(fresh.returning(Scan.digest)) is not None:
        return state == "infected"
    row = session.get_one(Scan, digest, with_for_update=True)
    known = row.state == "infected"
    if not known:
        row.state, row.found, row.at = state, found, now
    return row.state == "infected" and not known


def of(session: Session, digests: Collection[str]) -> dict[str, Scan]:
    """The results there are, by digest."""
    if not digests:
        return {}
    return {row.digest: row for row in session.scalars(select(Scan).where(Scan.digest.in_(digests)))}
