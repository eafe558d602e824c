"""Shared by all tests: real databases, and a loud word when a tool is missing."""

from __future__ import annotations

import fcntl
import os
import shutil
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


@pytest.fixture(scope="session")
def set_up_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as `yingsheng setup` leaves it, with the demo's users. Made once for all workers; copy before writing."""
    from api.desk import Desk
    from api.setting_up import add_demo_users, set_up
    from api.settings import Settings

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home = shared / "set-up-home"
    with (shared / "set-up.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            desk = Desk(Settings(home=home))
            set_up(desk, lambda _line: None)
            add_demo_users(desk)
            desk.close()
            (home / "done").touch()
    return home


@pytest.fixture
def home(set_up_home: Path, tmp_path: Path) -> Path:
    """A home of one's own."""
    return Path(shutil.copytree(set_up_home, tmp_path / "home"))
