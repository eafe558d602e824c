"""What the provider posts, verified; and what it wants to hear."""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qsl

from channels.base import Opened
from channels.errors import ForgedMessage, UnreadableMessage
from channels.json_payload import read_json
from channels.message import Account, WebhookRequest
from channels.sms.filling import word
from channels.sms.provider import Callback, callback_of
from channels.sms.signing import signature

MOST_FIELDS = 200


def open_request(request: WebhookRequest, account: Account) -> Opened:
    """The body, once its signature or the token in the address fits.

    Raises ``ForgedMessage``, ``UnreadableMessage`` or ``ChannelMisconfigured``.
    """
    provider, back = callback_of(account)
    if back.token and not _same(back.token, request.query.get("token", "")):
        raise ForgedMessage("短信平台回调的令牌不符")
    if back.signature:
        given = contents(request.body, back)
        if not isinstance(given, dict):
            raise ForgedMessage("短信平台回调没有签名")
        fields = {name: value for name, value in given.items() if name != back.signature}
        known = {"account": provider.account, "secret": provider.secret, "timestamp": word(fields.get("timestamp"))}
        if not _same(signature(provider, known, fields), word(given.get(back.signature))):
            raise ForgedMessage("短信平台回调的签名不符")
    return Opened(request.body)


def acknowledgement(account: Account) -> tuple[bytes, str]:
    """The body and media type that say it was taken."""
    _, back = callback_of(account)
    is_json = back.answer.lstrip().startswith("{")
    return back.answer.encode(), "application/json" if is_json else "text/plain"


def contents(payload: bytes, back: Callback) -> Any:
    """The payload's value: JSON, or a form's fields as an object. Raises ``UnreadableMessage``."""
    if back.content == "json":
        return read_json(payload)
    try:
        pairs = parse_qsl(
            payload.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError as problem:
        raise UnreadableMessage("form", "不是完整的表单") from problem
    if len({name for name, _ in pairs}) != len(pairs):
        raise UnreadableMessage("form", "同一个字段出现了两次")
    return dict(pairs)


def _same(ours: str, theirs: str) -> bool:
    return bool(ours) and hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))
