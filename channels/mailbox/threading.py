"""Which earlier letters a letter answers, and the ticket's mark in a subject.

A mark is ``[#TOKEN]``: 6 to 40 of A-Z, 0-9 and hyphen, as ``[#YS-20260324-0012-7K3M9Q]``. The token is a
ticket's unguessable code; it is looked for in both widths and cases, since clients rewrite subjects.
"""

from __future__ import annotations

import re
import unicodedata

from channels.cleaning import clean_line

_TOKEN = re.compile(r"[A-Z0-9](?:[A-Z0-9-]{4,38})[A-Z0-9]")
_MARK = re.compile(r"\[\s*#\s*([A-Za-z0-9][A-Za-z0-9-]{4,38}[A-Za-z0-9])\s*\]")
_ID = re.compile(rb"<([^<>\s]{1,500})>")
_BARE_ID = re.compile(rb"[^\s<>@,;]{1,250}@[^\s<>@,;]{1,250}")
_KEPT = 50


def mark_subject(subject: str, token: str) -> str:
    """``subject`` with the mark of ``token`` at its end, once. Raises ``ValueError`` for what is no token."""
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"not a ticket token: {token!r}")
    if find_token(subject) == token:
        return subject
    return f"{subject} [#{token}]".strip()


def find_token(subject: str) -> str:
    """The token marked in ``subject`` (the last, if several), or "". Brackets may be full-width."""
    flat = unicodedata.normalize("NFKC", subject).replace("【", "[").replace("】", "]")
    found = _MARK.findall(flat)
    return found[-1].upper() if found else ""


def message_ids(value: bytes) -> tuple[str, ...]:
    """Ids of a Message-ID, In-Reply-To or References field, with their angle brackets, in order and once."""
    found = _ID.findall(value) or _BARE_ID.findall(value)
    ids = (clean_line(item.decode("ascii", "replace")) for item in found)
    return tuple(dict.fromkeys(f"<{item}>" for item in ids if item))


def thread_of(in_reply_to: bytes, references: bytes) -> tuple[str, ...]:
    """Ids of the letters answered: In-Reply-To first, then References; at most 50, the nearest kept."""
    direct, earlier = message_ids(in_reply_to), message_ids(references)
    direct = direct[:_KEPT]
    nearest = [item for item in earlier if item not in direct][-(_KEPT - len(direct)) or len(earlier) :]
    return (*direct, *nearest)
