"""What the end-to-end tests need beside a home of their own: real servers, or a loud word when one is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from drills import dovecot as mail_server
from drills.served import Served
from tests.conftest import SmallDesk, missing, set_up_desk
from tests.e2e.browsing import CHROMIUM, Window, chromium


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
def desk_home(request: pytest.FixtureRequest, small_desk: SmallDesk, tmp_path: Path) -> Iterator[Home]:
    """One on each database, with the small pack: what a process loads at its start would take most of a test's time."""
    environment = {"YINGSHENG_PACK": str(small_desk.pack)}
    with set_up_desk(request, request.param, tmp_path / "home", small=True) as url:
        yield Home(tmp_path / "home", environment | ({"YINGSHENG_DATABASE_URL": url} if url else {}))


@pytest.fixture(scope="module")
def url(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a desk in demo mode that these tests share; each of them writes its own messages."""
    if not CHROMIUM.exists():
        missing("chromium", "Chromium")
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("shared") / "home"))
    with Served(home, {}, YINGSHENG_DEMO="true") as served:
        yield served.url


@pytest.fixture(scope="module")
def browser(url: str) -> Iterator[Browser]:
    del url
    with chromium() as started:
        yield started


@pytest.fixture
def window(browser: Browser, url: str) -> Iterator[Window]:
    """A desktop window that must not have complained when the test is over."""
    opened = Window(browser, url)
    yield opened
    opened.close()
    assert opened.complaints == []
