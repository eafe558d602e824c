"""The bot's webhook (Bot API, setWebhook with ``secret_token``)."""

from __future__ import annotations

import hmac

from channels.base import Opened
from channels.errors import ChannelMisconfigured, ForgedMessage
from channels.message import Account, WebhookRequest
from channels.telegram.account import secret_token

HEADER = "x-telegram-bot-api-secret-token"


def open_request(request: WebhookRequest, account: Account) -> Opened:
    """The update of a call that shows our secret. Raises ``ForgedMessage``, also when no secret is set."""
    if request.method.upper() != "POST":
        raise ForgedMessage(f"Telegram 不用 {request.method[:10]} 请求")
    try:
        ours = secret_token(account)
    except ChannelMisconfigured as problem:
        # Without a secret anybody who finds the address could write as any resident.
        raise ForgedMessage(f"账号没有可用的 secret_token，来者无从核实：{problem.why}") from problem
    shown = next((value for name, value in request.headers.items() if name.lower() == HEADER), "")
    if not hmac.compare_digest(shown.encode("utf-8", "replace"), ours.encode()):
        raise ForgedMessage("请求头 X-Telegram-Bot-Api-Secret-Token 与设置不符")
    return Opened(request.body)
