"""The access token: fetched by one for all, renewed in time, replaced when refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.standins.wechat import WeChatServer
from api.standins.wechat.platform import Platform
from channels.base import ChannelState
from channels.errors import ChannelMisconfigured, SendDelayed
from channels.message import Account, OutboundMessage
from channels.wechat import CHANNEL
from channels.wechat.access_token import LEASE_KEY, TOKEN_KEY
from storage import migrate
from storage.channel_state import DatabaseChannelState
from storage.database import Database
from tests.contract.memory_state import MemoryState

START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SETTINGS = {"app_id": "wx000000000000unit", "app_secret": "not-a-secret", "timeout_seconds": 2}


class Clock:
    """WeChat's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def wechat(clock: Clock) -> Iterator[WeChatServer]:
    with WeChatServer(
        Platform({"wx000000000000unit": "not-a-secret", "wx000000000000next": "not-a-secret"}, now=clock)
    ) as server:
        yield server


def send(server: WeChatServer, state: ChannelState, to: str = "o_1", *, now: datetime = START, **settings: str) -> None:
    account = Account("wechat", "unit", SETTINGS | {"api_base": server.url} | settings)
    message = OutboundMessage(id=f"id-{to}", channel="wechat", account="unit", recipient=to, text="已受理")
    asyncio.run(CHANNEL.send(message, account, state, now=now))


def test_workers_sending_at_once_fetch_one_token(wechat: WeChatServer, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'state.sqlite'}")
    migrate.upgrade(database)
    try:
        workers = [DatabaseChannelState(database, "wechat", "unit") for _ in range(8)]
        with ThreadPoolExecutor(len(workers)) as pool:
            list(pool.map(lambda number: send(wechat, workers[number], f"o_{number}"), range(len(workers))))
    finally:
        database.dispose()
    assert wechat.platform.calls == {"token": 1, "send": 8, "media": 0}
    assert len(wechat.platform.sent()) == 8


def test_a_token_is_kept_for_the_next_send(wechat: WeChatServer) -> None:
    state = MemoryState()
    send(wechat, state)
    send(wechat, state, now=START + timedelta(minutes=110))
    assert wechat.platform.calls["token"] == 1


def test_a_token_is_renewed_before_it_ends(wechat: WeChatServer, clock: Clock) -> None:
    state = MemoryState()
    send(wechat, state)
    clock.now = START + timedelta(minutes=116)
    send(wechat, state, now=clock.now)
    assert wechat.platform.calls["token"] == 2
    clock.now = START + timedelta(minutes=150)
    send(wechat, state, now=clock.now)
    assert wechat.platform.calls["token"] == 2


def test_a_token_lost_at_the_platform_is_replaced_and_the_message_still_leaves(wechat: WeChatServer) -> None:
    state = MemoryState()
    send(wechat, state)
    wechat.inject("token lost")
    send(wechat, state)
    assert wechat.sent("o_1") == ["已受理", "已受理"]


def test_a_token_that_the_platform_gives_again_though_it_refuses_it_is_refreshed_by_force(
    wechat: WeChatServer, clock: Clock
) -> None:
    state = MemoryState()
    send(wechat, state)
    wechat.inject("errcode 40001")
    clock.now += timedelta(minutes=1)
    with pytest.raises(SendDelayed):
        send(wechat, state)
    first_record = json.loads(state.values[TOKEN_KEY])
    wechat.inject("")
    send(wechat, state)
    assert json.loads(state.values[TOKEN_KEY]) == first_record
    assert wechat.sent("o_1") == ["已受理", "已受理"]
    assert wechat.platform.calls["token"] == 3  # the first, the plain one that gave the same, the forced one


def test_another_worker_s_lease_is_waited_for_and_its_token_used(wechat: WeChatServer) -> None:
    state = MemoryState()
    state.values[LEASE_KEY] = json.dumps({"until": START.timestamp() + 30, "by": "another"})
    send(wechat, other := MemoryState())

    async def both() -> None:
        account = Account("wechat", "unit", SETTINGS | {"api_base": wechat.url})
        message = OutboundMessage(id="id-2", channel="wechat", account="unit", recipient="o_2", text="已受理")
        waiting = asyncio.create_task(CHANNEL.send(message, account, state, now=START))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        state.compare_and_set(TOKEN_KEY, None, other.values[TOKEN_KEY])
        await waiting

    asyncio.run(both())
    assert wechat.platform.calls["token"] == 1
    assert wechat.sent("o_2") == ["已受理"]


def test_a_dead_worker_s_lease_ends_by_itself(wechat: WeChatServer) -> None:
    state = MemoryState()
    state.values[LEASE_KEY] = json.dumps({"until": START.timestamp() - 1, "by": "dead"})
    send(wechat, state)
    assert wechat.sent("o_1") == ["已受理"]
    assert state.values[LEASE_KEY] == ""


@pytest.mark.parametrize("record", ["", "{}", "[]", "null", "not JSON", '{"app_id": "wx000000000000unit"}', '"x"', "{"])
def test_a_damaged_record_counts_as_none(wechat: WeChatServer, record: str) -> None:
    state = MemoryState()
    state.values[TOKEN_KEY] = state.values[LEASE_KEY] = record
    send(wechat, state)
    assert wechat.sent("o_1") == ["已受理"]


def test_a_token_of_the_app_id_before_is_not_used(wechat: WeChatServer) -> None:
    state = MemoryState()
    send(wechat, state)
    send(wechat, state, app_id="wx000000000000next")
    assert [sent.app_id for sent in wechat.platform.sent()] == ["wx000000000000unit", "wx000000000000next"]


def test_a_failed_fetch_leaves_the_lease_free(wechat: WeChatServer) -> None:
    state = MemoryState()
    with pytest.raises(ChannelMisconfigured) as raised:
        send(wechat, state, app_secret="wrong")
    assert raised.value.setting == "app_secret"
    assert "wrong" not in str(raised.value)
    send(wechat, state)
    assert wechat.sent("o_1") == ["已受理"]
