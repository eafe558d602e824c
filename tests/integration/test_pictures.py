"""A picture that a resident sends by WeChat is on the ticket's page; nothing that is no picture is shown as one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api.app import create_app
from api.demo import media as phone
from api.demo.residents import PEOPLE
from api.desk import Desk
from api.jobs import fetching
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.standins.wechat import WeChatServer
from casework.message_tables import AttachedFile, Message
from casework.tables import Ticket
from storage.audit import AuditRow
from tests.integration import photographs

GIF = photographs.gif()
FROM_THE_PAGE = {"hx-request": "true"}


@dataclass
class World:
    """A desk in demo mode; the resident's phone is the simulator."""

    desk: Desk
    url: str
    wechat: WeChatServer
    staff: httpx.Client

    def send(self, person: int, **form: Any) -> httpx.Response:
        """The resident sends from his phone."""
        file = form.pop("file", None)
        given = {"person": PEOPLE[person].key, "kind": "image"} | form
        files = {"file": ("photo", file)} if file is not None else None
        answer = httpx.post(
            f"{self.url}/simulator/wechat/chat", data=given, files=files, headers=FROM_THE_PAGE, timeout=30
        )
        assert answer.status_code == 200, answer.text
        return answer

    def last(self, person: int) -> tuple[str, AttachedFile]:
        """Number of the ticket and row of the file that he sent last."""
        with self.desk.database.read() as session:
            row = session.execute(
                select(Ticket.number, AttachedFile)
                .join(Message, Message.ticket_id == Ticket.id)
                .join(AttachedFile, AttachedFile.message_id == Message.id)
                .where(Message.sender == PEOPLE[person].openid)
                .order_by(Message.received_at.desc())
                .limit(1)
            ).one()
            return row[0], row[1]

    def page(self, number: str) -> str:
        return self.staff.get(f"/tickets/{number}").text


@pytest.fixture(scope="module")
def world(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("pictures") / "home"))
    with WeChatServer() as wechat:
        desk = Desk(Settings(home=home, demo=True, _env_file=None))  # type: ignore[call-arg]
        desk.place("wechat", "demo", api_base=wechat.url)
        desk.warm_up()
        with (
            BackgroundServer(create_app(desk), lifespan="on") as server,
            httpx.Client(base_url=server.url, timeout=30) as staff,
        ):
            entered = staff.post("/login", data={"login": "dispatcher", "password": DEMO_PASSWORD})
            assert entered.status_code == 303, entered.text
            yield World(desk, server.url, wechat, staff)


def test_a_picture_sent_from_the_phone_is_on_the_page_as_it_was_sent(world: World) -> None:
    world.send(0)
    number, file = world.last(0)
    assert "正在从微信取回" in world.page(number)
    assert fetching.fetch_due(world.desk) == 1

    page = world.page(number)
    shown = re.search(r'<img[^>]* src="([^"]+)"', page)
    assert shown
    assert shown[1].endswith("/thumbnail")
    answer = world.staff.get(shown[1].replace("/thumbnail", "/picture"))
    assert photographs.pixels(answer.content) == photographs.pixels(phone.picture())
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'; sandbox" in answer.headers.get_list("content-security-policy")
    download = world.staff.get(f"/tickets/{number}/attachments/{file.id}")
    assert download.content == phone.picture()
    assert download.headers["content-type"] == "application/octet-stream"
    assert download.headers["content-disposition"].startswith("attachment")


def test_a_chosen_picture_arrives_and_every_look_at_it_is_on_record(world: World) -> None:
    world.send(1, file=GIF)
    fetching.fetch_due(world.desk)
    number, file = world.last(1)
    assert (file.media_type, file.name.endswith(".gif")) == ("image/gif", True)
    looks = select(func.count()).select_from(AuditRow).where(AuditRow.act == "read_attachment")
    with world.desk.database.read() as session:
        before = session.scalar(looks)
    shown = world.staff.get(f"/tickets/{number}/attachments/{file.id}/picture")
    assert photographs.pixels(shown.content) == photographs.pixels(GIF)
    assert shown.content.startswith(b"\x89PNG")
    with world.desk.database.read() as session:
        assert session.scalar(looks) == (before or 0) + 1


def test_where_a_photograph_was_taken_is_in_the_original_and_in_nothing_that_is_shown(world: World) -> None:
    original = photographs.jpeg(orientation=6)
    world.send(1, file=original)
    fetching.fetch_due(world.desk)
    number, file = world.last(1)
    address = f"/tickets/{number}/attachments/{file.id}"
    for form in ("picture", "thumbnail"):
        copy = world.staff.get(f"{address}/{form}").content
        assert [mark for mark in photographs.MARKS if mark in copy] == []
        assert photographs.colour(copy, 0.5, 0.2) == "red"
    assert world.staff.get(address).content == original
    with world.desk.database.read() as session:
        looks = session.scalars(select(AuditRow).where(AuditRow.act == "read_attachment").order_by(AuditRow.id.desc()))
        assert [row.details for row in looks.fetchmany(3)] == [
            {"file": file.id, "form": form} for form in ("original", "small", "shown")
        ]


@pytest.mark.parametrize("file", [b"<html><script>alert(1)</script>", b"<svg xmlns='http://www.w3.org/2000/svg'/>"])
def test_the_phone_sends_no_file_that_is_no_picture(world: World, file: bytes) -> None:
    calls = world.wechat.platform.calls["media"]
    assert "不是图片" in world.send(2, file=file).text
    fetching.fetch_due(world.desk)
    assert world.wechat.platform.calls["media"] == calls


def test_a_page_that_is_called_a_picture_is_never_shown_in_ours(world: World) -> None:
    world.send(2)
    number, file = world.last(2)
    world.wechat.keep(file.reference, b"<html><script>alert(1)</script>", "image/png")
    fetching.fetch_due(world.desk)
    page = world.page(number)
    assert f"{file.id}/thumbnail" not in page
    assert "内容不是" in page
    refused = world.staff.get(f"/tickets/{number}/attachments/{file.id}/picture")
    assert refused.status_code == 404
    assert b"alert(1)" not in refused.content
    download = world.staff.get(f"/tickets/{number}/attachments/{file.id}")
    assert download.headers["content-type"] == "application/octet-stream"
    assert download.headers["content-disposition"].startswith("attachment")


def test_a_picture_that_wechat_dropped_is_told_on_the_page(world: World) -> None:
    world.send(2)
    number, file = world.last(2)
    world.wechat.inject("errcode 40007", "media")
    fetching.fetch_due(world.desk)
    world.wechat.inject("", "media")
    page = world.page(number)
    assert "没能取回" in page
    assert "微信已清除" in page
    assert world.staff.get(f"/tickets/{number}/attachments/{file.id}/picture").status_code == 404


def test_a_voice_message_comes_with_its_recording(world: World) -> None:
    world.send(2, kind="voice", text="兴业里小区的电梯坏了两天没有人来修，老人上不了楼")
    fetching.fetch_due(world.desk)
    _, file = world.last(2)
    assert (file.fetch_state, file.media_type) == ("kept", "audio/amr")
    assert world.desk.blobs.get(file.blob) == phone.VOICE


def test_who_does_not_see_the_person_sees_no_picture(world: World) -> None:
    world.send(1)
    fetching.fetch_due(world.desk)
    number, file = world.last(1)
    with httpx.Client(base_url=world.url, timeout=30) as client:
        assert client.post("/login", data={"login": "supervisor", "password": DEMO_PASSWORD}).status_code == 303
        assert file.id not in client.get(f"/tickets/{number}").text
        assert client.get(f"/tickets/{number}/attachments/{file.id}/picture").status_code == 403
