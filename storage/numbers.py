"""Sequences that people see: short numbers by day, order numbers by recipient."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base


class Counter(Base):
    """The last number given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(460), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


def next_number(session: Session, name: str) -> int:
    """The next number under ``name``, from 1. Two transactions never get the same; a rolled-back one leaves no gap."""
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(Counter).values(name=name, value=1)
    statement = statement.on_conflict_do_update(
        index_elements=[Counter.name], set_={"value": Counter.value + 1}
    ).returning(Counter.value)
    return int(session.execute(statement).scalar_one())


def short_number(session: Session, kind: str, day: date) -> str:
    """A number people can read out: date and sequence, ``20260324-0012``. ``kind`` is a letter in front, or empty."""
    sequence = next_number(session, f"{kind or 'ticket'}:{day:%Y%m%d}")
    return f"{kind}{day:%Y%m%d}-{sequence:04d}"
