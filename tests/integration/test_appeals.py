"""The interface for appeals: a resident gets a number he can follow, once, and hears at once what is wrong."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api import appeals
from api.app import create_app
from api.brake import Brake
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework.message_tables import Message
from casework.tables import Ticket

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
WORDS = "翠微亭小区东门的健身器材断了一根，孩子差点摔着"


class Served:
    def __init__(self, desk: Desk, url: str) -> None:
        self.desk = desk
        self.url = url

    def send(self, key: str = "", **form: Any) -> httpx.Response:
        headers = {"idempotency-key": key} if key else {}
        return httpx.post(f"{self.url}/api/v1/appeals", json=form, headers=headers, timeout=30)

    def count(self, table: type) -> int:
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module")
def served(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("appeals") / "home"))
    desk = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    with BackgroundServer(create_app(desk), lifespan="on") as server:
        yield Served(desk, server.url)


@pytest.fixture(autouse=True)
def unbraked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeals, "_brake", Brake())


def test_an_appeal_gets_a_number_and_a_page_to_follow_it(served: Served) -> None:
    photo = {"name": "断口.png", "content": base64.b64encode(PNG).decode()}
    place = {"latitude": 39.9, "longitude": 116.3, "label": "翠微亭小区东门"}
    answer = served.send(text=WORDS, name="陶女士", phone="13800138001", place=place, photos=[photo])
    assert answer.status_code == 201
    told = answer.json()
    page = httpx.get(f"{served.url}{told['follow']}")
    assert page.status_code == 200
    assert told["number"] in page.text
    with served.desk.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == told["number"])).one()
        (message,) = session.scalars(select(Message).where(Message.ticket_id == ticket.id))
        assert (ticket.channel, ticket.sender, ticket.resident.phone) == ("web", "13800138001", "13800138001")
        assert message.place["label"] == "翠微亭小区东门"
        (file,) = message.attachments
        assert served.desk.blobs.get(file.blob) == PNG


def test_the_same_form_under_one_key_is_one_appeal(served: Served) -> None:
    before = served.count(Ticket)
    first, again = (served.send("k-same", text=WORDS).json() for _ in range(2))
    assert first == again
    assert served.count(Ticket) == before + 1


def test_another_form_under_a_known_key_learns_nothing_of_the_first(served: Served) -> None:
    first = served.send("k-other", text=WORDS).json()
    answer = served.send("k-other", text="另一个人写的另一件事")
    assert answer.status_code == 422
    assert first["number"] not in answer.text
    assert first["lookup_code"] not in answer.text


def test_two_residents_with_the_same_words_are_two(served: Served) -> None:
    assert served.send(text=WORDS).json()["number"] != served.send(text=WORDS).json()["number"]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({}, "没有写诉求内容"),
        ({"text": WORDS, "phone": "12"}, "不是手机号"),
        ({"text": WORDS, "photos": [{"content": base64.b64encode(b"MZ" + b"\0" * 60).decode()}]}, "只收照片和 PDF"),
    ],
)
def test_what_is_wrong_with_a_form_is_told_at_once_and_nothing_is_kept(
    served: Served, form: dict[str, Any], said: str
) -> None:
    before = served.count(Message)
    answer = served.send(**form)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert served.count(Message) == before


def test_a_form_with_a_field_nobody_knows_is_refused(served: Served) -> None:
    assert served.send(text=WORDS, urgent=True).status_code == 422


def test_an_address_that_sends_too_often_is_asked_to_wait(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appeals, "AN_ADDRESS", 2)
    answers = [served.send(text=f"{WORDS}，第{number}次").status_code for number in range(3)]
    assert answers == [201, 201, 429]
