"""Doors without a line back: raw bytes over HTTP, a closed case, and an answer that is told and never shown as sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from drills.served import Served
from tests.e2e.conftest import Home
from tests.e2e.staff import Staff, call_back, check_closed, handle

TOKEN = "e2e-machine-token"
PHONE = "13800138021"
MATTER = "翠微亭小区东门的健身器材断了一根，孩子差点摔着，请尽快维修"
ANSWER = "健身器材已更换，并检查了小区内其余器材。"
ACCOUNTS: dict[str, Any] = {name: {"main": {"token": TOKEN}} for name in ("walk_in", "hotline")}
ACCOUNTS["web"] = {"open311": {"api_keys": [TOKEN]}}


def by_form(url: str) -> None:
    answer = httpx.post(f"{url}/api/v1/appeals", json={"text": MATTER, "phone": PHONE}, timeout=20)
    assert answer.status_code == 201


def by_open311(url: str) -> None:
    listed = httpx.get(f"{url}/open311/v2/services.json", timeout=20).json()
    form = {"api_key": TOKEN, "service_code": listed[0]["service_code"], "description": MATTER, "phone": PHONE}
    place = {"lat": "39.9", "long": "116.3", "address_string": "翠微亭小区东门"}
    answer = httpx.post(f"{url}/open311/v2/requests.xml", data=form | place, timeout=20)
    assert answer.status_code == 201, answer.text


def handed_in(path: str, payload: bytes) -> Callable[[str], None]:
    def by_machine(url: str) -> None:
        headers = {"authorization": f"Bearer {TOKEN}"}
        for expected in ("accepted", "repeated"):
            answer = httpx.post(f"{url}{path}", content=payload, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text
            assert answer.json()[expected] == 1, answer.text
        refused = httpx.post(f"{url}{path}", content=payload, headers={"authorization": "Bearer no"}, timeout=30)
        assert refused.status_code == 401

    return by_machine


SHEET = f"来访登记表\n日期,姓名,电话,诉求内容,地点\n2026-03-05,陶女士,{PHONE},{MATTER},翠微亭小区东门\n".encode(
    "gb18030"
)
CALL = json.dumps(
    {
        "call_id": "C-20260305-0007",
        "caller": PHONE,
        "started_at": "2026-03-05T10:02:11+08:00",
        "turns": [
            {"speaker": "agent", "start": 0.0, "text": "您好，12345，请问有什么可以帮您？"},
            {"speaker": "caller", "start": 3.2, "text": f"你好，嗯，{MATTER}"},
            {"speaker": "agent", "start": 12.0, "text": "好的，已经帮您登记。"},
        ],
    },
    ensure_ascii=False,
).encode()
DOORS = [
    pytest.param("web", by_form, id="web"),
    pytest.param("web", by_open311, id="open311"),
    pytest.param("walk_in", handed_in("/channels/walk-in/records", SHEET), id="walk_in"),
    pytest.param("hotline", handed_in("/channels/hotline/transcripts", CALL), id="hotline"),
]


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("channel", "knock"), DOORS)
def test_what_comes_in_by_a_door_without_a_line_back_is_closed_by_a_callback_that_told_the_answer(
    desk_home: Home, channel: str, knock: Callable[[str], None]
) -> None:
    with Served(desk_home.folder, ACCOUNTS, **desk_home.environment) as running:
        knock(running.url)
        handle(running.url, PHONE, ANSWER)
        staff = Staff(running.url, "dispatcher")
        waiting = staff.ticket_of(PHONE)
        assert waiting is not None
        assert waiting["channel"] == channel
        assert [each["state"] for each in waiting["deliveries"]] == ["to_tell"]
        check_closed(running.url, call_back(running.url, PHONE))
        told = staff.ticket_of(PHONE)
        assert told is not None
        assert [each["state"] for each in told["deliveries"]] == ["told"]
