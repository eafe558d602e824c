"""Shared by all tests: real databases, and a loud word when a tool is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from drills.servers import postgres_cluster
from storage import migrate
from storage.database import Database, new_id


def missing(package: str, what: str) -> None:
    """Skip with the Debian package to install; in CI a missing tool is a failure, so nothing is skipped there."""
    sentence = f"{what} is not here: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private PostgreSQL cluster on a socket in a temporary folder; gives the URL without the database's name."""
    with postgres_cluster() as url:
        if url is None:
            missing("postgresql", "PostgreSQL")
            return
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty database on the private cluster."""
    import psycopg

    name = f"t{new_id().replace('-', '')}"
    admin = postgres_server.format(name="postgres").replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield postgres_server.format(name=name)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database: each test runs on SQLite and on PostgreSQL."""
    url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    made = Database(url)
    migrate.upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    made = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    migrate.upgrade(made)
    yield made
    made.dispose()
