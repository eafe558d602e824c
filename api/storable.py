"""Texts that a database can keep, asked before any of them reaches one: SQLite would keep NUL, PostgreSQL does not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.errors import Unstorable

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""JSON's escapes can say what is no text: half a surrogate pair has no UTF-8."""


def check_storable(asked: object) -> None:
    """Raises ``Unstorable`` where a text within, at whatever depth, holds NUL or half a surrogate pair."""
    if _is_unstorable(asked):
        raise Unstorable


def _is_unstorable(asked: object) -> bool:
    match asked:
        case str():
            return _UNSTORABLE.search(asked) is not None
        case Mapping():
            return any(map(_is_unstorable, asked.values()))
        case list() | tuple():
            return any(map(_is_unstorable, asked))
    return False
