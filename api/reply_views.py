"""The reply check as JSON and as pages say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from casework.reply_check import ReplyWarning


def warning_json(warning: ReplyWarning) -> dict[str, Any]:
    """One warning; ``start`` and ``end`` null where it is about the whole answer."""
    return {
        "kind": warning.kind,
        "label": warning.label,
        "sentence": warning.sentence,
        "start": warning.start,
        "end": warning.end,
    }


def kinds(warnings: Iterable[ReplyWarning]) -> str:
    """The kinds, as a form carries them of what its writer has seen."""
    return " ".join(sorted({warning.kind for warning in warnings}))


def unseen(warnings: Iterable[ReplyWarning], seen: str) -> bool:
    """Whether there is a warning of a kind that the writer has not said he saw."""
    return not {warning.kind for warning in warnings} <= set(seen.split())
