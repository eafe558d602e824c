"""A desk behind HTTP, on both databases, whose residents come by their own pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from api import gate
from api.app import create_app
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework.tables import Ticket
from tests.conftest import SmallDesk, set_up_desk

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WORDS = "翠微亭小区东门的健身器材断了一根，孩子差点摔着"


@dataclass
class Served:
    desk: Desk
    url: str

    def resident(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, timeout=60)

    def begun(self, text: str = WORDS) -> str:
        """The key of a form with its first words."""
        with self.resident() as client:
            answer = client.post("/appeal", data={"text": text})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].split("/")[2]

    def sent(self, text: str = WORDS) -> Ticket:
        """The ticket of a form that was sent without more."""
        key = self.begun(text)
        with self.resident() as client:
            assert client.post(f"/appeal/{key}/check").headers["location"] == f"/appeal/{key}/done"
            page = client.get(f"/appeal/{key}/done").text
        code = re.search(r"/q/([A-Z0-9-]+)/slip", page)
        assert code
        return self.ticket(code[1])

    def ticket(self, code: str) -> Ticket:
        with self.desk.database.read() as session:
            return session.scalars(select(Ticket).where(Ticket.code == code)).one()

    def count(self, table: type) -> int:
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def served(
    request: pytest.FixtureRequest, small_desk: SmallDesk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("self-service") / "home"
    with ExitStack() as stack:
        given = stack.enter_context(set_up_desk(request, request.param, home, small=True))
        url = SecretStr(given) if given else None
        settings = Settings(home=home, pack=str(small_desk.pack), database_url=url, _env_file=None)  # type: ignore[call-arg]
        desk = Desk(settings)
        server = stack.enter_context(BackgroundServer(create_app(desk), lifespan="on"))
        yield Served(desk, server.url)


@pytest.fixture(autouse=True)
def unbraked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_brakes", WeakKeyDictionary())


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, the foot's apart."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.partition("<footer")[0])
    return {name: html.unescape(value) for name, value in found}
