"""The stand-in of WeChat's API keeps the platform's published rules, so that tests against it mean something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.standins import STANDINS
from api.standins.background import BackgroundServer
from api.standins.wechat import AnswerRefused, Signer, WeChatServer
from api.standins.wechat.platform import Platform, Refusal

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
APP = {"grant_type": "client_credential", "appid": "wx1", "secret": "s1"}


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(clock: Clock) -> Platform:
    return Platform({"wx1": "s1", "wx2": "s2"}, now=clock)


def token(platform: Platform, **more: Any) -> str:
    return str(platform.stable_token(APP | more)["access_token"])


def send(platform: Platform, openid: str = "o_1", content: str = "已受理") -> int:
    """The errcode of one sending."""
    try:
        platform.send(token(platform), {"touser": openid, "msgtype": "text", "text": {"content": content}})
    except Refusal as refusal:
        return refusal.errcode
    return 0


@pytest.mark.parametrize(
    ("given", "errcode"),
    [
        ({"appid": ""}, 41002),
        ({"secret": ""}, 41004),
        ({"appid": "wx9"}, 40013),
        ({"secret": "s2"}, 40125),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_a_token_is_given_for_the_right_credentials_only(
    platform: Platform, given: dict[str, str], errcode: int
) -> None:
    with pytest.raises(Refusal) as raised:
        token(platform, **given)
    assert raised.value.errcode == errcode


def test_a_token_stays_the_same_until_its_last_five_minutes_and_the_old_one_serves_on(
    platform: Platform, clock: Clock
) -> None:
    first = token(platform)
    clock.forward(minutes=114)
    assert token(platform) == first
    clock.forward(minutes=2)
    assert token(platform) != first
    platform.send(first, {"touser": "o_1", "msgtype": "text", "text": {"content": "已受理"}})
    clock.forward(minutes=5)
    with pytest.raises(Refusal) as raised:
        platform.send(first, {"touser": "o_1", "msgtype": "text", "text": {"content": "已受理"}})
    assert raised.value.errcode in {40001, 42001}


def test_a_forced_refresh_ends_the_old_token_and_is_rationed(platform: Platform, clock: Clock) -> None:
    first = token(platform)
    second = token(platform, force_refresh=True)
    assert second != first
    assert token(platform, force_refresh=True) == second  # within thirty seconds nothing is refreshed
    with pytest.raises(Refusal):
        platform.send(first, {"touser": "o_1", "msgtype": "text", "text": {"content": "已受理"}})
    for _ in range(19):
        clock.forward(seconds=31)
        token(platform, force_refresh=True)
    clock.forward(seconds=31)
    with pytest.raises(Refusal) as raised:
        token(platform, force_refresh=True)
    assert raised.value.errcode == 45009
    clock.forward(days=1)
    token(platform, force_refresh=True)


def test_a_resident_can_be_written_to_five_times_within_48_hours_of_his_word(platform: Platform, clock: Clock) -> None:
    platform.heard("o_1")
    clock.forward(hours=47.9)
    assert [send(platform) for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    platform.heard("o_1")
    clock.forward(hours=48.1)
    assert send(platform) == 45015


def test_a_menu_click_opens_a_minute_for_three_messages(platform: Platform, clock: Clock) -> None:
    platform.heard("o_1", "menu")
    assert [send(platform) for _ in range(4)] == [0, 0, 0, 45047]
    clock.forward(minutes=2)
    assert send(platform) == 45015


def test_who_left_cannot_be_written_to_until_he_follows_again(platform: Platform) -> None:
    platform.unfollow("o_1")
    assert send(platform) == 43004
    platform.heard("o_1", "subscribe")
    assert send(platform) == 0


@pytest.mark.parametrize(("content", "errcode"), [("", 44004), ("好" * 682, 0), ("好" * 683, 45002)])
def test_a_text_has_words_and_at_most_2048_bytes(platform: Platform, content: str, errcode: int) -> None:
    assert send(platform, content=content) == errcode


@pytest.fixture
def server() -> Iterator[WeChatServer]:
    with WeChatServer() as running:
        yield running


def test_the_stand_in_of_the_command_answers_and_tells_what_was_sent() -> None:
    with BackgroundServer(STANDINS["wechat"]()) as running, httpx.Client(base_url=running.url) as client:
        given = client.post("/cgi-bin/stable_token", json=APP).json()
        assert 300 <= given["expires_in"] <= 7200
        body = {"touser": "o_1", "msgtype": "text", "text": {"content": "已受理"}}
        query = {"access_token": given["access_token"]}
        assert client.post("/cgi-bin/message/custom/send", params=query, json=body).json()["errcode"] == 0
        assert [each["text"] for each in client.get("/", params={"openid": "o_1"}).json()["sent"]] == ["已受理"]
        assert client.get("/cgi-bin/message/custom/send").json()["errcode"] == 43002
        assert client.post("/standin/residents", json={"openid": "o_1", "act": "unsubscribe"}).status_code == 200
        assert client.post("/cgi-bin/message/custom/send", params=query, json=body).json()["errcode"] == 43004
        assert client.post("/standin/faults", json={"fault": "http 503"}).status_code == 200
        assert client.post("/cgi-bin/message/custom/send", params=query, json=body).status_code == 503
        for path, wrong in (("/standin/residents", {"openid": ""}), ("/standin/faults", {"fault": "explode"})):
            assert client.post(path, json=wrong).status_code == 422


@pytest.mark.parametrize("body", [b"", b"[]", b"not JSON", b"[" * 100_000], ids=["empty", "list", "text", "deep"])
def test_a_body_that_is_no_object_is_refused_as_wechat_does(server: WeChatServer, body: bytes) -> None:
    answer = httpx.post(f"{server.url}/cgi-bin/stable_token", content=body)
    assert answer.json()["errcode"] == 41002


def test_a_cut_connection_has_accepted_the_message(server: WeChatServer) -> None:
    query = {"access_token": httpx.post(f"{server.url}/cgi-bin/stable_token", json=APP).json()["access_token"]}
    server.inject("cut")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(
            f"{server.url}/cgi-bin/message/custom/send",
            params=query,
            json={"touser": "o_1", "msgtype": "text", "text": {"content": "已受理"}},
        )
    assert server.sent("o_1") == ["已受理"]


AES = {"token": "t", "app_id": "wx1", "encoding_aes_key": "stand0stand0stand0stand0stand0stand0stand0s", "mode": "aes"}


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        b"<xml><MsgType>text</MsgType><ToUserName>o</ToUserName><CreateTime>1</CreateTime></xml>",
        b"<xml><Encrypt>AAAA</Encrypt><MsgSignature>x</MsgSignature></xml>",
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><xml>&b;</xml>",
    ],
    ids=["html", "in clear", "unsigned", "entity"],
)
def test_an_answer_that_wechat_would_not_show_is_refused(answer: bytes) -> None:
    with pytest.raises(AnswerRefused):
        Signer(AES).shown(answer)


@pytest.mark.parametrize("answer", [b"", b"success"])
def test_the_empty_answer_shows_nothing(answer: bytes) -> None:
    assert Signer(AES).shown(answer) is None
