"""The stand-in of the Bot API keeps the published rules, so that tests against it mean something."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from api.standins import STANDINS
from api.standins.background import BackgroundServer
from api.standins.telegram import TelegramServer
from api.standins.telegram.faults import ERRORS, RETRY_AFTER
from api.standins.telegram.platform import Platform

TOKEN = "900000001:known"


@pytest.fixture
def server() -> Iterator[TelegramServer]:
    with TelegramServer(Platform([TOKEN])) as made:
        yield made


def call(server: BackgroundServer, method: str, token: str = TOKEN, **given: object) -> tuple[int, dict]:
    answer = httpx.post(f"{server.url}/bot{token}/{method}", data={key: str(each) for key, each in given.items()})
    return answer.status_code, answer.json()


def test_the_command_s_stand_in_takes_any_well_formed_token() -> None:
    with BackgroundServer(STANDINS["telegram"]()) as server:
        status, told = call(server, "getMe", "42:anything")
        assert (status, told["result"]["id"], told["result"]["is_bot"]) == (200, 42, True)
        assert call(server, "getMe", "42:another")[0] == 401


def test_a_wrong_token_is_unauthorized_and_what_is_none_is_not_found(server: TelegramServer) -> None:
    assert call(server, "getMe", "900000001:guessed") == (
        401,
        {"ok": False, "error_code": 401, "description": "Unauthorized"},
    )
    assert call(server, "getMe", "nonsense")[0] == 404
    assert call(server, "getWeather")[0] == 404


def test_parameters_come_as_a_form_as_json_or_in_the_address(server: TelegramServer) -> None:
    address = f"{server.url}/bot{TOKEN}/sendMessage"
    httpx.post(address, data={"chat_id": 5, "text": "一"})
    httpx.post(address, json={"chat_id": 5, "text": "二"})
    httpx.get(address, params={"chat_id": 5, "text": "三"})
    assert server.sent(5) == ["一", "二", "三"]
    assert [row["text"] for row in httpx.get(f"{server.url}/", params={"chat": "5"}).json()["sent"]] == [
        "一",
        "二",
        "三",
    ]


def test_a_text_has_at_most_4096_utf16_units_and_some_words(server: TelegramServer) -> None:
    assert call(server, "sendMessage", chat_id=5, text="😀" * 2048)[0] == 200
    assert call(server, "sendMessage", chat_id=5, text="😀" * 2048 + "x")[1]["description"].endswith("too long")
    assert call(server, "sendMessage", chat_id=5, text=" ")[0] == 400
    assert call(server, "sendMessage", chat_id="nobody", text="x")[1]["description"].endswith("chat not found")


def test_updates_are_forgotten_only_below_an_offset(server: TelegramServer) -> None:
    for number in range(3):
        server.offer(TOKEN, {"message": {"text": str(number)}})
    first = call(server, "getUpdates", limit=2)[1]["result"]
    assert [each["update_id"] for each in first] == [1, 2]
    assert call(server, "getUpdates")[1]["result"][:2] == first
    assert [each["update_id"] for each in call(server, "getUpdates", offset=3)[1]["result"]] == [3]
    assert [each["update_id"] for each in call(server, "getUpdates")[1]["result"]] == [3]
    assert call(server, "getUpdates", offset=4)[1]["result"] == []


def test_a_long_poll_ends_with_the_first_update(server: TelegramServer) -> None:
    threading.Timer(0.2, server.offer, (TOKEN, {"message": {}})).start()
    begun = time.monotonic()
    assert len(call(server, "getUpdates", timeout=4)[1]["result"]) == 1
    assert 0.1 < time.monotonic() - begun < 3


def test_a_second_poll_ends_the_first_with_a_conflict_and_a_webhook_all(server: TelegramServer) -> None:
    found: list[int] = []
    first = threading.Thread(target=lambda: found.append(call(server, "getUpdates", timeout=4)[0]))
    first.start()
    while not server.platform.calls.get("getUpdates"):
        time.sleep(0.01)
    time.sleep(0.1)
    assert call(server, "getUpdates")[0] == 200
    first.join(3)
    assert found == [409]
    assert call(server, "setWebhook", url="https://desk.example.com/x", secret_token="s-1")[0] == 200
    assert call(server, "getUpdates")[0] == 409
    assert call(server, "deleteWebhook")[0] == 200
    assert call(server, "getUpdates")[0] == 200
    assert call(server, "setWebhook", url="https://desk.example.com/x", secret_token="空 格")[0] == 400


def test_a_file_lies_where_get_file_says(server: TelegramServer) -> None:
    httpx.post(f"{server.url}/standin/files", params={"file_id": "f1"}, content=b"bytes")
    path = call(server, "getFile", file_id="f1")[1]["result"]["file_path"]
    assert httpx.get(f"{server.url}/file/bot{TOKEN}/{path}").content == b"bytes"
    assert httpx.get(f"{server.url}/file/bot{TOKEN}/kept/unknown").status_code == 404
    assert httpx.get(f"{server.url}/file/bot900000001:guessed/{path}").status_code == 401
    assert call(server, "getFile", file_id="f2")[0] == 400


def test_a_pressed_button_is_answered_by_its_query(server: TelegramServer) -> None:
    assert call(server, "answerCallbackQuery", callback_query_id="7")[1]["result"] is True
    assert call(server, "answerCallbackQuery")[0] == 400


@pytest.mark.parametrize("named", list(ERRORS))
def test_each_published_error_can_be_had_and_mended(server: TelegramServer, named: str) -> None:
    assert httpx.post(f"{server.url}/standin/faults", json={"fault": named, "at": "getMe"}).status_code == 200
    status, told = call(server, "getMe")
    assert (status, told["ok"], told["error_code"]) == (ERRORS[named].code, False, status)
    if status == 429:
        assert told["parameters"] == {"retry_after": RETRY_AFTER}
    httpx.post(f"{server.url}/standin/faults", json={"fault": "", "at": "getMe"})
    assert call(server, "getMe")[0] == 200


def test_a_fault_can_wait_for_so_many_calls_and_an_unknown_one_is_refused(server: TelegramServer) -> None:
    server.inject("blocked", after=1)
    assert [call(server, "sendMessage", chat_id=5, text="x")[0] for _ in range(3)] == [200, 403, 403]
    assert httpx.post(f"{server.url}/standin/faults", json={"fault": "explode"}).status_code == 422
    assert httpx.post(f"{server.url}/standin/updates", params={"token": "none"}, json={}).status_code == 422
    assert httpx.post(f"{server.url}/standin/files", content=b"x").status_code == 422


class Hook(BaseHTTPRequestHandler):
    """A webhook that answers with the statuses it was told, then with 200, and keeps what came."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        self.server.came.append((status, body["update_id"], self.headers.get("X-Telegram-Bot-Api-Secret-Token")))
        self.send_response_only(status)
        self.end_headers()


@contextlib.contextmanager
def hook(*statuses: int) -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Hook) as made:
        made.statuses, made.came = list(statuses), []
        thread = threading.Thread(target=made.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield made
        finally:
            made.shutdown()
            thread.join()


def until(holds: Callable[[], object]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.02)


def pending(server: TelegramServer) -> int:
    return call(server, "getWebhookInfo")[1]["result"]["pending_update_count"]


def test_a_webhook_is_called_with_each_update_in_order_and_with_its_secret(server: TelegramServer) -> None:
    server.offer(TOKEN, {"message": {}})
    with hook() as made:
        call(server, "setWebhook", url=f"http://127.0.0.1:{made.server_port}/x", secret_token="s-1")
        server.offer(TOKEN, {"message": {}})
        until(lambda: not pending(server))
        assert made.came == [(200, 1, "s-1"), (200, 2, "s-1")]


def test_a_webhook_that_answers_no_2xy_is_called_again_before_the_next_update(server: TelegramServer) -> None:
    with hook(500, 404) as made:
        call(server, "setWebhook", url=f"http://127.0.0.1:{made.server_port}/x")
        server.offer(TOKEN, {"message": {}})
        server.offer(TOKEN, {"message": {}})
        until(lambda: not pending(server))
        assert made.came == [(500, 1, None), (404, 1, None), (200, 1, None), (200, 2, None)]
    assert call(server, "getWebhookInfo")[1]["result"]["last_error_message"].endswith("404")


def test_without_a_webhook_nothing_is_called_and_updates_wait_to_be_fetched(server: TelegramServer) -> None:
    with hook() as made:
        call(server, "setWebhook", url=f"http://127.0.0.1:{made.server_port}/x")
        call(server, "deleteWebhook")
        server.offer(TOKEN, {"message": {}})
        time.sleep(0.2)
        assert made.came == []
    assert [each["update_id"] for each in call(server, "getUpdates")[1]["result"]] == [1]
