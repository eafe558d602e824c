"""A bot watched over the stand-in: nothing is forgotten by the platform before the desk has it, whatever breaks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from api.standins.telegram import TelegramServer
from api.standins.telegram.faults import Fault
from channels.base import Poller
from channels.errors import ChannelMisconfigured
from channels.message import Account
from channels.telegram import CHANNEL, poll
from tests.contract.faults_telegram import TOKEN
from tests.contract.memory_state import MemoryState

pytestmark = pytest.mark.timeout(60)
KEY = "offset:900000001"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(poll, "LONGEST_PAUSE", 0.1)


@pytest.fixture
def server():
    with TelegramServer() as made:
        yield made


class Desk:
    """Takes updates; ``fails`` says how often it fails before it takes the one of that text."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.fails: dict[str, int] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun: list[str] = []

    async def receive(self, payload: bytes, delivery_id: str) -> None:
        text = json.loads(payload)["message"]["text"]
        self.begun.append(text)
        await self.gate.wait()
        if self.fails.get(text, 0):
            self.fails[text] -= 1
            raise RuntimeError("the database is away")
        self.taken.append((text, delivery_id))

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.taken]


async def until(holds: Callable[[], Any], seconds: float = 10.0) -> None:
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        await asyncio.sleep(0.01)


def write(server: TelegramServer, *texts: str, token: str = TOKEN) -> list[int]:
    return [server.offer(token, {"message": {"text": text}}) for text in texts]


def account(server: TelegramServer, **settings: Any) -> Account:
    given = {"token": TOKEN, "base_url": server.url, "polling": True, "poll_seconds": 1, "timeout_seconds": 2}
    return Account("telegram", "district", given | settings)


@contextlib.asynccontextmanager
async def watching(
    server: TelegramServer, state: Any, desk: Desk, **settings: Any
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.ensure_future(CHANNEL.watch(account(server, **settings), state, desk.receive))
    try:
        yield task
    finally:
        task.cancel()
        result = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(result, asyncio.CancelledError), result


def test_only_an_account_that_says_so_is_watched() -> None:
    assert isinstance(CHANNEL, Poller)
    for given, watched in ((True, True), ("true", True), (None, False), (False, False), ("no", False)):
        assert CHANNEL.watches(Account("telegram", "d", {"token": TOKEN, "polling": given})) is watched


async def test_updates_come_in_their_order_under_their_own_numbers(server):
    desk, state = Desk(), MemoryState()
    async with watching(server, state, desk):
        numbers = write(server, *(f"n{number:03}" for number in range(130)))
        await until(lambda: len(desk.taken) == 130)
        await until(lambda: server.platform.confirmed(TOKEN) == numbers[-1] + 1)
    assert desk.texts == sorted(desk.texts)
    assert [name for _, name in desk.taken] == [f"update:{number}" for number in numbers]


async def test_the_offset_advances_only_after_the_commit(server):
    desk, state = Desk(), MemoryState()
    write(server, "first", "second")
    desk.gate.clear()
    async with watching(server, state, desk):
        await until(lambda: desk.begun)
        await asyncio.sleep(0.2)
        assert (desk.begun, state.values, server.platform.confirmed(TOKEN)) == (["first"], {}, 0)
        desk.gate.set()
        await until(lambda: server.platform.confirmed(TOKEN) == 3)
    assert state.values[KEY] == "3"


async def test_a_kill_while_the_desk_commits_makes_the_update_come_again(server):
    desk, state = Desk(), MemoryState()
    write(server, "first")
    desk.gate.clear()
    async with watching(server, state, desk):
        await until(lambda: desk.begun)
    desk.gate.set()
    async with watching(server, state, desk):
        await until(lambda: desk.taken)
    assert desk.taken == [("first", "update:1")]


async def test_a_kill_between_commit_and_offset_makes_it_come_again_under_the_same_number(server):
    class Dying(MemoryState):
        dead = False

        def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
            if not self.dead:
                self.dead = True
                raise OSError("killed here")
            return super().compare_and_set(key, expected, value)

    desk, state = Desk(), Dying()
    write(server, "first")
    async with watching(server, state, desk):
        await until(lambda: server.platform.confirmed(TOKEN) == 2)
    assert desk.taken == [("first", "update:1")] * 2


async def test_a_kill_between_offset_and_the_next_call_hands_nothing_over_twice(server):
    desk, state = Desk(), MemoryState()
    numbers = write(server, "first", "second")
    state.values[KEY] = str(numbers[0] + 1)
    async with watching(server, state, desk):
        await until(lambda: server.platform.confirmed(TOKEN) == 3)
    assert desk.texts == ["second"]


async def test_what_the_desk_cannot_store_is_handed_over_again_and_the_next_ones_wait(server):
    desk, state = Desk(), MemoryState()
    desk.fails["second"] = 2
    write(server, "first", "second", "third")
    async with watching(server, state, desk):
        await until(lambda: len(desk.taken) == 3)
    assert desk.texts == ["first", "second", "third"]
    assert desk.begun == ["first", "second", "second", "second", "third"]


@pytest.mark.parametrize(
    "fault", ["two watches", "webhook is set", "internal", "bad gateway", "http 403", "http 504", "garbage", "cut"]
)
async def test_a_watch_outlives_what_the_platform_answers(server, fault):
    desk, state = Desk(), MemoryState()
    server.inject(fault, "getUpdates")
    async with watching(server, state, desk) as task:
        await until(lambda: server.platform.calls.get("getUpdates", 0) >= 2)
        assert not task.done()
        write(server, "first")
        server.inject("", "getUpdates")
        await until(lambda: desk.taken)


async def test_a_watch_outlives_a_server_that_is_away_and_one_that_never_answers(server):
    desk, state = Desk(), MemoryState()
    server.inject("hang", "getUpdates")
    async with watching(server, state, desk, timeout_seconds=0.2, poll_seconds=1):
        await until(lambda: server.platform.calls.get("getUpdates", 0) >= 2)
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(0.3)
        server.inject("", "getUpdates")
        write(server, "first")
        await asyncio.to_thread(server.start)
        await until(lambda: desk.taken)


async def test_a_watch_waits_as_long_as_the_platform_asks_for(server):
    desk, state = Desk(), MemoryState()
    server.platform.break_with("getUpdates", Fault("error", 429, "Too Many Requests", {"retry_after": 1}))
    async with watching(server, state, desk):
        await until(lambda: server.platform.calls.get("getUpdates"))
        await asyncio.sleep(0.8)
        assert server.platform.calls["getUpdates"] == 1
        await until(lambda: server.platform.calls["getUpdates"] == 2)


async def test_two_watches_of_one_bot_lose_nothing(server):
    desk, state = Desk(), MemoryState()
    async with watching(server, state, desk), watching(server, state, desk):
        for number in range(10):
            write(server, f"n{number}")
            await asyncio.sleep(0.03)
        await until(lambda: len(set(desk.texts)) == 10)


@pytest.mark.parametrize("fault", ["unauthorized", "not found", "http 404"])
async def test_a_refused_token_ends_the_watch(server, fault):
    server.inject(fault, "getUpdates")
    with pytest.raises(ChannelMisconfigured):
        await CHANNEL.watch(account(server), MemoryState(), Desk().receive)


async def test_numbers_that_begin_anew_lower_after_a_quiet_week_lose_nothing(server):
    desk, state = Desk(), MemoryState()
    server.platform.begin_at(TOKEN, 500_000)
    write(server, "before")
    async with watching(server, state, desk):
        await until(lambda: server.platform.confirmed(TOKEN) == 500_001)
        server.platform.begin_at(TOKEN, 410_000)
        write(server, "while watching")
        await until(lambda: len(desk.taken) == 2)
        # Its confirmation has come in: one that is still under way would forget what the new numbers begin with.
        await until(lambda: not server.platform.bot(TOKEN).updates)
    server.platform.begin_at(TOKEN, 400_000)
    write(server, "after a new start")
    async with watching(server, state, desk):
        await until(lambda: "after a new start" in desk.texts)
    # What was taken just before the watch ended may come again: it is known by its number.
    assert list(dict.fromkeys(desk.texts)) == ["before", "while watching", "after a new start"]


async def test_another_bot_of_the_account_has_an_offset_of_its_own(server):
    desk, state = Desk(), MemoryState()
    state.values[KEY] = "2"
    other = "900000002:another"
    write(server, "to the other bot", token=other)
    async with watching(server, state, desk, token=other):
        await until(lambda: state.values.get("offset:900000002"))
    assert (desk.texts, state.values[KEY]) == (["to the other bot"], "2")


async def test_a_watch_ends_at_once_when_it_is_cancelled(server):
    begun = time.monotonic()
    async with watching(server, MemoryState(), Desk(), poll_seconds=25):
        await until(lambda: server.platform.calls.get("getUpdates"))
        await asyncio.sleep(0.1)
    assert time.monotonic() - begun < 3
