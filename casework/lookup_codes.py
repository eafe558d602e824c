"""Lookup codes (查询码): with one, and without signing in, a resident follows his ticket and answers for it."""

from __future__ import annotations

import secrets
import unicodedata

LENGTH = 12
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_code() -> str:
    """An unguessable lookup code (60 bits) without letters and digits that look alike."""
    return _parted("".join(secrets.choice(_ALPHABET) for _ in range(LENGTH)))


def code_of(typed: str) -> str:
    """A lookup code as it is kept, whether it was typed with hyphens, spaces, small or full-width letters."""
    plain = "".join(each for each in unicodedata.normalize("NFKC", typed).upper() if each.isalnum())
    return _parted(plain) if len(plain) == LENGTH else plain


def _parted(plain: str) -> str:
    return f"{plain[:4]}-{plain[4:8]}-{plain[8:]}"
