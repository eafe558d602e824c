"""企业微信群机器人: messages to the group of those on duty. It hears nothing, so it is no channel of residents.

Published: https://developer.work.weixin.qq.com/document/path/91770 (robot), /path/90313 (error codes).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from channels.base import ChannelState
from channels.message import Account, OutboundMessage

__all__ = ["ROBOT", "WecomRobot"]


class WecomRobot:
    """``Robot`` and ``Checked``. Stateless. ``details["mention"]`` of a message: phones to call, joined by commas."""

    name = "wecom_robot"
    label = "企业微信群机器人"
    resend_is_safe = True
    """An alert that stands twice in the group of those on duty does no harm; one that is missing does."""

    mends: Mapping[str, str] = MappingProxyType(
        {
            "key": "群设置 → 消息推送（群机器人）→ 该机器人 → Webhook 地址，整段填入 key；没有则重新添加",
            "api_base": "不填即用企业微信的正式地址；经网关时填网关的 https 地址",
            "format": "填 text（能 @ 手机号）或 markdown",
            "timeout_seconds": "填秒数，例如 10",
        }
    )

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        from channels.wecom_robot import send

        return await send.send(message, account, state, now=now)

    def check(self, account: Account) -> None:
        """A key; the address and the format, where they are given."""
        from channels.wecom_robot.account import calling

        calling(account)


ROBOT = WecomRobot()
