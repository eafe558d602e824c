"""Shared by all tests: real databases, and a loud word when a tool is missing."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from drills.servers import postgres_cluster
from storage import migrate
from storage.database import Database, new_id
from tests import once, small_pack

if TYPE_CHECKING:
    from api.settings import Settings


os.environ.setdefault("YINGSHENG_THINK_APART", "0")  # each process beside a desk takes seconds to load
os.environ.setdefault("YINGSHENG_ACKNOWLEDGE_WITHIN", "20")  # what a platform was told of can be looked up


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name bytes by their argument: files hold times and chance, and both workers must collect the same tests."""
    return argname if isinstance(val, bytes) else None


def missing(package: str, what: str) -> None:
    """Skip with the Debian package to install; in CI a missing tool is a failure, so nothing is skipped there."""
    sentence = f"{what} is not here: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(sentence)
    pytest.skip(sentence)


@pytest.fixture(scope="session", autouse=True)
def _once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        once.install(patch)
        yield


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private PostgreSQL cluster on a socket in a temporary folder; gives the URL without the database's name."""
    with postgres_cluster() as url:
        if url is None:
            missing("postgresql", "PostgreSQL")
            return
        yield url


def _administered(postgres_server: str, *statements: str) -> None:
    import psycopg

    admin = postgres_server.format(name="postgres").replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(admin, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def database_on(postgres_server: str, *, like: str = "template1") -> Iterator[str]:
    """A database of one's own on the cluster, a copy of another; gives its URL."""
    name = f"t{new_id().replace('-', '')}"
    _administered(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    try:
        yield postgres_server.format(name=name)
    finally:
        _administered(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh, empty database on the private cluster."""
    with database_on(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str) -> str:
    """The name of a migrated database on the private cluster, to be copied and not written to."""
    _administered(postgres_server, "CREATE DATABASE migrated")
    made = Database(postgres_server.format(name="migrated"))
    migrate.upgrade(made)
    made.dispose()
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated SQLite database, to be copied and not written to."""
    path = tmp_path_factory.mktemp("migrated") / "migrated.sqlite"
    made = Database(f"sqlite:///{path}")
    migrate.upgrade(made)
    made.dispose()
    assert not path.with_name(f"{path.name}-wal").exists(), "what a second file holds is not copied"
    return path


@pytest.fixture
def migrated_postgres_url(postgres_server: str, migrated_postgres: str) -> Iterator[str]:
    """A migrated database of one's own on the private cluster."""
    with database_on(postgres_server, like=migrated_postgres) as url:
        yield url


@pytest.fixture
def migrated_sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of one's own."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'test.sqlite')}"


class Emptied:
    """One database that is put back to its migrated, empty state for each test.

    Its engine stays: what SQLAlchemy has compiled once is not compiled again for each of a thousand tests, which
    took most of their time.
    """

    def __init__(self, url: str, put_back: Callable[[Database], None]) -> None:
        self._made = Database(url)
        self._put_back = put_back

    @contextmanager
    def lent(self) -> Iterator[Database]:
        """For one test."""
        self._put_back(self._made)
        yield self._made

    def close(self) -> None:
        self._made.dispose()


@pytest.fixture(scope="session")
def emptied_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emptied]:
    path = tmp_path_factory.mktemp("emptied") / "test.sqlite"

    def put_back(made: Database) -> None:
        made.dispose()
        for beside in ("-wal", "-shm"):
            path.with_name(f"{path.name}{beside}").unlink(missing_ok=True)
        shutil.copy(migrated_sqlite, path)

    lender = Emptied(f"sqlite:///{path}", put_back)
    yield lender
    lender.close()


@pytest.fixture(scope="session")
def emptied_postgres(postgres_server: str, migrated_postgres: str) -> Iterator[Emptied]:
    """Rows are deleted, which takes a millisecond; the database is made anew, which takes fifty, where that fails.

    Connections stay, ours and the pool's: for a new one the server looks up anew what the tables are, which takes ten.
    """
    import psycopg

    url = postgres_server.format(name="emptied")
    rows = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY 1"
    tables: list[str] = []

    def anew() -> psycopg.Connection:
        _administered(
            postgres_server,
            "DROP DATABASE IF EXISTS emptied WITH (FORCE)",
            f'CREATE DATABASE emptied TEMPLATE "{migrated_postgres}"',
        )
        connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        connection.execute("SET lock_timeout = '1s'; SET session_replication_role = replica")  # no foreign keys
        tables[:] = [name for (name,) in connection.execute(rows)]
        return connection

    own = anew()

    def put_back(made: Database) -> None:
        nonlocal own
        try:
            with own.transaction():
                found = [name for (name,) in own.execute(rows)]
                assert found == tables, "a test has changed the schema"
                own.execute(";".join(f'DELETE FROM "{name}"' for name in tables).encode())
                own.execute("SELECT setval('change_log_id_seq', 1, false)")
        except (AssertionError, psycopg.Error):
            own.close()
            made.dispose()
            own = anew()

    lender = Emptied(url, put_back)
    yield lender
    lender.close()
    own.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated, empty database: each test runs on SQLite and on PostgreSQL."""
    with request.getfixturevalue(f"emptied_{request.param}").lent() as made:
        yield made


@pytest.fixture
def sqlite_database(emptied_sqlite: Emptied) -> Iterator[Database]:
    """A migrated, empty SQLite database."""
    with emptied_sqlite.lent() as made:
        yield made


def _set_up_once(tmp_path_factory: pytest.TempPathFactory, name: str, prepare: Callable[[Path], Settings]) -> Path:
    """A home as `yingsheng setup` leaves it, with the demo's users. Made once for all workers; copy before writing.

    ``prepare`` is given its folder, and gives the settings; what it writes is made once too.
    """
    from api.desk import Desk
    from api.setting_up import add_demo_users, set_up

    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    home = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "done").exists():
            desk = Desk(prepare(home))
            set_up(desk, lambda _line: None)
            add_demo_users(desk)
            desk.close()
            (home / "done").touch()
    return home


@pytest.fixture(scope="session")
def set_up_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's home."""
    from api.settings import Settings

    return _set_up_once(tmp_path_factory, "set-up-home", lambda home: Settings(home=home))


@dataclass(frozen=True, slots=True)
class SmallDesk:
    """A home that is set up with a pack that is learnt in a tenth of the demo pack's time (``tests.small_pack``)."""

    home: Path
    pack: Path


@pytest.fixture(scope="session")
def small_desk(tmp_path_factory: pytest.TempPathFactory) -> SmallDesk:
    """The like of ``set_up_home``: copy the home before writing."""
    from api.settings import Settings

    def prepare(home: Path) -> Settings:
        pack = small_pack.write(home.with_name("small-pack"))
        return Settings(home=home, pack=str(pack), _env_file=None)  # type: ignore[call-arg]

    home = _set_up_once(tmp_path_factory, "small-home", prepare)
    return SmallDesk(home, home.with_name("small-pack"))


@pytest.fixture
def home(set_up_home: Path, tmp_path: Path) -> Path:
    """A home of one's own."""
    return Path(shutil.copytree(set_up_home, tmp_path / "home"))


@dataclass(frozen=True, slots=True)
class OnPostgres:
    """A desk that is set up on PostgreSQL: its home and its database, both to be copied and not written to."""

    home: Path
    database: str


def _on_postgres(postgres_server: str, database: str, home: Path, pack: str, to: Path) -> OnPostgres:
    from api.desk import Desk
    from api.setting_up import add_demo_users, set_up
    from api.settings import Settings

    _administered(postgres_server, f"CREATE DATABASE {database}")
    shutil.copytree(home, to, ignore=shutil.ignore_patterns("*.sqlite*", "index", "*.lock"))
    url = SecretStr(postgres_server.format(name=database))
    desk = Desk(Settings(home=to, pack=pack, database_url=url, _env_file=None))  # type: ignore[call-arg]
    set_up(desk, lambda _line: None)
    add_demo_users(desk)
    desk.close()
    return OnPostgres(to, database)


@pytest.fixture(scope="session")
def set_up_on_postgres(postgres_server: str, set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> OnPostgres:
    """The like of ``set_up_home``, with its model."""
    to = tmp_path_factory.mktemp("on-postgres") / "home"
    return _on_postgres(postgres_server, "set_up", set_up_home, "demo", to)


@pytest.fixture(scope="session")
def small_on_postgres(
    postgres_server: str, small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory
) -> OnPostgres:
    """The like of ``small_desk``, with its model."""
    to = tmp_path_factory.mktemp("small-on-postgres") / "home"
    return _on_postgres(postgres_server, "small", small_desk.home, str(small_desk.pack), to)


@contextmanager
def set_up_desk(
    request: pytest.FixtureRequest, database: str, home: Path, *, small: bool = False
) -> Iterator[str | None]:
    """A desk of one's own at ``home``, which is not there yet; gives its database's URL, None on SQLite.

    A ``small`` one is to be started with the pack of ``small_desk``.
    """
    if database == "sqlite":
        set_up = request.getfixturevalue("small_desk").home if small else request.getfixturevalue("set_up_home")
        shutil.copytree(set_up, home)
        yield None
        return
    made = request.getfixturevalue("small_on_postgres" if small else "set_up_on_postgres")
    shutil.copytree(made.home, home)
    with database_on(request.getfixturevalue("postgres_server"), like=made.database) as url:
        yield url
