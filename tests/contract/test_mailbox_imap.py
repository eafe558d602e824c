"""The mailbox watched on a real server. Needs Dovecot (Debian: dovecot-imapd); skips without, fails without in CI."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest

from channels.errors import ChannelMisconfigured
from channels.mailbox import CHANNEL
from channels.message import Account
from drills.dovecot import dovecot
from tests.conftest import missing
from tests.contract.broken_line import Proxy
from tests.contract.imap_bench import Desk, State, _short_waits, letter, server, watching  # noqa: F401

pytestmark = [pytest.mark.dovecot, pytest.mark.timeout(90)]


async def test_a_new_letter_comes_by_idle_within_three_seconds(server):
    desk, state = Desk(), State()
    async with watching(server.settings(poll_seconds=60), state, desk):
        server.deliver(letter("first"))
        await desk.until(1)
        await asyncio.sleep(1.2)  # past the settling wait: the watch is in a long IDLE now
        sent = time.monotonic()
        server.deliver(letter("second"))
        await desk.until(2)
        assert desk.at[1] - sent < 3
    assert desk.subjects == ["first", "second"]


async def test_letters_come_in_their_order_with_folder_validity_and_uid(server):
    for number in range(120):
        server.deliver(letter(f"n{number:03}"))
    desk, state = Desk(), State()
    async with watching(server.settings(), state, desk):
        await desk.until(120)
    folder, validity, uid = desk.taken[-1][1].split(":")
    assert desk.subjects == sorted(desk.subjects)
    assert (folder, int(uid)) == ("INBOX", 120)
    assert validity.isdigit()


async def test_reconnecting_delivers_nothing_twice_and_nothing_is_missed(server):
    desk, state = Desk(), State()
    server.deliver(letter("one"))
    async with Proxy(server.tls_port) as proxy:
        async with watching(server.settings(imap_port=proxy.port, poll_seconds=60), state, desk):
            await desk.until(1)
            proxy.cut()
            server.deliver(letter("two"))
            await desk.until(2)
            await asyncio.sleep(0.5)
        async with watching(server.settings(imap_port=proxy.port), state, desk):
            server.deliver(letter("three"))
            await desk.until(3)
    assert desk.subjects == ["one", "two", "three"]


async def test_a_line_that_goes_mute_is_noticed_and_replaced(server):
    desk, state = Desk(), State()
    async with contextlib.AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(Proxy(server.tls_port))
        settings = server.settings(imap_port=proxy.port, poll_seconds=1, imap_timeout=1)
        await stack.enter_async_context(watching(settings, state, desk))
        server.deliver(letter("before"))
        await desk.until(1)
        proxy.mute = True
        server.deliver(letter("during"))
        await asyncio.sleep(2.5)
        assert desk.subjects == ["before"]
        proxy.mute = False
        await desk.until(2)
        assert proxy.connections > 1
    assert desk.subjects == ["before", "during"]


async def test_a_server_that_crashes_and_returns_is_found_again(server):
    desk, state = Desk(), State()
    server.deliver(letter("before"))
    async with watching(server.settings(poll_seconds=60), state, desk):
        await desk.until(1)
        server.kill()
        server.deliver(letter("meanwhile"))
        await asyncio.sleep(1)
        await asyncio.to_thread(server.start)
        await desk.until(2)
    assert desk.subjects == ["before", "meanwhile"]


async def test_a_new_uidvalidity_reads_the_folder_from_its_start(server):
    desk, state = Desk(), State()
    server.deliver(letter("one"))
    server.deliver(letter("two"))
    async with watching(server.settings(), state, desk):
        await desk.until(2)
    server.kill()
    await asyncio.to_thread(server.change_validity)
    await asyncio.to_thread(server.start)
    async with watching(server.settings(), state, desk):
        await desk.until(4)
        await asyncio.sleep(0.3)
    assert sorted(desk.subjects) == ["one", "one", "two", "two"]
    assert len({delivery for _, delivery in desk.taken}) == 4
    assert len({delivery.split(":")[1] for _, delivery in desk.taken}) == 2


async def test_a_letter_that_cannot_be_taken_holds_up_no_other_and_is_tried_again(server):
    desk, state = Desk(), State()
    desk.poison = {b"Subject: poison"}
    for subject in ("one", "poison", "three"):
        server.deliver(letter(subject))
    async with watching(server.settings(retry_seconds=0.3, poll_seconds=1), state, desk):
        await desk.until(2)
        assert desk.subjects == ["one", "three"]
        desk.poison = set()
        await desk.until(3)
    assert desk.subjects == ["one", "three", "poison"]
    assert desk.refused >= 1
    assert '"failed": {}' in state.values["imap:INBOX"]


async def test_a_letter_passed_over_is_remembered_over_a_restart(server):
    desk, state = Desk(), State()
    desk.poison = {b"Subject: poison"}
    server.deliver(letter("poison"))
    server.deliver(letter("two"))
    async with watching(server.settings(retry_seconds=60), state, desk):
        await desk.until(1)
        await asyncio.sleep(0.3)
    desk.poison = set()
    async with watching(server.settings(retry_seconds=60), state, desk):
        await desk.until(2)
    assert desk.subjects == ["two", "poison"]


async def test_a_broken_receiver_loses_no_letter(server):
    desk, state = Desk(), State()
    desk.poison = {b"Subject: "}
    for number in range(20):
        server.deliver(letter(f"n{number:02}"))
    async with watching(server.settings(retry_seconds=0.2, poll_seconds=0.5), state, desk):
        while desk.refused < 8:
            await asyncio.sleep(0.05)
        desk.poison = set()
        await desk.until(20, 40)
    assert sorted(desk.subjects) == [f"n{number:02}" for number in range(20)]


async def test_state_does_not_advance_before_the_letter_is_taken(server):
    state = State()
    seen: list[str | None] = []

    async def receive(payload: bytes, delivery_id: str) -> None:
        seen.append(state.get("imap:INBOX"))
        await asyncio.Event().wait()

    server.deliver(letter("one"))
    task = asyncio.ensure_future(CHANNEL.watch(Account("mailbox", "m", server.settings()), state, receive))
    while not seen:
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert '"last": 0' in str(seen[0])
    assert '"last": 0' in state.values["imap:INBOX"]


async def test_a_letter_above_the_limit_is_handed_over_as_far_as_parse_needs_to_refuse_it(server):
    handed: list[bytes] = []
    done = asyncio.Event()

    async def receive(payload: bytes, delivery_id: str) -> None:
        handed.append(payload)
        if len(handed) == 2:
            done.set()

    server.deliver(letter("large", "x" * 400_000))
    server.deliver(letter("small"))
    account = Account("mailbox", "m", server.settings(max_bytes=100_000))
    task = asyncio.ensure_future(CHANNEL.watch(account, State(), receive))
    await asyncio.wait_for(done.wait(), 15)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert len(handed[0]) == 100_001
    with pytest.raises(Exception, match="size"):
        CHANNEL.parse(handed[0], account)
    assert CHANNEL.parse(handed[1], account)


async def test_a_large_letter_comes_whole(server):
    desk, got = Desk(), []

    async def receive(payload: bytes, delivery_id: str) -> None:
        got.append(payload)

    payload = letter("large", "路灯" * 1_000_000)
    server.deliver(payload)
    task = asyncio.ensure_future(CHANNEL.watch(Account("mailbox", "m", server.settings()), State(), receive))
    while not got:
        await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert got[0] == payload
    assert not desk.taken


async def test_letters_taken_are_marked_read_and_those_passed_over_are_not(server):
    desk, state = Desk(), State()
    desk.poison = {b"Subject: poison"}
    server.deliver(letter("one"))
    server.deliver(letter("poison"))
    async with watching(server.settings(), state, desk):
        await desk.until(1)
        await asyncio.sleep(1)
    assert sorted(server.flags()) == ["", "S"]


@pytest.fixture
def server_without_idle():
    with dovecot("imap_capability = IMAP4rev1 UIDPLUS ID\n") as made:
        if made is None:
            missing("dovecot-imapd", "Dovecot")
        yield made


async def test_polling_finds_letters_where_the_server_has_no_idle(server_without_idle):
    desk, state = Desk(), State()
    async with watching(server_without_idle.settings(poll_seconds=0.5), state, desk):
        server_without_idle.deliver(letter("one"))
        await desk.until(1)
        await asyncio.sleep(1)
        server_without_idle.deliver(letter("two"))
        await desk.until(2, 5)


async def test_a_first_start_may_leave_the_old_letters_alone(server):
    desk, state = Desk(), State()
    server.deliver(letter("old"))
    async with watching(server.settings(imap_first="new"), state, desk):
        await asyncio.sleep(1)
        server.deliver(letter("fresh"))
        await desk.until(1)
    assert desk.subjects == ["fresh"]


async def test_a_wrong_password_is_told_and_not_tried_for_ever(server):
    account = Account("mailbox", "m", server.settings(imap_password="wrong"))
    with pytest.raises(ChannelMisconfigured) as raised:
        await asyncio.wait_for(CHANNEL.watch(account, State(), Desk().receive), 20)
    assert raised.value.setting == "imap_password"


async def test_a_certificate_nobody_vouches_for_is_refused(server):
    account = Account("mailbox", "m", server.settings(imap_ca_file=""))
    with pytest.raises(ChannelMisconfigured) as raised:
        await asyncio.wait_for(CHANNEL.watch(account, State(), Desk().receive), 20)
    assert raised.value.setting == "imap_ca_file"


async def test_a_folder_with_a_chinese_name_is_opened_and_a_missing_one_is_told(server):
    account = Account("mailbox", "m", server.settings(imap_folder="诉求 & 建议"))
    with pytest.raises(ChannelMisconfigured) as raised:
        await asyncio.wait_for(CHANNEL.watch(account, State(), Desk().receive), 20)
    assert raised.value.setting == "imap_folder"


async def test_clear_text_works_on_loopback_only(server):
    desk = Desk()
    server.deliver(letter("one"))
    plain = server.settings(imap_tls=False, imap_port=server.plain_port)
    async with watching(plain, State(), desk):
        await desk.until(1)
    with pytest.raises(ChannelMisconfigured):
        await CHANNEL.watch(Account("mailbox", "m", {**plain, "imap_host": "mail.example.com"}), State(), desk.receive)
