"""Customer-service messages: their text as it arrives, long ones in order, and other people's answers."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from api.standins.wechat import WeChatServer
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed, SendUncertain
from channels.message import Account, OutboundMessage
from channels.wechat import CHANNEL
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
LONG = "".join(f"第{number}条：您反映的事项已经转给承办单位核实办理。\n" for number in range(1, 100))


@pytest.fixture
def wechat() -> Iterator[WeChatServer]:
    with WeChatServer() as server:
        yield server


def send(
    server: WeChatServer | str, text: str, state: MemoryState | None = None, *, to: str = "o_1", **settings: object
) -> str:
    base = server if isinstance(server, str) else server.url
    given = {"app_id": "wx000000000000unit", "app_secret": "not-a-secret", "api_base": base, "timeout_seconds": 2}
    message = OutboundMessage(id="delivery-1", channel="wechat", account="unit", recipient=to, text=text)
    account = Account("wechat", "unit", given | settings)
    return asyncio.run(CHANNEL.send(message, account, state or MemoryState(), now=NOW))


@pytest.mark.parametrize(
    "text", ["您好，已受理", '引号"和<b>&amp;', "表情😀", "两\n行", "\u202e反\u202c", "竖线|反斜\\"]
)
def test_a_text_arrives_as_it_was_written(wechat: WeChatServer, text: str) -> None:
    send(wechat, text)
    assert wechat.sent("o_1") == [text]


def test_what_utf8_cannot_carry_is_replaced_and_the_rest_arrives(wechat: WeChatServer) -> None:
    send(wechat, "停水\ud83d了")
    assert wechat.sent("o_1") == ["停水?了"]


def test_a_long_text_arrives_whole_and_in_order(wechat: WeChatServer) -> None:
    send(wechat, LONG)
    parts = wechat.sent("o_1")
    assert len(parts) > 1
    assert all(len(part.encode()) <= 2048 for part in parts)
    assert "\n".join(parts) == LONG.strip()


def test_a_long_text_that_stopped_in_the_middle_goes_on_with_the_part_not_sent(wechat: WeChatServer) -> None:
    state = MemoryState()
    wechat.heard("o_1", "subscribe")  # three messages, the text takes four
    with pytest.raises(SendFailed) as raised:
        send(wechat, LONG, state)
    assert raised.value.why == "count"
    assert len(wechat.sent("o_1")) == 3
    wechat.heard("o_1")
    send(wechat, LONG, state)
    assert "\n".join(wechat.sent("o_1")) == LONG.strip()
    assert "delivery-1" not in json.loads(state.values["send_progress"])


@pytest.mark.parametrize(("text", "to"), [("", "o_1"), (" \n", "o_1"), ("已受理", "")])
def test_nothing_is_sent_without_words_or_without_a_recipient(wechat: WeChatServer, text: str, to: str) -> None:
    with pytest.raises(SendFailed):
        send(wechat, text, to=to)
    assert not any(wechat.platform.calls.values())


def test_a_resident_who_left_cannot_be_reached(wechat: WeChatServer) -> None:
    wechat.platform.unfollow("o_1")
    with pytest.raises(SendFailed, match="没有关注"):
        send(wechat, "已受理")


def test_a_daily_quota_is_waited_out_until_midnight_in_china(wechat: WeChatServer) -> None:
    wechat.inject("errcode 45009")
    with pytest.raises(SendDelayed) as raised:
        send(wechat, "已受理")
    assert raised.value.retry_after == 31 * 60  # 23:30 in China, to a minute past midnight


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("app_id", ""),
        ("app_secret", None),
        ("api_base", "ftp://x"),
        ("api_base", "http://api.example"),
        ("timeout_seconds", "soon"),
    ],
)
def test_a_wrong_setting_is_named(wechat: WeChatServer, setting: str, value: object) -> None:
    with pytest.raises(ChannelMisconfigured) as raised:
        send(wechat, "已受理", **{setting: value})
    assert raised.value.setting == setting


@pytest.mark.parametrize(
    "body", [b"{}", b'{"errcode": "0"}', b"[]", b"[" * 100_000, b"\xff\xfe", b'{"error": "login"}', b""]
)
def test_an_answer_that_is_not_wechat_s_leaves_the_sending_in_doubt(body: bytes) -> None:
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response

    from api.standins.background import BackgroundServer

    async def app(scope, receive, send) -> None:
        if Request(scope).url.path == "/cgi-bin/stable_token":
            await JSONResponse({"access_token": "t", "expires_in": 7200})(scope, receive, send)
        else:
            await Response(body, media_type="application/json")(scope, receive, send)

    with BackgroundServer(app) as server, pytest.raises(SendUncertain):
        send(server.url, "已受理")


@pytest.mark.parametrize("lives", [None, "soon", -1, 0, 1e12, float("nan")])
def test_a_token_without_a_sensible_life_serves_this_sending_only(lives: object) -> None:
    from starlette.requests import Request
    from starlette.responses import Response

    from api.standins.background import BackgroundServer

    calls: list[str] = []

    async def app(scope, receive, send) -> None:
        calls.append(path := Request(scope).url.path)
        token = {"access_token": "t", "expires_in": lives}
        answer = token if path == "/cgi-bin/stable_token" else {"errcode": 0, "errmsg": "ok"}
        await Response(json.dumps(answer), media_type="application/json")(scope, receive, send)

    state = MemoryState()
    with BackgroundServer(app) as server:
        send(server.url, "已受理", state)
        send(server.url, "已受理", state)
    assert calls.count("/cgi-bin/stable_token") == 2


def test_no_log_line_holds_a_token_or_the_secret(wechat: WeChatServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state = MemoryState()
    send(wechat, "已受理", state)
    token = json.loads(state.values["access_token"])["token"]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert any("custom/send" in line for line in ours)
    assert not [line for line in ours if token in line or "not-a-secret" in line]
