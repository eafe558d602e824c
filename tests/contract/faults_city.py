"""The city's platform on loopback, made to fail in each way that the adapter tells apart.

Used by the contract suite (``bench``) and by ``tests/unit/channels/city``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from api.standins.city import CityServer
from channels.errors import ChannelMisconfigured, MediaDelayed, MediaGone, SendDelayed, SendFailed
from channels.message import Account
from tests.contract.memory_state import MemoryState

TRUNCATED_IS_GARBAGE = False  # an export is a sheet: its first half is a shorter sheet
RECIPIENT = "YC20260305001"
OUTBOUND = {"act": "answer", "details": {"outcome": "answered", "unit": "区城市管理委"}}
ACCOUNT = Account("city", "main", {"secret": "contract-secret-not-for-use", "app_key": "contract"})

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""The suite's: signatures are good for minutes."""

AWAY = "server away"
FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("too many", SendDelayed),
    ("internal", SendDelayed),
    ("maintenance", SendDelayed),
    ("cut", SendDelayed),
    ("hang", SendDelayed),
    (AWAY, SendDelayed),
    ("no such order", SendFailed),
    ("closed", SendFailed),
    ("unfit", SendFailed),
    ("signature", ChannelMisconfigured),
    ("garbage", ChannelMisconfigured),
)
MEDIA_FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("too many", MediaDelayed),
    ("internal", MediaDelayed),
    ("cut", MediaDelayed),
    ("hang", MediaDelayed),
    (AWAY, MediaDelayed),
    ("no such order", MediaGone),
)


@dataclass
class Bench:
    """The running stand-in with an account that reports to it."""

    server: CityServer
    account: Account
    state: MemoryState

    async def inject(self, fault: str) -> None:
        """Make the platform fail in this way from now on; "" mends it."""
        await asyncio.to_thread(self._inject, fault)

    async def inject_media(self, fault: str) -> None:
        """The same where files are fetched."""
        await self.inject(fault)

    async def keep(self, content: bytes, media_type: str) -> str:
        """An order has a file; its address."""
        self.server.platform.files["photo"] = content
        return f"{self.server.url}/files/photo"

    def _inject(self, fault: str) -> None:
        self.server.platform.fault = "" if fault == AWAY else fault
        if fault == AWAY:
            self.server.stop()
        elif not self.server.running:
            self.server.start()


@contextlib.asynccontextmanager
async def bench(**settings: Any) -> AsyncIterator[Bench]:
    """Run the stand-in. ``settings`` are added to the account's."""
    server = CityServer()
    await asyncio.to_thread(server.start)
    server.platform.clock = lambda: NOW
    server.platform.issue({"number": RECIPIENT})
    try:
        account = Account("city", "main", {**server.settings, "timeout_seconds": 0.5, **settings})
        yield Bench(server, account, MemoryState())
    finally:
        await asyncio.to_thread(server.stop)
