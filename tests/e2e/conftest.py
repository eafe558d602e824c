"""What the end-to-end tests need beside a home of their own: real servers, or a loud word when one is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from api.desk import Desk
from api.setting_up import add_demo_users, set_up
from api.settings import Settings
from drills import dovecot as mail_server
from tests.conftest import missing


@pytest.fixture
def dovecot() -> Iterator[mail_server.Dovecot]:
    """A private Dovecot."""
    with mail_server.dovecot() as server:
        if server is None:
            missing("dovecot-imapd", "Dovecot")
            return
        yield server


@dataclass(frozen=True, slots=True)
class Home:
    """A desk that is set up: its folder, and what its processes need in their environment."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def desk_home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """One on each database."""
    if request.param == "sqlite":
        return Home(request.getfixturevalue("home"))
    url = request.getfixturevalue("postgres_url")
    desk = Desk(Settings(home=tmp_path / "home", database_url=url, _env_file=None))  # type: ignore[call-arg]
    set_up(desk, lambda _line: None)
    add_demo_users(desk)
    desk.close()
    return Home(desk.home, {"YINGSHENG_DATABASE_URL": url})
