"""What open pages follow: the change log, read once for all of them, as far as each has come."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from api.errors import TooMany
from storage import change_log
from storage.database import Database

FRESH_SECONDS = 0.2
"""So long the end of the log is taken as known: all pages of this process ask the database once."""
MOST = 500
FOLLOWERS = 400
"""Pages of one process: each holds a connection open and asks four times a second."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One change: ``topic`` says which kind of thing, ``key`` which one, ``what`` how."""

    topic: str
    key: str
    what: str


class Feed:
    """The change log as the open pages of this process follow it. Safe to share between threads and loops."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asking = threading.Lock()
        self._known_at = float("-inf")
        self._tip = 0
        self._followers = 0

    def check_room(self) -> None:
        """Raises ``TooMany`` where no further page fits."""
        if self._followers >= FOLLOWERS:
            raise TooMany("正在自动刷新的页面太多，请关掉一些再试")

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Count a page while it follows."""
        with self._asking:
            self._followers += 1
        try:
            yield
        finally:
            with self._asking:
                self._followers -= 1

    def is_known_unchanged(self, after: int) -> bool:
        """Whether nothing came after this position, as far as is known; costs nothing."""
        return self._tip <= after and time.monotonic() - self._known_at < FRESH_SECONDS

    def tip(self) -> int:
        """The end of the log, as of a moment ago."""
        with self._asking:
            if time.monotonic() - self._known_at >= FRESH_SECONDS:
                with self._database.read() as session:
                    self._tip = change_log.tip(session)
                self._known_at = time.monotonic()
            return self._tip

    def after(self, position: int, topics: Sequence[str]) -> tuple[Sequence[Entry], int]:
        """What came after a position, and the position to go on from."""
        tip = self.tip()
        if tip <= position:
            return (), position
        with self._database.read() as session:
            found = change_log.read(session, position, topics=topics, limit=MOST)
            entries = [Entry(each.topic, each.key, each.what) for each in found]
            # Nothing of these topics lies between the last entry and the tip, unless there were too many to read.
            return entries, found[-1].position if len(found) >= MOST else max(
                tip, *(each.position for each in found), 0
            )
