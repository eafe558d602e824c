"""The forms of the resident simulator: what cannot be done is said in words, and no token ever is on a page."""

from __future__ import annotations

import json
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
from api.desk import Desk
from api.settings import DEMO_ACCOUNTS, Settings
from api.standins.background import BackgroundServer
from api.standins.telegram import TelegramServer
from api.web.simulator import DOORS
from casework.message_tables import Message
from casework.tables import Ticket
from storage.running_calls import CallPiece

FROM_THE_PAGE = {"hx-request": "true"}
SECRETS = re.findall(r"demo-(?:secret|line|counter|key|token)[a-z-]*", json.dumps(DEMO_ACCOUNTS))
ACTS = {
    "wechat/chat": {"text": "路灯不亮"},
    "wechat/again": {},
    "mailbox/letters": {"subject": "路灯", "text": "路灯不亮"},
    "telegram/chat": {"text": "路灯不亮"},
    "hotline/dial": {},
    "hotline/turn": {"call_id": "sim-wang-0000000000000000", "side": "caller", "text": "路灯不亮"},
    "hotline/hang-up": {"call_id": "sim-wang-0000000000000000"},
    "walk_in/preview": {"text": "路灯不亮"},
    "walk_in/records": {"text": "路灯不亮"},
    "open311/requests": {"description": "路灯不亮"},
    "open311/status": {"number": "1"},
}


@dataclass
class World:
    """A desk in demo mode."""

    desk: Desk
    url: str

    def act(self, path: str, *, status: int = 200, headers: dict[str, str] = FROM_THE_PAGE, **form: Any) -> str:
        """What the page shows after this act."""
        file = form.pop("file", None)
        files = {"file": ("file", file)} if file is not None else None
        address = f"{self.url}/simulator/{path}"
        answer = httpx.post(address, data=form, files=files, headers=headers, timeout=30)
        assert answer.status_code == status, answer.text
        return answer.text

    def count(self, table: type) -> int:
        with self.desk.database.read() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.fixture(scope="module")
def world(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("simulator") / "home"))
    desk = Desk(Settings(home=home, demo=True, _env_file=None))  # type: ignore[call-arg]
    with TelegramServer() as telegram, BackgroundServer(create_app(desk), lifespan="on") as server:
        desk.place("telegram", "demo", base_url=telegram.url)
        yield World(desk, server.url)


@pytest.mark.parametrize("door", DOORS)
def test_a_door_is_a_page_without_any_secret(world: World, door: str) -> None:
    shown = httpx.get(f"{world.url}/simulator/{door}", params={"person": "li"}, timeout=30)
    assert shown.status_code == 200
    assert "李国强" in shown.text
    assert len(SECRETS) >= 4
    assert [each for each in SECRETS if each in shown.text] == []


def test_there_is_no_other_door(world: World) -> None:
    assert httpx.get(f"{world.url}/simulator/fax", timeout=30).status_code == 404
    assert httpx.get(f"{world.url}/simulator/tickets", params={"door": "fax"}, timeout=30).status_code == 404


@pytest.mark.parametrize("path", ACTS)
def test_another_site_may_not_write_in_a_residents_name(world: World, path: str) -> None:
    before = world.count(Message), world.count(CallPiece)
    assert "请从居民模拟器页面操作" in world.act(path, status=403, headers={}, **ACTS[path])
    assert (world.count(Message), world.count(CallPiece)) == before


@pytest.mark.parametrize("kind", ["text", "edit"])
def test_an_empty_chat_message_sends_nothing(world: World, kind: str) -> None:
    before = world.count(Message)
    world.act("telegram/chat", text="  ", kind=kind)
    assert world.count(Message) == before


def test_what_cannot_be_sent_by_telegram_is_said_on_the_phone(world: World) -> None:
    assert "还没有可以修改的文字消息" in world.act("telegram/chat", person="zhao", text="改一下", kind="edit")
    assert "不是图片" in world.act("telegram/chat", kind="image", file=b"%PDF-1.7 no picture")
    assert "超过 5 MB" in world.act("telegram/chat", kind="image", file=b"\x89PNG\r\n\x1a\n" + bytes(5_000_001))


@pytest.mark.parametrize("path", ["telegram/chat", "wechat/chat"])
@pytest.mark.parametrize("form", [{"kind": "sticker"}, {"text": "长" * 2001}])
def test_a_form_that_the_page_cannot_have_made_is_refused(world: World, path: str, form: dict[str, str]) -> None:
    world.act(path, status=422, **form)


def test_words_no_database_can_hold_are_no_fault_of_the_page(world: World) -> None:
    world.act("telegram/chat", person="zhao", text="古井园的路灯\x00不亮")
    world.act("hotline/dial", person="zhao")
    found = re.search(r"sim-zhao-[0-9a-f]{16}", world.act("hotline/dial", person="zhao"))
    assert found
    shown = world.act("hotline/turn", person="zhao", call_id=found[0], side="caller", text="古井园的路灯\x00不亮")
    assert "不亮" in shown
    assert "已建工单" in world.act("hotline/hang-up", person="zhao", call_id=found[0])


def test_a_turn_of_no_words_and_of_another_call_is_not_taken(world: World) -> None:
    found = re.search(r"sim-li-[0-9a-f]{16}", world.act("hotline/dial", person="li"))
    assert found
    before = world.count(CallPiece)
    assert "没有说话" in world.act("hotline/turn", person="li", call_id=found[0], side="caller", text=" ")
    another = "sim-li-0123456789abcdef"
    assert "已不在线上" in world.act("hotline/turn", person="li", call_id=another, side="caller", text="路灯不亮")
    world.act("hotline/turn", status=422, person="li", call_id="../records", side="caller", text="路灯不亮")
    world.act("hotline/turn", status=422, person="li", call_id=found[0], side="machine", text="路灯不亮")
    assert world.count(CallPiece) == before


def test_an_empty_sheet_and_an_empty_file_are_told_apart_and_store_nothing(world: World) -> None:
    before = world.count(Ticket)
    assert "表是空的" in world.act("walk_in/records", date=["", ""], text=["", " "])
    assert "文件是空的" in world.act("walk_in/records", file=b"")
    assert "超过 5 MB" in world.act("walk_in/preview", file=bytes(5_000_001))
    assert "最多 5000 字" in world.act("walk_in/preview", text=["长" * 5001])
    world.act("walk_in/preview", status=422, text=["路灯不亮"] * 201)
    assert world.count(Ticket) == before


def test_a_file_that_is_no_sheet_is_told_with_its_reason(world: World) -> None:
    shown = world.act("walk_in/records", file=b"\x00\x01\x02")
    assert "退回 1 行" in shown
    assert "整份" in shown


def test_a_sheets_cells_stay_in_their_rows_and_columns(world: World) -> None:
    shown = world.act(
        "walk_in/preview",
        date=["", "2026-03-05", "2026-03-05"],
        name=["", "甲,乙", '"丙"'],
        phone=["", "13800138130", "x"],
        text=["", "楼道的灯坏了，\n晚上看不见路", "井盖不见了，车都不敢走"],
        place=["", "玉泉大街30号院", ""],
    )
    assert "可收 1 行，退回 1 行" in shown
    assert re.search(r"<td>3</td><td>电话</td>", shown.replace("\n", ""))


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"service_code": "nothing"}, "404"),
        ({"service_code": ""}, "400"),
        ({"address_string": ""}, "400"),
        ({"address_string": "", "lat": "north", "long": "1"}, "400"),
        ({"phone": "12"}, "400"),
    ],
)
@pytest.mark.parametrize("kind", ["xml", "json"])
def test_open311s_own_refusal_is_shown(world: World, form: dict[str, str], status: str, kind: str) -> None:
    (leaf, *_) = world.desk.district.taxonomy.leaves
    given = {"service_code": leaf.code, "description": "路灯不亮", "address_string": "兴业里", "kind": kind}
    shown = world.act("open311/requests", **given | form)
    assert f'<span class="state">{status}</span>' in shown
    assert re.search("description.{3,20}[\u4e00-\u9fff]|[\u4e00-\u9fff].{0,80}/description", shown)
    assert 'name="number"' not in shown


def test_an_unknown_request_is_shown_as_open311_answers(world: World) -> None:
    assert '<span class="state">200</span>' in world.act("open311/status", number="nothing")
    world.act("open311/status", status=422, number="1", kind="yaml")
