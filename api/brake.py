"""A brake on guessing: how often something was tried under a key of late."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=10)


class Brake:
    """Failures by key within ``WINDOW``, in this process. A try counts before its outcome is known."""

    def __init__(self) -> None:
        self._tries: dict[str, deque[datetime]] = {}
        self._tidied: datetime | None = None
        self._lock = threading.Lock()

    def count(self, limits: Mapping[str, int], *, now: datetime) -> bool:
        """Count a try under each key; False, and nothing counted, when a key has had as many as its limit."""
        with self._lock:
            self._tidy(now)
            if any(self._recent(key, now) >= limit for key, limit in limits.items()):
                return False
            for key in limits:
                self._tries.setdefault(key, deque()).append(now)
            return True

    def is_on(self, limits: Mapping[str, int], *, now: datetime) -> bool:
        """Whether the next try under these keys would be refused."""
        with self._lock:
            return any(self._recent(key, now) >= limit for key, limit in limits.items())

    def forgive(self, limits: Mapping[str, int], *, at: datetime) -> None:
        """The try counted at that moment was none of a guesser."""
        with self._lock:
            for key in limits:
                if at in (times := self._tries.get(key, deque())):
                    times.remove(at)

    def release(self, key: str, *, before: datetime) -> None:
        """Forget the tries under this key up to that moment."""
        with self._lock:
            times = self._tries.get(key, deque())
            while times and times[0] <= before:
                times.popleft()

    def start_anew(self, keys: Iterable[str]) -> None:
        """Forget what was counted under these keys."""
        with self._lock:
            for key in keys:
                self._tries.pop(key, None)

    def size(self) -> int:
        """Number of keys held."""
        return len(self._tries)

    def _recent(self, key: str, now: datetime) -> int:
        times = self._tries.get(key, deque())
        while times and times[0] < now - WINDOW:
            times.popleft()
        return len(times)

    def _tidy(self, now: datetime) -> None:
        if self._tidied is None or self._tidied < now - WINDOW:
            self._tries = {key: times for key, times in self._tries.items() if self._recent(key, now)}
            self._tidied = now
