"""Statements of the hot path: built once and run on tables, because building one costs more than running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.database import Base


def table_of(mapped: type[Base]) -> Table:
    """The table of a mapped class; none here is mapped to anything else."""
    table = mapped.__table__
    assert isinstance(table, Table)
    return table


class ByDialect:
    """A statement that each database spells with its own ``insert``: ON CONFLICT is no standard SQL."""

    def __init__(self, build: Callable[[Any], Executable]) -> None:
        self._built = {"sqlite": build(sqlite), "postgresql": build(postgresql)}

    def of(self, session: Session) -> Executable:
        """As the session's database spells it."""
        return self._built[session.get_bind().dialect.name]
