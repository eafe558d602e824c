"""A real desk behind its HTTP interface, on both databases, and people signed in to it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api import pipeline
from api.app import create_app
from api.desk import Desk
from api.models import import_pack_articles
from api.setting_up import DEMO_PASSWORD, add_demo_users
from api.settings import Settings
from api.standins.background import BackgroundServer
from channels.message import Account
from drills.payloads import wechat_text
from storage import migrate
from tests.conftest import set_up_desk

MAIN = Account("wechat", "main", {"token": "t", "app_id": "wx1", "app_secret": "s", "mode": "plain"})
MAX_BODY = 600_000
NUMBERS = itertools.count(50_000)


@dataclass
class World:
    """A desk that answers at ``url``."""

    desk: Desk
    url: str
    stack: ExitStack
    people: dict[str, httpx.Client] = field(default_factory=dict)

    def as_(self, login: str) -> httpx.Client:
        """A client with this user's token; without one for no login."""
        if login not in self.people:
            client = self.stack.enter_context(httpx.Client(base_url=f"{self.url}/api/v1", timeout=60))
            if login:
                answer = client.post("/sessions", json={"login": login, "password": DEMO_PASSWORD})
                assert answer.status_code == 201, answer.text
                client.headers["authorization"] = f"Bearer {answer.json()['token']}"
            self.people[login] = client
        return self.people[login]

    def received(self) -> str:
        """A ticket that is not judged yet; its id."""
        return pipeline.receive(self.desk, MAIN, wechat_text(next(NUMBERS))).receipts[0].ticket_id

    def ticket(self) -> str:
        """A ticket that waits for the desk; its id."""
        return pipeline.take(self.desk, MAIN, wechat_text(next(NUMBERS))).receipts[0].ticket_id

    def case(self, unit: str = "U001") -> str:
        """A case dispatched to this unit; its id."""
        body = {"unit": unit, "reason": "测试"}
        answer = self.as_("dispatcher").post(f"/tickets/{self.ticket()}/accept", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["case_id"])

    def count(self, query: Any) -> int:
        with self.desk.database.read() as session:
            return session.scalar(query) or 0


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("api") / "home"
    with ExitStack() as stack:
        given = stack.enter_context(set_up_desk(request, request.param, home))
        url = SecretStr(given) if given else None
        desk = Desk(Settings(home=home, database_url=url, max_body=MAX_BODY, _env_file=None))  # type: ignore[call-arg]
        desk.warm_up()
        served = stack.enter_context(BackgroundServer(create_app(desk), lifespan="on"))
        yield World(desk, served.url, stack)


@pytest.fixture(scope="module")
def unjudged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A desk with the demo's articles and users, and no model: nothing here is judged."""
    with ExitStack() as stack:
        desk = Desk(Settings(home=tmp_path_factory.mktemp("home"), _env_file=None))  # type: ignore[call-arg]
        stack.callback(desk.close)
        migrate.upgrade(desk.database)
        import_pack_articles(desk)
        add_demo_users(desk)
        served = stack.enter_context(BackgroundServer(create_app(desk)))
        yield World(desk, served.url, stack)


def problem(answer: httpx.Response, status: int, kind: str = "") -> dict[str, Any]:
    """The problem document of an answer that must be one."""
    assert answer.status_code == status, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert set(told) >= {"type", "title", "status", "detail", "instance"}
    assert told["status"] == status
    assert told["type"].startswith("urn:yingsheng:problem:")
    assert not kind or told["type"].endswith(f":{kind}"), told
    assert re.search("[\u4e00-\u9fff]", told["detail"])
    assert told["instance"] == answer.request.url.path
    return told


def signed_in(world: World, login: str) -> httpx.Client:
    """A browser of this user's."""
    client = world.stack.enter_context(httpx.Client(base_url=world.url, timeout=60, follow_redirects=True))
    assert client.post("/login", data={"login": login, "password": DEMO_PASSWORD}).status_code == 200
    return client


def csrf(page: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]
