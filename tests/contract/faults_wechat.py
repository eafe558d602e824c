"""WeChat's API on loopback, made to fail in each way that the adapter tells apart.

Used by the contract suite (``bench``) and by ``tests/unit/channels/wechat``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from api.standins.wechat import WeChatServer
from api.standins.wechat.faults import Place
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
RECIPIENT = "o_contract_resident"
SETTINGS = {
    "token": "contract-token",
    "app_id": "wx00000000contract",
    "app_secret": "not-a-secret",
    "encoding_aes_key": "contract0contract0contract0contract0contrac",
    "mode": "compatible",
}
ACCOUNT = Account("wechat", "district", SETTINGS)

PLACES: tuple[Place, ...] = ("token", "send", "media")
AWAY = "server away"
AT_TOKEN = "at the token: "

FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("errcode -1", SendDelayed),
    ("errcode 45009", SendDelayed),
    ("errcode 45011", SendDelayed),
    ("errcode 40001", SendDelayed),
    ("errcode 42001", SendDelayed),
    ("http 429", SendDelayed),
    ("http 500", SendDelayed),
    ("http 503", SendDelayed),
    (AWAY, SendDelayed),
    ("errcode 40003", SendFailed),
    ("errcode 43004", SendFailed),
    ("errcode 45002", SendFailed),
    ("errcode 45015", SendFailed),
    ("errcode 45047", SendFailed),
    ("errcode 87014", SendFailed),
    ("errcode 99999", SendFailed),
    ("http 403", SendFailed),
    ("http 504", SendUncertain),
    ("garbage", SendUncertain),
    ("cut", SendUncertain),
    ("hang", SendUncertain),
    ("errcode 48001", ChannelMisconfigured),
    ("http 404", ChannelMisconfigured),
    (AT_TOKEN + "errcode -1", SendDelayed),
    (AT_TOKEN + "errcode 45009", SendDelayed),
    (AT_TOKEN + "errcode 99999", SendDelayed),
    (AT_TOKEN + "http 504", SendDelayed),
    (AT_TOKEN + "garbage", SendDelayed),
    (AT_TOKEN + "cut", SendDelayed),
    (AT_TOKEN + "hang", SendDelayed),
    (AT_TOKEN + "errcode 40001", ChannelMisconfigured),
    (AT_TOKEN + "errcode 40013", ChannelMisconfigured),
    (AT_TOKEN + "errcode 40125", ChannelMisconfigured),
    (AT_TOKEN + "errcode 40164", ChannelMisconfigured),
)


MEDIA_FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("errcode -1", MediaDelayed),
    ("errcode 45009", MediaDelayed),
    ("errcode 45011", MediaDelayed),
    ("errcode 40001", MediaDelayed),
    ("errcode 42001", MediaDelayed),
    ("errcode 0", MediaDelayed),
    ("errcode 99999", MediaDelayed),
    ("http 403", MediaDelayed),
    ("http 404", MediaDelayed),
    ("http 429", MediaDelayed),
    ("http 503", MediaDelayed),
    ("garbage", MediaDelayed),
    ("cut", MediaDelayed),
    ("hang", MediaDelayed),
    (AWAY, MediaDelayed),
    ("errcode 40007", MediaGone),
    ("errcode 41006", MediaGone),
    ("errcode 48001", ChannelMisconfigured),
    (AT_TOKEN + "errcode -1", MediaDelayed),
    (AT_TOKEN + "http 403", MediaDelayed),
    (AT_TOKEN + "hang", MediaDelayed),
    (AT_TOKEN + "errcode 40125", ChannelMisconfigured),
)


@dataclass
class Bench:
    """The running stand-in with an account that sends through it."""

    server: WeChatServer
    account: Account
    state: MemoryState

    async def inject(self, fault: str) -> None:
        """Make the platform fail in this way from now on; "" mends it."""
        await asyncio.to_thread(self._inject, fault)

    async def inject_media(self, fault: str) -> None:
        """The same where media are fetched."""
        await asyncio.to_thread(self._inject, fault, "media")

    async def keep(self, content: bytes, media_type: str) -> str:
        """A resident sent a file; its reference."""
        self.server.keep("media-contract", content, media_type)
        return "media-contract"

    def _inject(self, fault: str, at: Place = "send") -> None:
        for place in PLACES:
            self.server.inject("", place)
        if fault == AWAY:
            self.server.stop()
        elif not self.server.running:
            self.server.start()
        if fault.startswith(AT_TOKEN):
            self.server.inject(fault.removeprefix(AT_TOKEN), "token")
        elif fault != AWAY:
            self.server.inject(fault, at)


@contextlib.asynccontextmanager
async def bench(**settings: Any) -> AsyncIterator[Bench]:
    """Run the stand-in. ``settings`` are added to the account's."""
    server = WeChatServer()
    await asyncio.to_thread(server.start)
    more = {"api_base": server.url, "timeout_seconds": 0.5}
    try:
        yield Bench(server, Account("wechat", "district", {**SETTINGS, **more, **settings}), MemoryState())
    finally:
        await asyncio.to_thread(server.stop)
