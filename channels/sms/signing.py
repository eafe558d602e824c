"""Signatures by the account's mapping, the same rule in both directions."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from channels.sms.filling import fill, joined, names_in
from channels.sms.provider import Provider


def signature(provider: Provider, values: Mapping[str, Any], fields: Mapping[str, Any]) -> str:
    """The signature over the mapping's string; ``fields`` are those sent, without the signature's own."""
    if provider.signing.method == "none":
        return ""
    known = {**dict.fromkeys(names_in(provider.signing.over), ""), **values, "fields": joined(fields)}
    over = str(fill(provider.signing.over, known) or "").encode("utf-8", "replace")
    if provider.signing.method == "md5":
        digest = hashlib.md5(over, usedforsecurity=False).digest()
    else:
        digest = hmac.new(provider.secret.encode(), over, hashlib.sha256).digest()
    match provider.signing.written:
        case "base64":
            return base64.b64encode(digest).decode()
        case "HEX":
            return digest.hex().upper()
        case _:
            return digest.hex()
