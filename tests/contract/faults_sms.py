"""The SMS provider's stand-in on loopback, made to fail in each way that the adapter tells apart.

Used by the contract suite (``bench``), by ``test_sms.py`` and by ``tests/integration/test_sms_desk.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from api.standins.sms import SmsServer
from api.standins.sms.platform import Platform
from channels.errors import ChannelMisconfigured, SendDelayed, SendFailed
from channels.message import Account
from tests.contract.memory_state import MemoryState

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
"""The contract suite's moment: the provider refuses what is more than 300 s off its clock."""
TRUNCATED_IS_GARBAGE = True
RECIPIENT = "13800000000"
SETTINGS = {
    "provider": "generic",
    "url": "http://127.0.0.1:9/sms/send",
    "account": "demo",
    "secret": "demo-sms-secret-not-for-use",
    "heading": "应声",
}
ACCOUNT = Account("sms", "main", SETTINGS)
AWAY = "server away"

FAULTS: tuple[tuple[str, type[Exception]], ...] = (
    ("code 3001", SendDelayed),
    ("code 3003", SendDelayed),
    ("code 5000", SendDelayed),
    ("http 429", SendDelayed),
    ("http 500", SendDelayed),
    ("http 503", SendDelayed),
    ("garbage", SendDelayed),
    ("cut", SendDelayed),
    ("hang", SendDelayed),
    (AWAY, SendDelayed),
    ("code 1005", SendFailed),
    ("code 2001", SendFailed),
    ("code 2002", SendFailed),
    ("code 2006", SendFailed),
    ("http 400", SendFailed),
    ("code 1001", ChannelMisconfigured),
    ("code 1002", ChannelMisconfigured),
    ("code 1003", ChannelMisconfigured),
    ("code 4001", ChannelMisconfigured),
    ("http 401", ChannelMisconfigured),
    ("http 404", ChannelMisconfigured),
)


@dataclass
class Bench:
    """The running stand-in with an account that sends through it."""

    server: SmsServer
    account: Account
    state: MemoryState

    async def inject(self, fault: str) -> None:
        """Make the provider fail in this way from now on; "" mends it."""
        await asyncio.to_thread(self._inject, fault)

    async def control(self, path: str, given: dict[str, Any]) -> None:
        """One of the stand-in's own addresses."""
        async with httpx.AsyncClient(trust_env=False) as client:
            (await client.post(f"{self.server.url}/standin/{path}", json=given)).raise_for_status()

    def _inject(self, fault: str) -> None:
        self.server.inject("")
        if fault == AWAY:
            self.server.stop()
        elif not self.server.running:
            self.server.start()
        if fault != AWAY:
            self.server.inject(fault)

    def sent(self, phone: str = RECIPIENT) -> list[str]:
        """What the telephone shows."""
        return self.server.sent(phone)


@contextlib.asynccontextmanager
async def bench(*, now: datetime = NOW, **settings: Any) -> AsyncIterator[Bench]:
    """Run the stand-in with its clock at ``now``. ``settings`` are added to the account's."""
    server = SmsServer(Platform(now=lambda: now))
    await asyncio.to_thread(server.start)
    more = {"url": f"{server.url}/sms/send", "timeout_seconds": 0.5}
    try:
        yield Bench(server, Account("sms", "main", {**SETTINGS, **more, **settings}), MemoryState())
    finally:
        await asyncio.to_thread(server.stop)
