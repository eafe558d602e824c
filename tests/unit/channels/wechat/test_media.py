"""What residents send, fetched from WeChat: whole, named by its bytes, from nowhere else, and not without end."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse

from api.standins.background import BackgroundServer
from api.standins.wechat import WeChatServer
from api.standins.wechat.platform import Platform
from channels.base import Fetched
from channels.errors import ChannelMisconfigured, MediaDelayed, MediaGone
from channels.message import Account
from channels.wechat import CHANNEL
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 100
MP4 = b"\x00\x00\x00\x18ftypmp42" + bytes(5000)
AMR = b"#!AMR\n" + b"\x7c" * 50


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wechat(clock: Clock) -> Iterator[WeChatServer]:
    with WeChatServer(Platform(now=clock)) as server:
        yield server


def fetch(base: WeChatServer | str, reference: str, state: MemoryState | None = None, **settings: Any) -> Fetched:
    url = base if isinstance(base, str) else base.url
    given = {"app_id": "wx000000000000unit", "app_secret": "not-a-secret", "api_base": url, "timeout_seconds": 2}
    account = Account("wechat", "unit", given | settings)
    return asyncio.run(CHANNEL.fetch(reference, account, state or MemoryState(), now=NOW))


@contextmanager
def answering(answer: Any) -> Iterator[tuple[str, list[str]]]:
    """A server that gives tokens and answers everything else by ``answer(request)``; its URL and the paths asked."""
    asked: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        asked.append(request.url.path)
        given = JSONResponse({"access_token": "t", "expires_in": 7200})
        await (given if request.url.path == "/cgi-bin/stable_token" else answer(request))(scope, receive, send)

    with BackgroundServer(app) as server:
        yield server.url, asked


@pytest.mark.parametrize(
    ("content", "declared", "media_type"),
    [
        (PNG, "image/jpeg", "image/png"),
        (AMR, "audio/amr", "audio/amr"),
        (MP4, "video/mp4", "video/mp4"),
        (b"<html><script>", "image/jpeg", "application/octet-stream"),
        (b'{"errcode": 40007}', "image/jpeg", "application/octet-stream"),
    ],
    ids=["png", "voice", "video by its address", "page called a picture", "JSON that is the file"],
)
def test_a_file_arrives_whole_and_is_what_its_bytes_are(
    wechat: WeChatServer, content: bytes, declared: str, media_type: str
) -> None:
    wechat.keep("media-1", content, declared)
    fetched = fetch(wechat, "media-1")
    assert (fetched.content, fetched.media_type) == (content, media_type)
    assert fetched.name.startswith("media-1")


def test_after_three_days_a_file_is_gone(wechat: WeChatServer, clock: Clock) -> None:
    wechat.keep("media-1", PNG, "image/png")
    clock.now += CHANNEL.keeps - timedelta(minutes=1)
    assert fetch(wechat, "media-1").content == PNG
    clock.now += timedelta(minutes=1)
    with pytest.raises(MediaGone, match="40007"):
        fetch(wechat, "media-1")


def test_a_token_that_was_lost_is_renewed_once(wechat: WeChatServer) -> None:
    state = MemoryState()
    wechat.keep("media-1", PNG, "image/png")
    fetch(wechat, "media-1", state)
    wechat.inject("token lost")
    assert fetch(wechat, "media-1", state).content == PNG
    assert wechat.platform.calls == {"token": 2, "media": 3, "send": 0}


def test_a_daily_quota_is_waited_out_until_midnight_in_china(wechat: WeChatServer) -> None:
    wechat.inject("errcode 45009", "media")
    with pytest.raises(MediaDelayed) as raised:
        fetch(wechat, "media-1")
    assert raised.value.retry_after == 31 * 60


def test_a_file_above_the_limit_is_not_fetched(wechat: WeChatServer) -> None:
    wechat.keep("media-1", PNG, "image/png")
    assert fetch(wechat, "media-1", max_media_bytes=len(PNG)).content == PNG
    with pytest.raises(MediaGone, match="MB"):
        fetch(wechat, "media-1", max_media_bytes=len(PNG) - 1)


def test_a_file_that_does_not_say_its_size_is_cut_at_the_limit() -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield bytes(50_000)

    headers = {"content-disposition": 'attachment; filename="a.jpg"'}
    with answering(lambda _: StreamingResponse(parts(), headers=headers)) as (url, _):
        assert len(fetch(url, "media-1").content) == 2_000_000
        with pytest.raises(MediaGone, match="1 MB"):
            fetch(url, "media-1", max_media_bytes=1_000_000)


@pytest.mark.parametrize(
    "answer",
    [
        Response(b"", headers={"content-disposition": 'attachment; filename="a.jpg"'}),
        Response(b"<html>", media_type="text/html"),
        Response(b"[]", media_type="application/json"),
        Response(b"{" * 50_000, media_type="application/json"),
        JSONResponse({"errcode": "40007"}),
        JSONResponse({"errcode": 0}),
        JSONResponse({}),
        RedirectResponse("/login"),
    ],
    ids=["empty", "page", "list", "deep", "code is a text", "no error and no file", "nothing", "sent elsewhere"],
)
def test_an_answer_that_is_no_file_is_asked_for_again(answer: Response) -> None:
    with answering(lambda _: answer) as (url, _), pytest.raises(MediaDelayed):
        fetch(url, "media-1")


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.2:1/v", "http://localhost/v", "http://10.0.0.8/v", "http://[::1]/v", "http://intranet/v", "file:///etc/passwd", "http://[", ""],
)  # fmt: skip
def test_a_video_inside_our_own_network_is_not_loaded(address: str) -> None:
    with answering(lambda _: JSONResponse({"video_url": address})) as (url, _), pytest.raises(MediaDelayed) as raised:
        fetch(url, "media-1")
    assert raised.value.retry_after >= 60


def test_a_video_is_followed_to_where_it_lies_and_not_in_circles_nor_inside_our_network() -> None:
    def answer(request: Request) -> Response:
        here = str(request.base_url)
        return {
            "/cgi-bin/media/get": JSONResponse({"video_url": here + request.query_params.get("media_id", "")}),
            "/moved": RedirectResponse("/there"),
            "/there": Response(MP4, media_type="video/mp4"),
            "/circle": RedirectResponse("/circle"),
            "/inside": RedirectResponse("http://10.0.0.8/v"),
        }[request.url.path]

    with answering(answer) as (url, asked):
        assert fetch(url, "moved").content == MP4
        for astray in ("circle", "inside"):
            with pytest.raises(MediaDelayed):
                fetch(url, astray)
    assert asked.count("/circle") < 10


def test_a_picture_by_its_address_is_loaded_from_wechat_only(wechat: WeChatServer) -> None:
    wechat.keep("video-1", PNG, "image/png")
    assert fetch(wechat, f"{wechat.url}/standin/video/video-1").content == PNG
    with answering(lambda _: Response(PNG)) as (url, asked):
        for address in (url.replace("127.0.0.1", "localhost"), "http://qpic.cn.example.com", "http://["):
            with pytest.raises(MediaGone):
                fetch(wechat, f"{address}/a.jpg")
    assert asked == []
    assert wechat.platform.calls["token"] == 0


def test_a_name_given_by_the_platform_is_made_safe() -> None:
    headers = {"content-disposition": 'attachment; filename="../../etc/\u00e9.jpg"'}
    with answering(lambda _: Response(PNG, headers=headers)) as (url, _):
        assert "/" not in fetch(url, "media-1").name


def test_a_limit_that_is_no_number_is_named(wechat: WeChatServer) -> None:
    with pytest.raises(ChannelMisconfigured) as raised:
        fetch(wechat, "media-1", max_media_bytes="much")
    assert raised.value.setting == "max_media_bytes"


def test_no_log_line_holds_a_token_or_the_secret(wechat: WeChatServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    state = MemoryState()
    wechat.keep("media-1", MP4, "video/mp4")
    fetch(wechat, "media-1", state)
    token = json.loads(state.values["access_token"])["token"]
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    assert any("media/get" in line for line in ours)
    assert not [line for line in ours if token in line or "not-a-secret" in line]
