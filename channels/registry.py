"""Every channel of the desk: the only place that names the adapters. A new channel is one line here."""

from __future__ import annotations

from channels import city, hotline, mailbox, sms, telegram, walk_in, web, wechat
from channels.base import Channel
from channels.capabilities import NOTHING, Capabilities, Capable

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


def capabilities(channel: str) -> Capabilities:
    """What the channel can do; nothing where it is not known or does not say."""
    found = CHANNELS.get(channel)
    return found.capabilities if isinstance(found, Capable) else NOTHING
