"""Published: a robot may say 20 messages a minute; what it says beyond is refused, and refused again for a while.

The moments of the last minute are kept in the ``ChannelState``, so that all workers count together.
"""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta

from channels.base import ChannelState
from channels.errors import SendDelayed

PER_MINUTE = 20
MINUTE = timedelta(minutes=1)
_KEY = "said_at"
_TRIES = 20


async def take_turn(state: ChannelState, *, now: datetime) -> None:
    """Count one message. Raises ``SendDelayed`` until the oldest of the last twenty is a minute old."""
    await asyncio.to_thread(_take_turn, state, now)


def _take_turn(state: ChannelState, now: datetime) -> None:
    for _ in range(_TRIES):
        before = state.get(_KEY)
        recent = [moment for moment in _moments(before) if moment > (now - MINUTE).timestamp()]
        if len(recent) >= PER_MINUTE:
            wait = recent[-PER_MINUTE] + MINUTE.total_seconds() - now.timestamp()
            raise SendDelayed(f"群机器人每分钟最多 {PER_MINUTE} 条，稍后再发", max(1.0, wait))
        if state.compare_and_set(_KEY, before, json.dumps([*recent, now.timestamp()])):
            return
    raise SendDelayed("群机器人正忙，稍后再发", 5.0)


def _moments(stored: str | None) -> list[float]:
    try:
        found = json.loads(stored or "[]")
    except ValueError:
        return []
    return [float(each) for each in found if isinstance(each, int | float)] if isinstance(found, list) else []
