"""An order of the city's, from its push or its export to a closed case; what was done is told to its platform."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from api.setting_up import DEMO_PASSWORD
from api.standins.city import CityServer
from drills.served import Served
from tests.e2e.conftest import Home
from tests.e2e.staff import Staff, check_closed, eventually, handle

PHONE = "13800138031"
MATTER = "翠微亭小区东门的健身器材断了一根，孩子差点摔着，请尽快维修"
ANSWER = "健身器材已更换，并检查了小区内其余器材。"
NUMBER = "YC20260305101"
ORDER: dict[str, Any] = {
    "act": "issue",
    "number": NUMBER,
    "revision": 1,
    "title": "健身器材损坏",
    "text": MATTER,
    "category": ["文体旅游", "体育", "健身器材"],
    "caller": {"name": "陶女士", "phone": PHONE},
    "deadline": "2099-03-10T18:00:00+08:00",
}
VERDICT = {"act": "verdict", "number": NUMBER, "reached": True, "contacted": True, "resolved": True}


@pytest.fixture
def city() -> Iterator[CityServer]:
    with CityServer() as server:
        yield server


def push(city: CityServer, url: str, payload: dict[str, Any]) -> httpx.Response:
    given = {"to": f"{url}/channels/city/main", "payload": payload}
    return httpx.post(f"{city.url}/standin/push", json=given, timeout=30)


def acts(city: CityServer) -> list[str]:
    return [each["act"] for each in city.platform.reports(NUMBER)]


@pytest.mark.timeout(240)
def test_a_pushed_order_is_received_answered_and_closed_by_the_citys_verdict(desk_home: Home, city: CityServer) -> None:
    accounts = {"city": {"main": city.settings}}
    with Served(desk_home.folder, accounts, **desk_home.environment) as running:
        for _ in range(2):
            assert push(city, running.url, ORDER).json()["code"] == 0
        forged = httpx.post(f"{running.url}/channels/city/main", json=ORDER, headers={"x-signature": "00"}, timeout=30)
        assert forged.status_code == 401
        eventually(lambda: acts(city) == ["receipt"], what="the receipt")
        handle(running.url, PHONE, ANSWER)
        eventually(lambda: acts(city) == ["receipt", "answer"], what="the answer")
        assert ANSWER in city.platform.reports(NUMBER)[1]["given"]["text"]
        staff = Staff(running.url, "dispatcher")
        waiting = staff.ticket_of(PHONE)
        assert waiting is not None
        assert waiting["city_order"]["mapped"]["code"] == waiting["category"]["code"]
        assert {each["state"] for each in waiting["deliveries"]} == {"sent"}
        (answer,) = [each for each in staff.get(f"/cases/{waiting['case_id']}")["clocks"] if each["name"] == "answer"]
        assert answer["external_due_at"].startswith("2099-03-10")
        push(city, running.url, {**VERDICT, "satisfaction": "满意"})
        closed = eventually(lambda: _in_state(staff, "closed"), what="the verdict")
        assert closed["city_order"]["verdict"]["resolved"] is True
        check_closed(running.url, closed)


def _in_state(staff: Staff, state: str) -> dict[str, Any] | None:
    ticket = staff.ticket_of(PHONE)
    return ticket if ticket is not None and ticket["state"] == state else None


def export(*rows: tuple[Any, ...]) -> bytes:
    book = Workbook()
    sheet = book.active
    for row in (
        ("云川市12345工单导出",),
        ("工单编号", "诉求内容", "联系电话", "办结时限", "工单状态", "是否联系", "是否解决", "满意度"),
        *rows,
    ):
        sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


@pytest.mark.timeout(240)
def test_where_the_city_has_no_interface_sheets_go_both_ways(desk_home: Home) -> None:
    accounts: dict[str, Any] = {"city": {"main": {}}}
    with (
        Served(desk_home.folder, accounts, **desk_home.environment) as running,
        httpx.Client(base_url=running.url, follow_redirects=True, timeout=60) as clerk,
    ):
        signed = clerk.post("/login", data={"login": "dispatcher", "password": DEMO_PASSWORD})
        csrf = re.search(r'name="csrf" value="([^"]+)"', clerk.get("/city").text)
        assert signed.status_code == 200
        assert csrf is not None
        token = {"csrf": csrf[1]}

        def hand_in(*cells: str) -> str:
            sheet = export((NUMBER, MATTER, PHONE, "2099-3-10 18:00", *cells))
            return clerk.post("/city/orders", data=token, files={"file": ("orders.xlsx", sheet)}).text

        assert "受理 1" in hand_in("待签收")
        assert "重复 1" in hand_in("待签收")
        handle(running.url, PHONE, ANSWER)
        eventually(lambda: ANSWER in clerk.get("/city").text, what="the answer among what waits to be uploaded")
        lines = list(load_workbook(io.BytesIO(clerk.get("/city/upload.xlsx").content)).active.values)
        assert [line[:2] for line in lines[1:]] == [(NUMBER, "签收"), (NUMBER, "答复")]
        keys = re.findall(r'name="key" value="([^"]+)"', clerk.get("/city").text)
        assert ANSWER not in clerk.post("/city/uploaded", data=token | {"key": keys}).text
        hand_in("已回访", "是", "是", "满意")
        staff = Staff(running.url, "dispatcher")
        closed = eventually(lambda: _in_state(staff, "closed"), what="the verdict")
        assert [each["state"] for each in closed["deliveries"]] == ["uploaded", "uploaded"]
        check_closed(running.url, closed)
