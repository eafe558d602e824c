"""A ``ChannelState`` for one test."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field


@dataclass
class MemoryState:
    """A ``ChannelState`` for one test, safe between threads."""

    values: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: str) -> str | None:
        with self._lock:
            return self.values.get(key)

    def compare_and_set(self, key: str, expected: str | None, value: str) -> bool:
        with self._lock:
            if self.values.get(key) != expected:
                return False
            self.values[key] = value
            return True
