"""短信: texts through a provider's HTTP interface, described by the settings. See ``docs/channels/sms.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from channels.base import ChannelState, Opened
from channels.capabilities import Capabilities
from channels.message import Account, OutboundMessage, Parsed, WebhookRequest
from channels.probing import Probe
from channels.sms import balance, callback, parse, provider, send
from channels.sms.length import LONGEST
from channels.sms.parse import NAME

__all__ = ["CHANNEL", "Sms"]


class Sms:
    """``Channel``, ``LineBack``, ``Webhook``, ``Checked`` and ``Probed``. Stateless."""

    name = NAME
    label = "短信"
    capabilities = Capabilities(longest=LONGEST, unit="utf16", proves_phone=True, machines=True, unthreaded=True)

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        """One call of the provider: texts of residents (上行) and receipts (状态报告) of ours."""
        return parse.parse(payload, account)

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        return await send.send(message, account, state, now=now)

    def check(self, account: Account) -> None:
        """All that sending needs, and what the provider calls back with where that is set."""
        provider.read(account)

    @property
    def mends(self) -> Mapping[str, str]:
        return balance.MENDS

    def probes(self, account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
        """The balance, where the mapping says how to ask for it."""
        del callback
        return tuple(balance.probes(account, now=now))

    def open(self, request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
        """Old calls are let in: the provider tries again for minutes, and what came before is known by its id."""
        del now
        return callback.open_request(request, account)

    def passive_reply(
        self, request: WebhookRequest, payload: bytes, text: str | None, account: Account, *, now: datetime
    ) -> tuple[bytes, str]:
        """What the provider wants to hear; a resident is written to by a text of its own."""
        del request, payload, text, now
        return callback.acknowledgement(account)


CHANNEL = Sms()
