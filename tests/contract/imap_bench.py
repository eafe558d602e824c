"""A mailbox to watch on a real server, and a desk and a state in memory, for the tests of watching."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from channels.mailbox import CHANNEL, imap
from channels.message import Account
from drills.dovecot import dovecot
from tests.conftest import missing


class State:
    """``ChannelState`` in memory, called from the watch's threads as the real one is."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> str | None:
        return self.values.get(key)

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        with self._lock:
            if self.values.get(key) != expected:
                return False
            self.values[key] = value
            return True


class Desk:
    """Takes letters; fails on those whose bytes hold a word of ``poison``."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.poison: set[bytes] = set()
        self.refused = 0
        self.at: list[float] = []

    async def receive(self, payload: bytes, delivery_id: str) -> None:
        if any(word in payload for word in self.poison):
            self.refused += 1
            raise RuntimeError("cannot store this")
        await asyncio.sleep(0)
        self.taken.append((payload.split(b"Subject: ")[1].split(b"\r\n")[0].decode(), delivery_id))
        self.at.append(time.monotonic())

    @property
    def subjects(self) -> list[str]:
        return [subject for subject, _ in self.taken]

    async def until(self, count: int, seconds: float = 15.0) -> None:
        deadline = time.monotonic() + seconds
        while len(self.taken) < count:
            assert time.monotonic() < deadline, f"only {self.subjects} after {seconds} s"
            await asyncio.sleep(0.02)


def letter(subject: str, body: str = "路灯不亮") -> bytes:
    text = (
        f"From: resident@example.com\r\nTo: letters@example.com\r\nSubject: {subject}\r\n"
        f"Message-ID: <{subject}@example.com>\r\nDate: Tue, 24 Mar 2026 10:00:00 +0800\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"
    )
    return text.encode()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    """Only waits are shortened: between two connections, and the first after letters came."""
    monkeypatch.setattr(imap, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(imap, "SETTLE", 0.5)


@pytest.fixture
def server():
    with dovecot() as made:
        if made is None:
            missing("dovecot-imapd", "Dovecot")
        yield made


@contextlib.asynccontextmanager
async def watching(settings, state, desk):
    account = Account("mailbox", "letters", settings)
    task = asyncio.ensure_future(CHANNEL.watch(account, state, desk.receive))
    try:
        yield task
    finally:
        task.cancel()
        result = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(result, asyncio.CancelledError), result
