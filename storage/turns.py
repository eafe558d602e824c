"""Whoever waits for a connection is served in the order in which he came.

SQLAlchemy's own queue wakes the one who waits longest, and lets whoever asks at that moment take the connection before
he is awake; he then waits at the end. With fifty officers at work some were overtaken again and again so, for seconds,
while half were served at once (``drills.officers``).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TypeVar

from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util.queue import Empty, Queue

T = TypeVar("T")


class InTurn(Queue[T]):
    """A pool's queue in which nobody overtakes."""

    def __init__(self, maxsize: int = 0, **kept: bool) -> None:
        super().__init__(maxsize, **kept)
        self._line: deque[threading.Lock] = deque()
        self._forming = threading.Lock()

    def get(self, block: bool = True, timeout: float | None = None) -> T:  # noqa: FBT001, FBT002  (as Queue has it)
        """The next free connection, when all who came before have theirs.

        Raises ``Empty`` where none is free and ``block`` is false, or after ``timeout`` seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        turn = self._join()
        if turn.locked() and not block:
            self._leave(turn)
            raise Empty
        try:
            if not turn.acquire(timeout=-1 if timeout is None else timeout):
                raise Empty
            return super().get(block, None if until is None else max(0.0, until - time.monotonic()))
        finally:
            self._leave(turn)

    def _join(self) -> threading.Lock:
        """A place at the end of the line: a lock that opens when it has come to the front."""
        turn = threading.Lock()
        with self._forming:
            if self._line:
                turn.acquire()
            self._line.append(turn)
        return turn

    def _leave(self, turn: threading.Lock) -> None:
        with self._forming:
            at_front = self._line[0] is turn
            self._line.remove(turn)
            if at_front and self._line:
                self._line[0].release()


class PoolInTurn(QueuePool):
    """A pool that serves in turn."""

    _queue_class = InTurn[ConnectionPoolEntry]
