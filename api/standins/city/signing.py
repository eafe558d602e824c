"""The platform's own side of the signatures, written apart from the adapter's: a slip in one shows against the other.

``X-Signature``: hexadecimal HMAC-SHA256 under the shared secret of ``X-Timestamp``, a line feed and the body.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

GOOD_FOR = 300
"""Seconds."""


def signed(secret: str, app_key: str, body: bytes, *, now: datetime) -> dict[str, str]:
    """The headers under which the platform pushes a body."""
    second = f"{now.timestamp():.0f}"
    made = hmac.digest(secret.encode(), second.encode() + b"\n" + body, "sha256").hex()
    return {"X-App-Key": app_key, "X-Timestamp": second, "X-Signature": made}


def fits(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> bool:
    """Whether a call to the platform carries the signature of its body, made not long ago."""
    second = headers.get("x-timestamp", "")
    made = hmac.digest(secret.encode(), second.encode() + b"\n" + body, "sha256").hex()
    recent = second.isdecimal() and abs(now.timestamp() - int(second)) <= GOOD_FOR
    return recent and hmac.compare_digest(made, headers.get("x-signature", ""))
