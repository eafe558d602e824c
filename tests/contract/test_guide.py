"""The worked example of ``docs/adding-a-channel.md`` beyond what every channel is asked for."""

from __future__ import annotations

import asyncio

import pytest

from channels.base import Poller
from channels.errors import UnreadableMessage
from channels.registry import CHANNELS
from tests.contract.conftest import guide_files


class State:
    def __init__(self) -> None:
        self.value: str | None = None

    def get(self, key: str) -> str | None:
        return self.value

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        if self.value != expected:
            return False
        self.value = value
        return True


def text(number: int) -> bytes:
    return b'{"id": "g-%d", "from": "13800000000", "text": "x", "time": "2026-11-24T08:30:00+08:00"}' % number


async def watched(guide, bench, state: State, count: int, taken: list[bytes], *, broken: bool = False) -> None:
    """Watch until ``count`` texts were taken; where ``broken``, the desk fails on the last of them."""

    async def receive(payload: bytes, delivery_id: str) -> None:
        if broken and len(taken) == count - 1:
            raise RuntimeError("the database is away")
        taken.append(payload)

    task = asyncio.ensure_future(guide.channel.watch(bench.account, state, receive))
    async with asyncio.timeout(5):
        while len(taken) < count and not task.done():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_the_guide_stays_short_and_its_channel_is_not_shipped(guide):
    lines = sum(text.count("\n") for text in guide_files().values())
    assert lines < 125
    assert guide.name not in CHANNELS


async def test_the_guide_s_channel_fetches_texts_in_order_and_once(guide):
    assert isinstance(guide.channel, Poller)
    taken: list[bytes] = []
    state = State()
    async with guide.faults.bench() as bench:
        assert guide.channel.watches(bench.account)
        bench.inbox += [text(1), text(2)]
        await watched(guide, bench, state, 2, taken)
        bench.inbox.append(text(3))
        await watched(guide, bench, state, 3, taken)
    assert taken == [text(1), text(2), text(3)]
    assert state.value == "3"


async def test_the_guide_s_channel_advances_only_after_the_desk_has_taken_all(guide):
    taken: list[bytes] = []
    state = State()
    async with guide.faults.bench() as bench:
        bench.inbox += [text(1), text(2)]
        await watched(guide, bench, state, 2, taken, broken=True)
        assert (taken, state.value) == ([text(1)], None)
        await watched(guide, bench, state, 3, taken)
    assert taken == [text(1), text(1), text(2)]


@pytest.mark.parametrize(
    "changed",
    [b'"text": null', b'"time": "2026-11-24T08:30:00"', b'"id": 7', b'"from": ""'],
    ids=["no text", "no time zone", "a number for an id", "nobody"],
)
def test_the_guide_s_channel_refuses_what_its_gateway_never_sends(guide, changed):
    name = changed.partition(b":")[0]
    fields = [field for field in text(1)[1:-1].split(b", ") if not field.startswith(name)]
    with pytest.raises(UnreadableMessage):
        guide.channel.parse(b"{%s}" % b", ".join([*fields, changed]), guide.account)
