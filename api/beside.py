"""A process of the desk's own that is kept alive beside it: started, told of when ready, started anew when it ends.

Nothing may depend on such a process. It ends with the desk, however that ends: its line (``api.assistants``) does.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

from api.assistants import Assistant
from api.settings import Settings

log = logging.getLogger(__name__)

LIVED = 60.0
"""Seconds after which one that ended had been well: the next is started at once, and not after a longer pause."""
PAUSES = (1.0, 60.0)
"""Seconds before another is started: at first, doubled each time one ends soon, and at most."""

READY = True
"""The first word of a life."""

Told = Callable[[Assistant], None]


def _nobody(_: Assistant) -> None:
    """Nobody waits to be told."""


class Beside:
    """Keeps one process alive. ``life`` is what it does; it says ``READY`` when it is.

    ``ready`` and ``gone`` are told of each, by the thread that keeps it. Safe to share between threads.
    """

    def __init__(
        self,
        settings: Settings,
        life: Callable[[Settings, Connection], None],
        *,
        name: str,
        ready: Told = _nobody,
        gone: Told = _nobody,
    ) -> None:
        self._settings, self._life, self._name = settings, life, name
        self._ready, self._gone = ready, gone
        self._changed = threading.Lock()
        self._closed = threading.Event()
        self._now: Assistant | None = None
        self._keeper = threading.Thread(target=self._keep, name=name, daemon=True)
        self._keeper.start()

    @property
    def now(self) -> Assistant | None:
        """The process there is, ready or not."""
        return self._now

    def close(self, *, within: float = 0) -> None:
        """End the process: asked to and waited for so many seconds, else by force. None is left after this."""
        with self._changed:
            self._closed.set()
            found = self._now
            if found is not None and within:
                found.ask_to_end()
            elif found is not None:
                found.kill()
        self._keeper.join(within or None)
        if self._keeper.is_alive() and found is not None:
            found.kill()
            self._keeper.join()

    def _keep(self) -> None:
        """See to it that one lives."""
        pause, most = PAUSES
        while not self._closed.is_set():
            began = time.monotonic()
            try:
                self._see_through()
            except OSError as problem:
                log.warning("%s could not be started: %s", self._name, problem.strerror)
            if self._closed.is_set():
                return
            pause = PAUSES[0] if time.monotonic() - began > LIVED else min(2 * pause, most)
            log.warning("%s has ended; another is started in %.0f s", self._name, pause)
            self._closed.wait(pause)

    def _see_through(self) -> None:
        """Start one, tell of it once it is ready, and return when it has ended. Raises ``OSError``."""
        with self._changed:
            if self._closed.is_set():
                return
            with _deaf_to_ctrl_c():
                self._now = made = Assistant(self._settings, self._life)
        try:
            if made.is_ready():
                self._ready(made)
            made.wait()
        finally:
            with self._changed:
                self._now = None
            self._gone(made)


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """A process that is started inside does not hear Ctrl-C, which is for the desk: it ends with it.

    Other than a handler, the mask of a thread is inherited whichever thread starts the process.
    """
    resource_tracker.ensure_running()  # which would lift the mask if it were started meanwhile
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
