"""Keeps this process's search index at the tip of the change log."""

from __future__ import annotations

import logging
import threading

from api.desk import Desk

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""A published change is to be found within a second on every process."""


class Follower:
    """A thread that lets the index catch up twice a second."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow."""
        self._thread = threading.Thread(target=self._run, name="index-follower", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                self._desk.follower.catch_up()
            except Exception:
                log.exception("the index could not follow")

    def stop(self) -> None:
        """Stop following."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=5)
