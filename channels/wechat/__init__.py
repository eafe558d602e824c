"""微信公众号: an official account's callbacks and customer-service messages. See ``docs/channels/wechat.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from channels.base import ChannelState, Fetched, Opened
from channels.capabilities import Capabilities, Window
from channels.message import Account, OutboundMessage, Parsed, WebhookRequest
from channels.probing import Probe
from channels.wechat.length import LIMIT_BYTES, fits_passive

__all__ = ["CHANNEL", "WeChat", "fits_passive"]


class WeChat:
    """``Channel``, ``ReachesOutside``, ``Types``, ``Webhook``, ``MediaSource``, ``CapableByAccount``, ``Checked``.

    Also ``Probed`` and ``Advises``. Stateless; parts are loaded when first used.
    """

    name = "wechat"
    label = "微信公众号"
    keeps = timedelta(days=3)
    capabilities = Capabilities(
        longest=LIMIT_BYTES,
        unit="bytes",
        windows={
            "message": Window(timedelta(hours=48), 5),
            "menu": Window(timedelta(minutes=1), 3),
            "subscribe": Window(timedelta(minutes=1), 3),
            "scan": Window(timedelta(minutes=1), 3),
        },
        choices=8,
        typing=True,
        answers_in_response=True,
        chats=True,
        unthreaded=True,
    )
    """客服消息: by the platform's page 「发送客服消息」. In the webhook's response choices are typed."""

    def capabilities_for(self, account: Account) -> Capabilities:
        """``outside`` where the account names templates of the platform; a wrong setting is for ``check`` to tell."""
        return replace(self.capabilities, outside=bool(account.settings.get("templates")))

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        from channels.wechat import parse

        return parse.parse(payload, account)

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        from channels.wechat import send  # httpx takes 0.2 s to import: not for a command that only reads files

        return await send.send(message, account, state, now=now)

    def registered(self, template: str, account: Account) -> bool:
        from channels.wechat import registered

        return template in registered.templates(account)

    async def send_registered(
        self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime
    ) -> str:
        from channels.wechat import registered

        return await registered.send(message, account, state, now=now)

    async def typing(self, recipient: str, account: Account, state: ChannelState, *, now: datetime) -> None:
        from channels.wechat import typing

        await typing.show(recipient, account, state, now=now)

    async def fetch(self, reference: str, account: Account, state: ChannelState, *, now: datetime) -> Fetched:
        from channels.wechat import media

        return await media.fetch(reference, account, state, now=now)

    def check(self, account: Account) -> None:
        """Callbacks, calls to the platform, without which answers beyond the passive one cannot be sent, templates."""
        from channels.wechat import account as settings
        from channels.wechat import registered

        settings.receiving(account)
        settings.sending(account)
        registered.templates(account)

    @property
    def mends(self) -> Mapping[str, str]:
        from channels.wechat import probe

        return probe.MENDS

    def probes(self, account: Account, *, callback: str, now: datetime) -> Sequence[Probe]:
        """A token asked for. Whether the callback is entered at the platform, no interface of it tells."""
        from channels.wechat import probe

        del callback
        return probe.probes(account, now=now)

    def open(self, request: WebhookRequest, account: Account, *, now: datetime) -> Opened:
        from channels.wechat import wire

        return wire.open_request(request, account, now=now)

    def passive_reply(
        self, request: WebhookRequest, payload: bytes, text: str | None, account: Account, *, now: datetime
    ) -> tuple[bytes, str]:
        from channels.wechat import wire

        return wire.passive_reply(request, payload, text, account, now=now)


CHANNEL = WeChat()
