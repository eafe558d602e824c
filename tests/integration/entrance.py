"""A desk at whose door people come and go: on both databases, without model or articles, with a clock to be moved."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.app import create_app
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from storage import identity
from storage.audit import AuditRow
from storage.database import new_id
from storage.identity import User
from tests.conftest import database_on

PASSWORD = "a long enough one"
NOW = datetime(2026, 3, 24, 2, 0, tzinfo=UTC)


@dataclass
class Entrance:
    """The desk and its door."""

    desk: Desk
    url: str
    stack: ExitStack
    now: datetime = NOW
    secrets: dict[str, str] = field(default_factory=dict)

    def later(self, **much: float) -> None:
        """Time goes by."""
        self.now += timedelta(**much)

    def user(self, role: str = "agent", **more: Any) -> str:
        """Somebody nobody has heard of before; his login."""
        login = new_id()[-12:]
        with self.desk.database.write.begin() as session:
            identity.add_user(session, login=login, name="李", role=role, password=PASSWORD, now=self.now, **more)
        return login

    def window(self) -> httpx.Client:
        """A browser that has not been here before."""
        return self.stack.enter_context(httpx.Client(base_url=self.url, timeout=30))

    def enter(self, login: str, password: str = PASSWORD, window: httpx.Client | None = None) -> httpx.Client:
        """After the first step."""
        window = window or self.window()
        answer = window.post("/login", data={"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return window

    def code(self, login: str, *, steps: int = 0) -> str:
        """What the app of this user shows now, or so many steps from now."""
        return pyotp.TOTP(self.secrets[login]).at(self.now + timedelta(seconds=30 * steps))

    def with_app(self, role: str = "agent") -> tuple[str, list[str]]:
        """Somebody who signs in by a code, and his recovery codes."""
        login = self.user(role)
        window = self.enter(login)
        page = submit(window, "/password", "/password/totp", current=PASSWORD)
        self.secrets[login] = key_on(page.text)
        done = submit(window, "/password", "/password/totp/confirm", otp=self.code(login))
        codes = re.findall(r'<li class="mono">([a-z2-7-]+)</li>', done.text)
        assert len(codes) == 10, done.text
        self.later(seconds=60)  # the code of that moment is spent
        return login, codes

    def acts(self, login: str) -> list[str]:
        """What is on record of this user, in order."""
        with self.desk.database.read() as session:
            key = session.scalar(select(User.id).where(User.login == login))
            return list(session.scalars(select(AuditRow.act).where(AuditRow.subject_id == key).order_by(AuditRow.id)))


def csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, page
    return found[1]


def key_on(page: str) -> str:
    """The key that stands beside the picture."""
    found = re.search(r'class="mono secret">([A-Z2-7 ]+)<', page)
    assert found, page
    return found[1].replace(" ", "")


def submit(window: httpx.Client, page: str, path: str, **given: str) -> httpx.Response:
    """The form of a page, sent to ``path``."""
    return window.post(path, data={**given, "csrf": csrf(window.get(page).text)})


def is_in(window: httpx.Client) -> bool:
    return window.get("/password").status_code == 200


Opening = Callable[..., Entrance]


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    """Opens desks with the settings they are to have."""
    with ExitStack() as stack:

        def open_(**settings: Any) -> Entrance:
            home: Path = tmp_path_factory.mktemp("entrance")
            if request.param == "sqlite":
                shutil.copy(request.getfixturevalue("migrated_sqlite"), home / "yingsheng.sqlite")
                url = None
            else:
                server = request.getfixturevalue("postgres_server")
                like = request.getfixturevalue("migrated_postgres")
                url = SecretStr(stack.enter_context(database_on(server, like=like)))
            desk = Desk(Settings(home=home, database_url=url, _env_file=None, **settings))  # type: ignore[call-arg]
            stack.callback(desk.close)
            served = stack.enter_context(BackgroundServer(create_app(desk)))
            made = Entrance(desk, served.url, stack)
            desk.now = lambda: made.now
            return made

        yield open_


@pytest.fixture(scope="module")
def door(opening: Opening) -> Entrance:
    """A desk as it comes."""
    return opening()
