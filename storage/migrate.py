"""Bring the schema up to date: ``upgrade`` runs what is missing, once, whoever calls it at the same time."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.database import Database

LOCK = 0x7953_0001
"""Advisory lock on PostgreSQL: several workers may start together."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Run every migration that is missing, in one transaction."""
    with database.writer.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        command.upgrade(_config(connection), "head")


@cache
def _newest() -> str | None:
    """Of this program's migrations. Reading them all takes a while, and monitors ask often whether a desk is ready."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def revision(database: Database) -> tuple[str | None, str | None]:
    """(the schema's revision, the newest one): equal when nothing is missing."""
    with database.reader.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision(), _newest()


def draft(database: Database, message: str) -> None:
    """Write a migration from the difference between tables and schema, for a developer to read and correct."""
    with database.writer.begin() as connection:
        command.revision(_config(connection), message, autogenerate=True)
