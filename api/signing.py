"""Signed words: what a resident carries from one page to the next, and nobody can make or change.

The key is made once and lies in the database: every process of a desk knows what another has signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property

from storage.channel_state import DatabaseChannelState
from storage.database import Database

_BETWEEN = "\n"


class Signer:
    """Signs for one desk. Safe to share between threads; not to be asked inside a transaction that writes."""

    def __init__(self, database: Database) -> None:
        self._state = DatabaseChannelState(database, "web", "pages")

    @cached_property
    def _key(self) -> bytes:
        kept = self._state.get("signing_key")
        if kept is None:
            self._state.compare_and_set("signing_key", None, secrets.token_hex(32))
            kept = self._state.get("signing_key")  # another process may have been first
        return bytes.fromhex(kept or "")

    def digest(self, purpose: str, words: str) -> bytes:
        """What only this desk can make of the words: 32 bytes, another for each purpose."""
        return hmac.digest(self._key, f"{purpose}{_BETWEEN}{words}".encode(), hashlib.sha256)

    def sign(self, purpose: str, *words: str, until: datetime) -> str:
        """A token that carries the words, good until then and for this purpose alone. Fit for an address."""
        text = _BETWEEN.join((f"{until.timestamp():.0f}", *words))
        return f"{_encoded(text.encode())}.{_encoded(self.digest(purpose, text)[:16])}"

    def read(self, purpose: str, token: str, *, now: datetime) -> Sequence[str] | None:
        """The words of a token; None for one that is not ours, for another purpose, or too old."""
        body, _, mark = token.partition(".")
        try:
            text = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        right = _encoded(self.digest(purpose, text)[:16])
        if not hmac.compare_digest(mark.encode(), right.encode()):
            return None
        until, *words = text.split(_BETWEEN)
        return words if float(until) > now.timestamp() else None


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
