"""A platform's clock that can be moved forward, for what ends after hours and days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from api import clock


class MovingClock:
    """Calling it gives the present moment there."""

    def __init__(self, now: Callable[[], datetime] = clock.now) -> None:
        self._now = now
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return self._now() + self._ahead

    def forward(self, by: timedelta) -> None:
        """Move it. Raises ``ValueError`` for a step back: no platform's clock goes there."""
        if by < timedelta():
            raise ValueError("seconds: not below 0")
        self._ahead += by
