"""Writes the search log behind the searches: nobody waits for it, and no search fails because of it.

What was searched goes through one queue to one thread, which strips it of whatever is personal and writes it in a
short transaction of its own. What cannot be written is lost and told in the program's log, without its words.
"""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from api import nameless
from knowledge import articles, search_log
from knowledge.errors import ArticleNotFound
from knowledge.search_log import Opened, Page, Role, Searched

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from api.desk import Desk
    from knowledge.searching import Answer

log = logging.getLogger(__name__)

WAITING = 500
"""Searches that wait to be written; more at once are not written down."""
AT_ONCE = 50
MOST_AN_HOUR = 3_000
"""Searches of residents within an hour that are written down: more is a program that reads the pages."""

Entry = Searched | Opened


class SearchLog:
    """The log of one process. For all threads; ``close`` writes what waits."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: queue.Queue[Entry | None] = queue.Queue(WAITING)
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._full = False
        self._hour: datetime | None = None
        self._left = 0

    def searched(
        self,
        query: str,
        *,
        role: Role,
        page: Page,
        hits: int,
        first: str = "",
        relevance: float = 0.0,
        goes_on: str = "",
    ) -> str:
        """Have a search written down. Return its key, with which its hits are opened.

        ``goes_on`` is the key of a search that this one only pages through, narrows or comes back to: it is no new one.
        """
        now = self._desk.now()
        if goes_on and search_log.goes_on(goes_on, now):
            return goes_on
        key = search_log.new_key(now)
        if query.strip() and self._desk.settings.search_log_days:
            self._put(Searched(key, role, page, query[: nameless.LOOKED_AT], hits, first, relevance))
        return key

    def answered(self, query: str, answer: Answer, *, role: Role, page: Page, goes_on: str = "") -> str:
        """The same of a search with its answer."""
        first = answer.found[0] if answer.found else None
        return self.searched(
            query,
            role=role,
            page=page,
            hits=len(answer.found),
            first=first.article.number if first else "",
            relevance=first.hit.relevance if first and first.hit else 0.0,
            goes_on=goes_on,
        )

    def opened(self, key: str, number: str) -> None:
        """Have it written down that this article was opened from the search of this key."""
        if search_log.goes_on(key, self._desk.now()):
            self._put(Opened(key, number))

    def settle(self) -> None:
        """Wait until everything handed in before is written or given up."""
        self._waiting.join()

    def close(self) -> None:
        """Write what waits and end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout=10)

    def _put(self, entry: Entry) -> None:
        try:
            self._start()
            self._waiting.put_nowait(entry)
            self._full = False
        except (queue.Full, RuntimeError):  # RuntimeError: no more threads
            if not self._full:
                log.warning("searches come faster than they can be written down")
            self._full = True

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                thread = threading.Thread(target=self._run, name="search-log", daemon=True)
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        ended = False
        while not ended:
            entries = [self._waiting.get()]
            while len(entries) < AT_ONCE and not self._waiting.empty():
                entries.append(self._waiting.get())
            ended = None in entries
            try:
                self._write([entry for entry in entries if entry is not None])
            except Exception as problem:  # noqa: BLE001  whatever it is, the searches go on
                log.warning("searches were not written down: %s", type(problem).__name__)
            finally:
                for _ in entries:
                    self._waiting.task_done()

    def _write(self, entries: list[Entry]) -> None:
        words = self._desk.words
        stripped = [
            replace(entry, query=nameless.query(entry.query, words)) if isinstance(entry, Searched) else entry
            for entry in entries
        ]
        with self._desk.database.write.begin() as session:
            for entry in stripped:
                self._keep(session, entry)

    def _keep(self, session: Session, entry: Entry) -> None:
        if isinstance(entry, Searched):
            if entry.query and (entry.role == "staff" or self._has_room(session, entry)):
                search_log.keep(session, entry)
            return
        try:
            search_log.open_hit(session, Opened(entry.key, articles.get(session, entry.number).number))
        except ArticleNotFound:
            return

    def _has_room(self, session: Session, entry: Searched) -> bool:
        """Whether this hour may have one more of residents. Counted in the database once an hour."""
        hour = search_log.hour_of(entry.key)
        if hour is None:
            return False
        if hour != self._hour:
            self._hour, self._left = hour, MOST_AN_HOUR - search_log.count(session, since=hour)
        self._left -= 1
        return self._left >= 0
