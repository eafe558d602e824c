"""Signatures of the city's interface, the same in both directions.

``X-Signature`` is the hexadecimal HMAC-SHA256, under the shared secret, of ``X-Timestamp`` (seconds since 1970), a
line feed and the body. A call that is older than ``MAX_SKEW_SECONDS`` is refused.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from channels.city.account import MAX_SKEW_SECONDS
from channels.errors import ForgedMessage


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a body sent at that second."""
    return hmac.new(secret.encode(), timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def headers(secret: str, app_key: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """The headers of a signed call."""
    timestamp = str(int(now.timestamp()))
    return {"x-app-key": app_key, "x-timestamp": timestamp, "x-signature": signature(secret, timestamp, body)}


def verify(secret: str, given: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """Raises ``ForgedMessage`` when the signature or the time does not fit. ``given``: headers in lower case."""
    timestamp, signed = given.get("x-timestamp", ""), given.get("x-signature", "")
    if not hmac.compare_digest(signature(secret, timestamp, body).encode(), signed.lower().encode()):
        raise ForgedMessage("市平台推送的签名不符")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise ForgedMessage("市平台推送没有时间")
    if abs(now.timestamp() - int(timestamp)) > MAX_SKEW_SECONDS:
        raise ForgedMessage("市平台推送的时间相差太大，请核对两边的时钟")
