"""How often a resident is shown that somebody is writing: once in five seconds, over all workers."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

from channels.base import ChannelState

KEY = "typing"
APART = timedelta(seconds=5)


async def may_show(state: ChannelState, recipient: str, *, now: datetime) -> bool:
    """Whether it is time to show it to him again, noted as done. A worker that loses a race shows nothing."""
    raw = await asyncio.to_thread(state.get, KEY)
    at, shown = now.timestamp(), _read(raw)
    recent = {who: when for who, when in shown.items() if 0 <= at - when < APART.total_seconds()}
    if recipient in recent:
        return False
    return await asyncio.to_thread(state.compare_and_set, KEY, raw, json.dumps(recent | {recipient: at}))


def _read(raw: str | None) -> dict[str, float]:
    try:
        found = json.loads(raw or "{}")
        return {str(who): float(when) for who, when in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
