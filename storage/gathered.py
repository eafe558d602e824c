"""Rows that a transaction only ever appends: gathered while it runs, written together when it commits.

The change log, the audit and the timeline take eight rows for one message, and no act reads back what it has just
appended. Through the unit of work each would be an object that is tracked, flushed and forgotten; here they are plain
values, and each table takes all of a transaction's rows by one statement. They are written after everything else, in
the order in which they came, so they may name any row of their transaction; a rollback forgets them with it.
Whoever does read these tables in a transaction that appended to them calls ``write`` before.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert, event, insert
from sqlalchemy.orm import Session, SessionTransaction

from storage.database import Base
from storage.statements import table_of

_KEY = "gathered"


class Appended:
    """A table to append to. Every row names the same columns: one statement takes them all."""

    def __init__(self, table: type[Base]) -> None:
        self._insert = insert(table_of(table))

    def add(self, session: Session, **values: Any) -> None:
        """Append a row to be written when the session commits."""
        gathered: dict[Insert, list[dict[str, Any]]] = session.info.setdefault(_KEY, {})
        gathered.setdefault(self._insert, []).append(values)


def write(session: Session) -> None:
    """Write what was gathered so far."""
    gathered: dict[Insert, list[dict[str, Any]]] = session.info.pop(_KEY, {})
    if not gathered:
        return
    session.flush()
    connection = session.connection()
    for statement, rows in gathered.items():
        connection.execute(statement, rows)


@event.listens_for(Session, "before_commit")
def _write_at_commit(session: Session) -> None:
    write(session)


@event.listens_for(Session, "after_soft_rollback")
def _forget(session: Session, _previous: SessionTransaction) -> None:
    session.info.pop(_KEY, None)
