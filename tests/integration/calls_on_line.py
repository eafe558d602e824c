"""A call in progress at the desk's line, and a reader of its events."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from casework.people_tables import Alert
from casework.tables import Ticket
from tests.integration.interface import World

TOKEN = "live-test-token"
CALLS = itertools.count(1)
LIGHTS = "惠风里小区3号楼前的路灯不亮，晚上看不清路"
GAS = "楼下闻到很浓的燃气味"
SEES = ("agent", "dispatcher", "supervisor", "admin", "auditor")


class OnLine:
    """A call in progress at the desk's line; each has a caller of its own."""

    def __init__(self, world: World) -> None:
        number = next(CALLS)
        self.world, self.call_id, self.phone = world, f"now-{number}", f"1370013{number:04d}"
        self.path = f"/calls/line/{quote(self.call_id, safe='')}"
        self._said = itertools.count(1)

    def post(self, body: bytes | dict[str, Any]) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        address = f"{self.world.url}/channels/hotline/calls/{quote(self.call_id, safe='')}/segments"
        return httpx.post(address, content=content, headers={"authorization": f"Bearer {TOKEN}"}, timeout=30)

    def send(self, **piece: Any) -> dict[str, Any]:
        answer = self.post(piece)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def begin(self) -> None:
        self.send(caller=self.phone)

    def say(self, text: str, sequence: int = 0, speaker: str = "市民", **more: Any) -> None:
        number = sequence or next(self._said)
        self.send(sequence=number, speaker=speaker, text=text, start=number, **more)

    def hang_up(self) -> str:
        """The number of the ticket."""
        ticket = self.send(ended=True)["ticket"]
        return str(ticket["number"]) if ticket else ""

    def read(self, login: str = "agent") -> dict[str, Any]:
        answer = self.world.as_(login).get(self.path)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def note(self, login: str = "agent", **fields: str) -> httpx.Response:
        return self.world.as_(login).post(f"{self.path}/notes", json=fields)

    def ticket(self, number: str) -> Ticket:
        for _ in range(100):
            with self.world.desk.database.read() as session:
                found = session.scalars(select(Ticket).where(Ticket.number == number)).one()
                if found.assessed_at is not None:
                    return found
            time.sleep(0.05)
        raise AssertionError("the ticket is not judged")

    def alerts(self) -> list[Alert]:
        """Alerts raised while this call ran or for its ticket."""
        with self.world.desk.database.read() as session:
            return list(session.scalars(select(Alert).where(Alert.key.startswith("call:")).order_by(Alert.id)))


class Events:
    """A reader of a stream of events."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.iter_lines()
        self.number = ""

    def next(self) -> dict[str, Any]:
        """The next event's data."""
        for line in self._lines:
            if line.startswith("id: "):
                self.number = line[4:]
            if line.startswith("data: "):
                found: dict[str, Any] = json.loads(line[6:])
                return found
        raise AssertionError("the stream is over")


@contextmanager
def following(world: World, path: str, login: str = "agent", had: str = "") -> Iterator[Events]:
    headers = {"last-event-id": had} if had else {}
    with world.as_(login).stream("GET", path, headers=headers, timeout=10) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Events(answer)


@pytest.fixture(autouse=True)
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(world.desk.settings.accounts, "hotline", {"line": {"token": TOKEN}})


@pytest.fixture
def call(world: World) -> OnLine:
    made = OnLine(world)
    made.begin()
    return made
