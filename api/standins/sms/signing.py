"""The provider's signature over a JSON object, of calls and callbacks alike (docs/standins.md)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any


def signature(secret: str, fields: Mapping[str, Any]) -> str:
    """Of every field but ``sign``."""
    return hmac.new(secret.encode(), signed_text(fields).encode("utf-8", "surrogatepass"), "sha256").hexdigest()


def signed_text(fields: Mapping[str, Any]) -> str:
    """What is signed: the fields in the order of their names, as ``name=value`` joined by ``&``."""
    return "&".join(f"{name}={_written(fields[name])}" for name in sorted(fields) if name != "sign")


def signed(secret: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with their signature."""
    return {**fields, "sign": signature(secret, fields)}


def fits(secret: str, fields: Mapping[str, Any]) -> bool:
    """Whether ``sign`` is the signature of the others."""
    return hmac.compare_digest(
        signature(secret, fields).encode(), str(fields.get("sign", "")).encode("utf-8", "replace")
    )


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
