"""Sequences that people see: short numbers by day, order numbers by recipient."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Executable, Integer, String, bindparam, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.database import Base
from storage.statements import ByDialect, table_of


class Counter(Base):
    """The last number given out under a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(460), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)


def _next(dialect: Any) -> Executable:
    table = table_of(Counter)
    return (  # type: ignore[no-any-return]
        dialect.insert(table)
        .values(name=bindparam("name"), value=1)
        .on_conflict_do_update(index_elements=[table.c.name], set_={"value": table.c.value + 1})
        .returning(table.c.value)
    )


_NEXT = ByDialect(_next)


def next_number(session: Session, name: str) -> int:
    """The next number under ``name``, from 1. Two transactions never get the same; a rolled-back one leaves no gap."""
    # Past the session, which would flush whatever waits there: no counter does.
    return int(session.connection().execute(_NEXT.of(session), {"name": name}).scalar_one())


def short_number(session: Session, kind: str, day: date) -> str:
    """A number people can read out: date and sequence, ``20260324-0012``. ``kind`` is a letter in front, or empty."""
    sequence = next_number(session, f"{kind or 'ticket'}:{day:%Y%m%d}")
    return f"{kind}{day:%Y%m%d}-{sequence:04d}"


def forget(session: Session, name: str) -> None:
    """Forget a series of numbers, and the name it had."""
    session.execute(delete(Counter).where(Counter.name == name))
