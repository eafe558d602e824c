"""Triage behind the webhooks: a few threads of each process, and what to expect of them.

Thinking has threads of its own: were they those that store messages, a stuck triage would hold up the acknowledgement
of the next ones. They are few, because triage keeps a processor busy: more would only take turns, and each caller
would wait for all. They let storing go first: a message that is not stored is lost with the process, and a statement
that waits for a busy thread after each of its steps takes many times as long. When messages come faster than they can
be judged, several are judged together, and whoever cannot be served in time is told so at once and need not wait.

Where ``Settings.apart`` says so, processes of their own judge and file (``api.thinking_apart``) and the threads only
wait for them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING

from api import pipeline
from api.thinking_apart import ThinkingApart

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

THREADS = 2
"""One more than is of use, for the case that one is stuck."""
TOGETHER = 4
"""Tickets judged and filed together at most: one transaction costs about as much as one ticket."""
USUAL = 0.03
"""Seconds for one ticket, until there is experience."""
GIVES_WAY = 0.2
"""Seconds for which what was judged lets messages be stored before it is filed: SQLite has one writer for both."""
LEARNING = 0.1
"""Weight of the latest experience."""


class Thinker:
    """Judges and files the tickets it is given, in the order they came. Safe to share between threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: deque[tuple[str, Future[None]]] = deque()
        self._later: dict[str, float] = {}
        self._under_way: set[str] = set()
        self._storing = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._each = USUAL
        self._apart: ThinkingApart | None = None

    def prepare(self) -> None:
        """Start the processes that judge, if there are to be any: they take seconds to load, and are not waited for."""
        with self._changed:
            self._prepare()

    def _prepare(self) -> None:
        if self._apart is None and not self._closed and (many := self._desk.settings.apart):
            self._apart = ThinkingApart(self._desk, many)

    def submit(self, ticket_id: str) -> Future[None]:
        """Have the ticket judged. The future is done when that was tried; a failure is on the ticket."""
        future: Future[None] = Future()
        with self._changed:
            self._later.pop(ticket_id, None)
            self._waiting.append((ticket_id, future))
            self._wake()
        return future

    def put_off(self, ticket_id: str, seconds: float) -> None:
        """Have the ticket judged in a while; handed in again meanwhile, it is that moment that counts.

        Should the process die before, the sweep finds the ticket.
        """
        with self._changed:
            self._later[ticket_id] = time.monotonic() + seconds
            self._wake()

    def _wake(self) -> None:
        self._prepare()
        if len(self._threads) < THREADS:
            thread = threading.Thread(target=self._run, name=f"thinker-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        self._changed.notify()

    @contextmanager
    def after_this(self) -> Iterator[None]:
        """Inside, no thinking begins; what has begun goes on."""
        with self._changed:
            self._storing += 1
        try:
            yield
        finally:
            with self._changed:
                self._storing -= 1
                self._changed.notify_all()  # who would file, and who would begin to think

    def expected(self) -> float:
        """Seconds until a ticket handed in now would be filed, by the last ones' experience."""
        with self._changed:
            return (len(self._waiting) + len(self._under_way) + 1) * self._each

    def tickets(self) -> frozenset[str]:
        """Those in its hands: nobody else needs to look at them."""
        with self._changed:
            return frozenset(self._under_way) | self._later.keys() | {ticket_id for ticket_id, _ in self._waiting}

    def close(self) -> None:
        """Take no more; what still waits is left to the sweep of the next start."""
        with self._changed:
            self._closed = True
            for _, future in self._waiting:
                future.cancel()
            self._waiting.clear()
            self._later.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)
        if self._apart is not None:
            self._apart.close()

    def _run(self) -> None:
        while batch := self._next():
            started = time.monotonic()
            ids = list(dict.fromkeys(ticket_id for ticket_id, _ in batch))
            try:
                if self._apart is None or not self._apart.assess(ids):
                    pipeline.assess(self._desk, ids, first=self._give_way)
            except Exception:
                log.exception("triage of %d tickets failed; the sweep tries again", len(ids))
            self._end(batch, started)

    def _next(self) -> list[tuple[str, Future[None]]]:
        """What to judge next, once there is something; nothing when it is over."""
        with self._changed:
            while not self._ready():
                self._changed.wait(self._until_later())
            batch = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            for _, future in batch:
                future.set_running_or_notify_cancel()  # who waited may have left: the ticket is judged all the same
            self._under_way |= {ticket_id for ticket_id, _ in batch}
            return batch

    def _ready(self) -> bool:
        """Whether there is something to judge now, or it is over."""
        now = time.monotonic()
        for ticket_id in [each for each, due in self._later.items() if due <= now]:
            del self._later[ticket_id]
            self._waiting.append((ticket_id, Future()))
        return self._closed or (bool(self._waiting) and not self._storing)

    def _give_way(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._storing, timeout=GIVES_WAY)

    def _until_later(self) -> float | None:
        """Seconds until the next that was put off is due."""
        return max(0.0, min(self._later.values()) - time.monotonic()) if self._later else None

    def _end(self, batch: list[tuple[str, Future[None]]], started: float) -> None:
        with self._changed:
            self._under_way -= {ticket_id for ticket_id, _ in batch}
            took = (time.monotonic() - started) / len(batch)
            self._each += LEARNING * (took - self._each)
        for _, future in batch:
            if not future.cancelled():
                future.set_result(None)
