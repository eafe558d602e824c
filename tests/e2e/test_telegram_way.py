"""From an update of the Bot API to the answer in the resident's chat and the closed case, on both databases."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx
import pytest

from api.standins.telegram import TelegramServer
from drills.served import Served
from tests.e2e.conftest import Home
from tests.e2e.staff import Staff, call_back, check_closed, eventually, handle

TOKEN, SECRET = "900000009:e2e", "e2e-secret-token"
CHAT = 700000009
MATTER = "兴业里小区门口的路灯坏了三天，晚上老人出门看不清路"
EDITED = "兴业里小区北门的路灯坏了三天，晚上老人出门看不清路"
ANSWER = "路灯已于今天下午修复，并检查了整条路的线路。"


def update(number: int, text: str, *, kind: str = "message") -> bytes:
    now = int(time.time())
    sender = {"id": CHAT, "is_bot": False, "first_name": "林"}
    message = {"message_id": 41, "from": sender, "chat": {"id": CHAT, "type": "private"}, "date": now, "text": text}
    if kind == "edited_message":
        message["edit_date"] = now
    return json.dumps({"update_id": number, kind: message}, ensure_ascii=False).encode()


def post(served: Served, payload: bytes, secret: str = SECRET) -> httpx.Response:
    headers = {"x-telegram-bot-api-secret-token": secret, "content-type": "application/json"}
    return httpx.post(f"{served.url}/channels/telegram/main", content=payload, headers=headers, timeout=20)


@pytest.mark.timeout(240)
def test_a_telegram_message_becomes_a_closed_case_and_its_answer_comes_back_by_telegram(desk_home: Home) -> None:
    with TelegramServer() as telegram:
        account: dict[str, Any] = {"token": TOKEN, "secret_token": SECRET, "base_url": telegram.url}
        with Served(desk_home.folder, {"telegram": {"main": account}}, **desk_home.environment) as served:
            assert post(served, update(1, MATTER), secret="guessed").status_code == 401
            for _ in range(2):  # the platform delivers again when it did not hear us
                assert post(served, update(1, MATTER)).status_code == 200
            said = eventually(lambda: telegram.sent(CHAT), what="the number")
            assert "工单编号" in said[0]

            assert post(served, update(2, EDITED, kind="edited_message")).status_code == 200
            staff = Staff(served.url, "dispatcher")
            edited = eventually(lambda: _reworded(staff), what="the later wording on the ticket")
            assert edited["text"] == EDITED

            handle(served.url, str(CHAT), ANSWER)
            answers = eventually(lambda: [each for each in telegram.sent(CHAT) if ANSWER in each], what="the answer")
            assert len(answers) == 1
            check_closed(served.url, call_back(served.url, str(CHAT)))


def _reworded(staff: Staff) -> dict[str, Any] | None:
    ticket = staff.ticket_of(str(CHAT))
    return ticket if ticket is not None and ticket["text"] == EDITED and ticket["state"] == "assessed" else None
