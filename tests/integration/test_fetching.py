"""What residents sent by WeChat ends on the desk's own disk: once, whoever fetches, whatever breaks between."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from api.jobs import fetching, upkeep
from api.settings import Settings
from api.standins.wechat import WeChatServer
from api.standins.wechat.platform import Platform
from casework import media
from casework.message_tables import AttachedFile
from channels.base import ChannelState, Fetched
from channels.message import Account, OutboundMessage, Parsed
from storage.blobs import BlobStore, digest_of
from storage.database import Database

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
START = datetime.now(UTC)
"""Of today: what lies on the disk has the disk's own times."""


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wechat(clock: Clock) -> Iterator[WeChatServer]:
    with WeChatServer(Platform(now=clock)) as server:
        yield server


def settings_of(database: Database, wechat: WeChatServer, home: Path) -> dict[str, Any]:
    account = {"token": "t", "app_id": "wx1", "app_secret": "s", "mode": "plain", "api_base": wechat.url}
    return {"home": home, "database_url": database.url, "accounts": {"wechat": {"main": account}}}


def desk_of(settings: dict[str, Any]) -> Desk:
    return Desk(Settings(_env_file=None, **settings))  # type: ignore[call-arg]


@pytest.fixture
def desk(database: Database, wechat: WeChatServer, clock: Clock, tmp_path: Path) -> Iterator[Desk]:
    made = desk_of(settings_of(database, wechat, tmp_path / "home"))
    made.now = clock
    yield made
    made.close()


def arrive(desk: Desk, number: int = 1) -> str:
    """A resident's picture comes in; the id of its row."""
    payload = (
        f"<xml><ToUserName>gh</ToUserName><FromUserName>o_{number}</FromUserName>"
        f"<CreateTime>{int(START.timestamp())}</CreateTime><MsgType>image</MsgType><PicUrl></PicUrl>"
        f"<MediaId>media-{number}</MediaId><MsgId>{number}</MsgId></xml>"
    )
    account = desk.account("wechat", "main")
    assert account is not None
    receipt = pipeline.receive(desk, account, payload.encode()).receipts[0]
    with desk.database.read() as session:
        return session.scalars(select(AttachedFile.id).where(AttachedFile.message_id == receipt.message_id)).one()


def row(desk: Desk, key: str) -> AttachedFile:
    with desk.database.read() as session:
        return session.get_one(AttachedFile, key)


def test_every_picture_that_came_in_lies_on_the_disk_after_a_batch(desk: Desk, wechat: WeChatServer) -> None:
    keys = [arrive(desk, number) for number in range(1, 6)]
    for number in range(1, 6):
        wechat.keep(f"media-{number}", PNG + bytes([number]), "image/png")
    assert fetching.fetch_due(desk) == 5
    for number, key in enumerate(keys, 1):
        found = row(desk, key)
        assert desk.blobs.get(found.blob) == PNG + bytes([number])
        assert (found.fetch_state, found.media_type, found.size) == ("kept", "image/png", len(PNG) + 1)
    assert fetching.fetch_due(desk) == 0
    assert wechat.platform.calls["media"] == 5


def test_runners_that_come_at_once_fetch_a_file_once(desk: Desk, wechat: WeChatServer) -> None:
    wechat.keep("media-1", PNG, "image/png")
    key = arrive(desk)
    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(lambda _: fetching.fetch(desk, key), range(6)))
    assert sorted(outcomes) == ["kept"] + ["skipped"] * 5
    assert wechat.platform.calls["media"] == 1


def test_a_busy_platform_is_asked_again_later(desk: Desk, wechat: WeChatServer, clock: Clock) -> None:
    wechat.keep("media-1", PNG, "image/png")
    wechat.inject("errcode -1", "media")
    key = arrive(desk)
    assert fetching.fetch(desk, key) == "delayed"
    assert "系统繁忙" in row(desk, key).fetch_note
    wechat.inject("", "media")
    assert fetching.fetch(desk, key) == "skipped"
    clock.now += timedelta(seconds=30)
    assert fetching.fetch(desk, key) == "kept"
    assert row(desk, key).fetch_note == ""


def test_a_file_that_the_platform_dropped_is_gone_and_says_so(desk: Desk, wechat: WeChatServer, clock: Clock) -> None:
    wechat.keep("media-1", PNG, "image/png")
    key = arrive(desk)
    clock.now += timedelta(days=3)
    assert fetching.fetch(desk, key) == "gone"
    found = row(desk, key)
    assert (found.fetch_state, found.blob) == ("gone", "")
    assert "微信已清除" in found.fetch_note


def test_a_platform_that_is_away_for_three_days_makes_a_file_gone(
    desk: Desk, wechat: WeChatServer, clock: Clock
) -> None:
    wechat.stop()
    key = arrive(desk)
    outcomes = []
    while len(outcomes) < 200 and "gone" not in outcomes:
        outcomes.append(fetching.fetch(desk, key))
        clock.now = row(desk, key).fetch_due_at or clock.now
    assert outcomes[-1] == "gone"
    assert clock.now - START == timedelta(days=3)
    assert "连不上微信" in row(desk, key).fetch_note


def test_a_file_above_the_limit_is_gone_with_the_reason(desk: Desk, wechat: WeChatServer) -> None:
    wechat.keep("media-1", bytes(20_000_001), "image/png")
    key = arrive(desk)
    assert fetching.fetch(desk, key) == "gone"
    assert "20 MB" in row(desk, key).fetch_note


def test_a_page_called_a_picture_is_kept_and_is_no_picture(desk: Desk, wechat: WeChatServer) -> None:
    wechat.keep("media-1", b"<script>alert(1)</script>", "image/png")
    key = arrive(desk)
    assert fetching.fetch(desk, key) == "kept"
    found = row(desk, key)
    assert found.media_type == "application/octet-stream"
    assert "内容不是" in found.fetch_note


def test_an_account_that_cannot_call_the_platform_says_which_setting_is_missing(
    desk: Desk, database: Database, wechat: WeChatServer, tmp_path: Path
) -> None:
    key = arrive(desk)
    settings = settings_of(database, wechat, tmp_path / "home")
    settings["accounts"]["wechat"]["main"]["app_secret"] = ""
    poor = desk_of(settings)
    poor.now = desk.now
    try:
        assert fetching.fetch(poor, key) == "delayed"
    finally:
        poor.close()
    assert "app_secret" in row(desk, key).fetch_note


class Line:
    """A channel whose fetching ends in ``problem``, or never."""

    name, label, keeps = "wechat", "替身", timedelta(days=3)

    def __init__(self, problem: Exception | None) -> None:
        self.problem = problem

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        raise NotImplementedError

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        raise NotImplementedError

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        if self.problem is not None:
            raise self.problem
        await asyncio.sleep(60)
        raise NotImplementedError


def test_an_error_nobody_foresaw_is_put_on_record_without_its_words(desk: Desk) -> None:
    key = arrive(desk)
    assert fetching.fetch(desk, key, channels={"wechat": Line(ValueError("o_1: 您好"))}) == "delayed"
    assert row(desk, key).fetch_note == "取回出错（ValueError）"


def test_a_fetch_without_end_is_cut_before_its_lease_is_over(desk: Desk) -> None:
    key = arrive(desk)
    within = timedelta(seconds=0.05)
    assert fetching.fetch(desk, key, channels={"wechat": Line(None)}, within=within) == "delayed"
    assert fetching.WITHIN < media.LEASE


def test_a_channel_that_cannot_fetch_any_more_says_so(desk: Desk) -> None:
    key = arrive(desk)
    assert fetching.fetch(desk, key, channels={}) == "gone"
    assert row(desk, key).fetch_note


class KilledAfterPut(BlobStore):
    """The power goes when the bytes are on the disk and nothing names them yet."""

    def put(self, content: bytes) -> str:
        super().put(content)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


def _fetch_and_die(settings: dict[str, Any], key: str) -> None:
    desk = desk_of(settings)
    desk.blobs = KilledAfterPut(desk.blobs.folder)
    fetching.fetch(desk, key)


def test_killed_between_blob_and_commit_the_file_is_fetched_again_and_kept_once(
    desk: Desk, database: Database, wechat: WeChatServer, clock: Clock, tmp_path: Path
) -> None:
    wechat.keep("media-1", PNG, "image/png")
    key = arrive(desk)
    settings = settings_of(database, wechat, tmp_path / "home")
    doomed = multiprocessing.get_context("spawn").Process(target=_fetch_and_die, args=(settings, key))
    doomed.start()
    doomed.join(60)
    assert doomed.exitcode == -signal.SIGKILL
    assert desk.blobs.path(digest_of(PNG)).exists()
    assert row(desk, key).fetch_state == "wanted"

    clock.now = datetime.now(UTC) + media.LEASE
    assert fetching.fetch(desk, key) == "kept"
    assert row(desk, key).blob == digest_of(PNG)
    clock.now += 2 * upkeep.ORPHAN_AGE
    upkeep.sweep_blobs(desk)
    assert desk.blobs.get(digest_of(PNG)) == PNG
