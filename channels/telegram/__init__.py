"""Telegram: a bot's updates by webhook or polling, and its messages. See ``docs/channels/telegram.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from channels.base import ChannelState, Fetched, Opened, Receive
from channels.capabilities import Capabilities
from channels.message import Account, OutboundMessage, Parsed, WebhookRequest
from channels.probing import Probe

__all__ = ["CHANNEL", "Telegram"]


class Telegram:
    """``Channel``, ``LineBack``, ``Types``, ``Webhook``, ``Poller``, ``MediaSource``, ``Acknowledges``, ``Checked``,
    ``Probed``.

    Stateless.

    The library takes half a second to import: only what sends or fetches loads it.
    """

    name = "telegram"
    label = "Telegram"
    keeps = timedelta(days=7)
    """How long a file is asked for. The platform publishes no end of what it keeps."""
    capabilities = Capabilities(
        longest=4096, unit="utf16", choices=8, typing=True, edits=True, chats=True, unthreaded=True
    )

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        from channels.telegram import parse

        return parse.parse(payload, account)

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        from channels.telegram import send

        del now
        return await send.send(message, account, state)

    async def typing(self, recipient: str, account: Account, state: ChannelState, *, now: datetime) -> None:
        from channels.telegram import typing

        await typing.show(recipient, account, state, now=now)

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        from channels.telegram import media

        del state, now
        return await media.fetch(reference, account)

    async def acknowledge(self, payload: bytes, account: Account) -> None:
        """Of a pressed button, whose spinner turns until the platform hears of it."""
        from channels.telegram.payload import press_in

        if press_in(payload) is None:
            return
        from channels.telegram import pressed

        await pressed.acknowledge(payload, account)

    def check(self, account: Account) -> None:
        """A token, and one of the two ways of receiving: ``polling`` or ``secret_token``."""
        from channels.telegram import account as settings

        settings.check(account)

    @property
    def mends(self) -> Mapping[str, str]:
        from channels.telegram import probe

        return probe.MENDS

    def probes(self, account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
        """Who the bot is, and whether its updates come here."""
        from channels.telegram import probe

        return probe.probes(account, callback=callback, now=now)

    def watches(self, account: Account) -> bool:
        """An account without ``polling: true`` is called by the platform, or takes updates from files."""
        from channels.telegram import account as settings

        return settings.polling(account)

    async def watch(self, account: Account, state: ChannelState, receive: Receive) -> None:
        from channels.telegram import poll

        await poll.watch(account, state, receive)

    def open(self, request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
        from channels.telegram import wire

        del now
        return wire.open_request(request, account)

    def passive_reply(
        self, request: WebhookRequest, payload: bytes, text: str | None, account: Account, *, now: datetime
    ) -> tuple[bytes, str]:
        """Always the empty acknowledgement: an answer in the response would have no id and no errors."""
        del request, payload, text, account, now
        return b"", "text/plain"


CHANNEL = Telegram()
