"""Hard cases of watching a mailbox: letters of any shape, cuts, deletions, two watchers. Needs Dovecot."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from channels.errors import UnreadableMessage
from channels.mailbox import CHANNEL
from channels.message import Account
from tests.contract.broken_line import Proxy
from tests.contract.imap_bench import Desk, State, _short_waits, letter, server, watching  # noqa: F401

pytestmark = [pytest.mark.dovecot, pytest.mark.timeout(90)]


async def test_letters_of_any_shape_come_through_the_server_and_none_holds_up_the_next(server):
    """What parsing makes of each must not depend on the way: the server rewrites line ends."""
    samples = sorted((Path(__file__).parent / "samples" / "mailbox").glob("*.eml"))
    account = Account("mailbox", "m", server.settings(address="mayor@example.com"))
    came: list[bytes] = []

    async def receive(payload: bytes, delivery_id: str) -> None:
        came.append(payload)

    for sample in samples:
        server.deliver(sample.read_bytes())
    task = asyncio.ensure_future(CHANNEL.watch(account, State(), receive))
    async with asyncio.timeout(30):
        while len(came) < len(samples):
            await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    def read(payload: bytes) -> object:
        try:
            return [(one.delivery_id, one.title, one.text) for one in CHANNEL.parse(payload, account)]
        except UnreadableMessage as problem:
            return problem.where

    for sample, payload in zip(samples, came, strict=True):
        if b"\0" not in sample.read_bytes():  # Dovecot gives 0x80 for it, as IMAP allows no NUL
            assert read(payload) == read(sample.read_bytes()), sample.name


async def test_a_line_cut_in_the_middle_of_a_large_letter_brings_it_whole_and_once(server):
    payload = letter("large", "路灯" * 1_500_000)
    server.deliver(payload)
    server.deliver(letter("next"))
    got: list[bytes] = []

    async def receive(payload: bytes, delivery_id: str) -> None:
        got.append(payload)

    async with Proxy(server.tls_port) as proxy:
        proxy.cut_after = 3_000_000
        account = Account("mailbox", "m", server.settings(imap_port=proxy.port))
        task = asyncio.ensure_future(CHANNEL.watch(account, State(), receive))
        async with asyncio.timeout(30):
            while len(got) < 2:
                await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert proxy.connections > 1
    assert got == [payload, letter("next")]


async def test_a_letter_deleted_before_it_was_fetched_is_passed_by(server):
    desk, state = Desk(), State()
    server.deliver(letter("one"))
    server.deliver(letter("gone"))
    server.deliver(letter("three"))

    async def receive(payload: bytes, delivery_id: str) -> None:
        if not desk.taken:
            server.delete(letter("gone"))
        await desk.receive(payload, delivery_id)

    task = asyncio.ensure_future(CHANNEL.watch(Account("mailbox", "m", server.settings()), state, receive))
    await desk.until(2)
    server.deliver(letter("four"))
    await desk.until(3)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert desk.subjects == ["one", "three", "four"]


async def test_a_state_that_cannot_be_stored_is_tried_again_and_no_letter_is_lost(server):
    class Away(State):
        failures = 3

        def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
            if key.startswith("imap:") and '"last": 0' not in value and self.failures:
                self.failures -= 1
                raise OSError("the database is away")
            return super().compare_and_set(key, expected, value)

    desk, state = Desk(), Away()
    server.deliver(letter("one"))
    server.deliver(letter("two"))
    async with watching(server.settings(), state, desk):
        await desk.until(5)
        async with asyncio.timeout(15):
            while '"last": 2' not in state.values["imap:INBOX"]:  # the last letter is stored before the state says so
                await asyncio.sleep(0.05)
    assert desk.subjects == ["one", "one", "one", "one", "two"]


async def test_two_watchers_of_one_mailbox_lose_nothing(server):
    """The desk lets one process watch; should two do so, letters come twice and are known again, none is skipped."""
    first, second, state = Desk(), Desk(), State()
    async with (
        watching(server.settings(poll_seconds=0.5), state, first),
        watching(server.settings(poll_seconds=0.5), state, second),
    ):
        for number in range(6):
            server.deliver(letter(f"n{number}"))
            await asyncio.sleep(0.2)
        async with asyncio.timeout(15):
            while len({*first.subjects, *second.subjects}) < 6:
                await asyncio.sleep(0.05)
    assert {*first.subjects, *second.subjects} == {f"n{number}" for number in range(6)}


async def test_a_watch_that_idles_ends_at_once_when_it_is_cancelled(server):
    desk = Desk()
    server.deliver(letter("one"))
    async with watching(server.settings(poll_seconds=600), State(), desk):
        await desk.until(1)
        await asyncio.sleep(1.2)
        begun = time.monotonic()
    assert time.monotonic() - begun < 1
