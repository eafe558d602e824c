"""The Bot API on loopback, made to fail in each way that the adapter tells apart.

Used by the contract suite (``bench``) and by ``tests/unit/channels/telegram``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from api.standins.telegram import TelegramServer
from channels.errors import (
    ChannelMisconfigured,
    MediaDelayed,
    MediaGone,
    SendDelayed,
    SendFailed,
    SendUncertain,
)
from channels.message import Account
from tests.contract.memory_state import MemoryState

TRUNCATED_IS_GARBAGE = True
RECIPIENT = "700000001"
TOKEN = "900000001:contract-not-a-secret"
SETTINGS = {"token": TOKEN, "username": "yuquan_desk_bot", "secret_token": "contract-secret"}
ACCOUNT = Account("telegram", "district", SETTINGS)

AWAY = "server away"
AT_DOWNLOAD = "at the download: "

FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("too many requests", SendDelayed),
    ("two watches", SendDelayed),
    ("internal", SendDelayed),
    ("http 429", SendDelayed),
    ("http 503", SendDelayed),
    ("http 403", SendDelayed),
    ("http 400", SendDelayed),
    (AWAY, SendDelayed),
    ("blocked", SendFailed),
    ("deactivated", SendFailed),
    ("cannot initiate", SendFailed),
    ("kicked", SendFailed),
    ("chat not found", SendFailed),
    ("message is too long", SendFailed),
    ("message text is empty", SendFailed),
    ("bad request", SendFailed),
    ("migrated", SendFailed),
    ("bad gateway", SendUncertain),
    ("http 500", SendUncertain),
    ("http 502", SendUncertain),
    ("http 504", SendUncertain),
    ("garbage", SendUncertain),
    ("cut", SendUncertain),
    ("hang", SendUncertain),
    ("unauthorized", ChannelMisconfigured),
    ("not found", ChannelMisconfigured),
    ("http 302", ChannelMisconfigured),
    ("http 404", ChannelMisconfigured),
)

MEDIA_FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("too many requests", MediaDelayed),
    ("file unavailable", MediaDelayed),
    ("bad request", MediaDelayed),
    ("blocked", MediaDelayed),
    ("internal", MediaDelayed),
    ("bad gateway", MediaDelayed),
    ("http 400", MediaDelayed),
    ("http 403", MediaDelayed),
    ("http 502", MediaDelayed),
    ("garbage", MediaDelayed),
    ("cut", MediaDelayed),
    ("hang", MediaDelayed),
    (AWAY, MediaDelayed),
    ("invalid file", MediaGone),
    ("file is too big", MediaGone),
    ("unauthorized", ChannelMisconfigured),
    ("http 404", ChannelMisconfigured),
    (AT_DOWNLOAD + "not found", MediaDelayed),
    (AT_DOWNLOAD + "http 429", MediaDelayed),
    (AT_DOWNLOAD + "http 500", MediaDelayed),
    (AT_DOWNLOAD + "cut", MediaDelayed),
    (AT_DOWNLOAD + "hang", MediaDelayed),
)


@dataclass
class Bench:
    """The running stand-in with an account that sends through it."""

    server: TelegramServer
    account: Account
    state: MemoryState

    async def inject(self, fault: str) -> None:
        """Make the platform fail in this way from now on; "" mends it."""
        await asyncio.to_thread(self._inject, fault, "sendMessage")

    async def inject_media(self, fault: str) -> None:
        """The same where media are fetched."""
        await asyncio.to_thread(self._inject, fault, "getFile")

    async def keep(self, content: bytes, media_type: str) -> str:
        """A resident sent a file; its reference."""
        self.server.keep("file-contract", content)
        return "file-contract"

    def _inject(self, fault: str, at: str) -> None:
        for place in ("sendMessage", "getFile", "file"):
            self.server.inject("", place)
        if fault == AWAY:
            self.server.stop()
        elif not self.server.running:
            self.server.start()
        if fault.startswith(AT_DOWNLOAD):
            self.server.inject(fault.removeprefix(AT_DOWNLOAD), "file")
        elif fault != AWAY:
            self.server.inject(fault, at)


@contextlib.asynccontextmanager
async def bench(**settings: Any) -> AsyncIterator[Bench]:
    """Run the stand-in. ``settings`` are added to the account's."""
    server = TelegramServer()
    await asyncio.to_thread(server.start)
    more = {"base_url": server.url, "timeout_seconds": 0.5}
    try:
        yield Bench(server, Account("telegram", "district", {**SETTINGS, **more, **settings}), MemoryState())
    finally:
        await asyncio.to_thread(server.stop)
