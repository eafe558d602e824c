"""The database: two session makers over one store, and the column types all tables share.

SQLite runs in WAL mode with two engines. Reads are deferred. Writes begin ``IMMEDIATE``, because a transaction
that reads first and writes later fails under redelivery races; their pool holds one connection, so writers of one
process queue in order (``storage.turns``) instead of spinning on the file lock. PostgreSQL uses one engine for both.
Errors never print the values of a statement: they are residents' words.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, Uuid, create_engine, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

from storage.errors import NaiveTime, TimeOutOfRange
from storage.turns import PoolInTurn

BUSY_TIMEOUT_MS = 30_000
IMMEDIATE = "BEGIN IMMEDIATE"
POSTGRES = ("timezone=UTC", "lock_timeout=30000", "jit=off", "random_page_cost=1.1")
"""What every session sets. All queries are short: compiling one costs many times what it takes, and at the cost of a
page on a spinning disk whole tables are read to answer for one member of staff (100,000 cases: 3 s instead of 0.07).
"""
LOOK = 0.001
"""Seconds after which who waits to write looks again whether another process still does."""


EARLIEST, LATEST = datetime(1, 1, 1, 14, tzinfo=UTC), datetime(9999, 12, 31, 9, tzinfo=UTC)
"""No zone is further than 14 hours from UTC: what lies between can be shown in any."""


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC and given back in UTC. A naive one raises ``NaiveTime``.

    One outside ``EARLIEST`` to ``LATEST`` raises ``TimeOutOfRange``: a page that shows it in another zone would break.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise NaiveTime(value)
        if not EARLIEST <= value <= LATEST:
            raise TimeOutOfRange(value)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Document = JSON().with_variant(JSONB(), "postgresql")
"""A JSON column, binary on PostgreSQL."""


class TextKey(Uuid[str]):
    """A UUID as text. Where a database keeps its 32 characters only hyphens are put in.

    SQLAlchemy makes a ``UUID`` of each to print it: a sixth of the time of a page with many rows.
    """

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], str | None] | None:
        if dialect.supports_native_uuid:
            return super().result_processor(dialect, coltype)  # type: ignore[no-untyped-call,no-any-return]
        return _hyphened


def _hyphened(kept: str | None) -> str | None:
    return kept and f"{kept[:8]}-{kept[8:12]}-{kept[12:16]}-{kept[16:20]}-{kept[20:]}"


Key = TextKey()
"""A UUIDv7 as text in Python, native on PostgreSQL."""

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Parent of every table of the product, whichever room it stands in."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UTCDateTime, dict[str, Any]: Document, list[Any]: Document}  # noqa: RUF012


def new_id() -> str:
    """A new UUIDv7: ordered by time, so that rows of one day lie together in the index."""
    return str(uuid_utils.compat.uuid7())


def is_id(text: str) -> bool:
    """Whether ``text`` can be a key at all; PostgreSQL refuses anything else with an error."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _open_sqlite(url: URL, *, begin: str, pool_size: int, overflow: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=PoolInTurn,
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=overflow,
        pool_timeout=60,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own transaction handling is switched off: it would begin too late and never IMMEDIATE.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "cache_size=-32000",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if begin != IMMEDIATE or not _is_begun(connection.connection.dbapi_connection):
            connection.exec_driver_sql(begin)

    return engine


def _is_begun(connection: sqlite3.Connection) -> bool:
    """Begin to write as soon as no other process does. False: not in ``BUSY_TIMEOUT_MS``.

    SQLite's own waiting sleeps longer each time, up to a tenth of a second, and the others pass by meanwhile.
    """
    until = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                connection.execute(IMMEDIATE)
            except sqlite3.OperationalError as problem:
                if problem.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False  # said once more, it is raised as any error of a statement is
                time.sleep(LOOK)
            else:
                return True
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


class Database:
    """One store. ``with database.write.begin() as session`` commits once, at the end; ``database.read`` never writes.

    A write session must not be opened inside another of the same thread: on SQLite the second would wait for the
    first for ever (it fails after 60 s).
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.url = url
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database:
                Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
            self.writer = _open_sqlite(parsed, begin=IMMEDIATE, pool_size=1, overflow=0)
            self.reader = _open_sqlite(parsed, begin="BEGIN", pool_size=8, overflow=24)
        else:
            self.writer = self.reader = create_engine(
                parsed,
                poolclass=PoolInTurn,
                hide_parameters=True,
                pool_size=10,
                max_overflow=30,
                pool_pre_ping=True,
                connect_args={"options": " ".join(f"-c {each}" for each in POSTGRES)},
            )
        self.write: sessionmaker[Session] = sessionmaker(self.writer, expire_on_commit=False)
        self.read: sessionmaker[Session] = sessionmaker(self.reader, expire_on_commit=False)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.writer.dispose()
        self.reader.dispose()
