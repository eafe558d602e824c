"""Every channel of the desk: the only place that names the adapters. A new channel is one line here."""

from __future__ import annotations

from channels import city, hotline, mailbox, sms, telegram, walk_in, web, wechat
from channels.base import Channel
from channels.capabilities import Capabilities, capabilities_of
from channels.message import Account

CHANNELS: dict[str, Channel] = {
    channel.name: channel
    for channel in (
        wechat.CHANNEL,
        mailbox.CHANNEL,
        sms.CHANNEL,
        telegram.CHANNEL,
        walk_in.CHANNEL,
        web.CHANNEL,
        hotline.CHANNEL,
        city.CHANNEL,
    )
}  # fmt: skip


def capabilities(channel: str, account: Account | None = None) -> Capabilities:
    """What the channel can do, on this account where one is named; nothing where it is not known or does not say."""
    return capabilities_of(CHANNELS.get(channel), account)
