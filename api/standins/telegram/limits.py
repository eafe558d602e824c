"""How often a bot may send (Bots FAQ, "My bot is hitting limits")."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages a second to one chat with short bursts of ``burst``, a second over all, a minute to a group.

    0 is not counted. How long a burst may be the platform does not publish.
    """

    chat: int = 1
    burst: int = 3
    all: int = 30
    group: int = 20


NONE = Limits(0, 0, 0, 0)
NAMES = tuple(each.name for each in fields(Limits))


class Rate:
    """What one bot sent in the last minute."""

    def __init__(self) -> None:
        self._sent: deque[tuple[datetime, int]] = deque()
        self._buckets: dict[int, tuple[datetime, float]] = {}
        """By chat: how many messages could go at once at that moment."""

    def wait(self, limits: Limits, chat: int, *, now: datetime) -> int:
        """Seconds until one more may go to this chat; 0: it may now."""
        while self._sent and now - self._sent[0][0] >= _MINUTE:
            self._sent.popleft()
        waits = [self._for_chat(limits, chat, now)]
        if limits.all:
            waits.append(_until_fewer([at for at, _ in self._sent], limits.all, timedelta(seconds=1), now))
        if limits.group and chat < 0:
            waits.append(_until_fewer([at for at, to in self._sent if to == chat], limits.group, _MINUTE, now))
        return max(waits)

    def sent(self, limits: Limits, chat: int, *, now: datetime) -> None:
        """One more went."""
        self._sent.append((now, chat))
        if limits.chat:
            self._buckets[chat] = (now, self._left(limits, chat, now) - 1)

    def _for_chat(self, limits: Limits, chat: int, now: datetime) -> int:
        if not limits.chat:
            return 0
        return max(0, math.ceil((1 - self._left(limits, chat, now)) / limits.chat))

    def _left(self, limits: Limits, chat: int, now: datetime) -> float:
        most = float(max(1, limits.burst))
        at, left = self._buckets.get(chat, (now, most))
        return min(most, left + (now - at).total_seconds() * limits.chat)


def _until_fewer(moments: list[datetime], most: int, life: timedelta, now: datetime) -> int:
    within = [at for at in moments if now - at < life]
    return 0 if len(within) < most else max(1, math.ceil((within[-most] + life - now).total_seconds()))
