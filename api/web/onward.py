"""What a line of a conversation says of a message beside its state: when it leaves, with what, what came after it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from api.web.render import CHANNEL_LABELS
from storage.deliveries import UNREACHED, Delivery


def onward(delivery: Delivery, all_of_them: Sequence[Delivery], zone: ZoneInfo) -> str:
    """A few words with the mark before them, or nothing. ``all_of_them`` are the ticket's."""
    if delivery.state == "waiting":
        return f" · {delivery.due_at.astimezone(zone):%m月%d日 %H:%M} 前后发出"
    follower = next((each for each in all_of_them if each.fallback_of == delivery.id), None)
    if delivery.state not in UNREACHED or follower is None:
        return " · 与别的告知合为一条" if delivery.grouped_into else ""
    if follower.followed == "desk":
        return " → 转人工告知"
    return f" → 已改发{CHANNEL_LABELS.get(follower.channel, follower.channel)}"
