"""Lets an index follow the change log: any process rebuilds its copy from the database and then keeps up."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from knowledge import articles
from knowledge.articles import TOPIC, to_document
from knowledge.index import Changes, SearchIndex
from knowledge.tables import Article
from storage import change_log
from storage.database import Database

log = logging.getLogger(__name__)

BATCH = 500
PAUSE = 0.5
"""Seconds between two looks at the change log while the index is built anew."""


class IndexFollower:
    """Brings one index to the tip of the change log."""

    def __init__(self, database: Database, index: SearchIndex) -> None:
        self.index = index
        self._database = database
        self._turn = threading.Lock()

    def catch_up(self) -> int:
        """Apply what changed since the index's cursor; return how many changes.

        The index is built anew when it is absent or cut otherwise, and when it stands beyond the end of the log: then
        it was made from another database. When it has outgrown its engine it is built anew after it has followed, so
        that what was changed is found at once.
        """
        with self._turn:
            if not self._served():
                return self.rebuild()
            total = self._follow()
            if self.index.outgrown():
                self.rebuild()
            return total

    def _follow(self) -> int:
        total = 0
        since = self.index.cursor()
        while found := self._after(since):
            changes, number = found
            self.index.apply(changes.changed, changes.removed, cursor=changes.cursor, since=since)
            total += number
            since = self.index.cursor()
        return total

    def _after(self, cursor: int) -> tuple[Changes, int] | None:
        """The first changes after a position, and how many entries of the log they are."""
        with self._database.read() as session:
            entries = change_log.read(session, cursor, topics=[TOPIC], limit=BATCH)
            if not entries:
                return None
            keys = {entry.key for entry in entries}
            found = list(session.scalars(select(Article).where(Article.id.in_(keys))))
        published = [to_document(article) for article in found if article.status == "published"]
        removed = [article.number for article in found if article.status != "published"]
        return Changes(published, removed, entries[-1].position), len(entries)

    def _later(self, cursor: int) -> Changes | None:
        found = self._after(cursor)
        return found and found[0]

    @contextmanager
    def _following(self) -> Iterator[None]:
        """Follow in a thread of its own while the index is built anew, if there is one to follow in."""
        built = threading.Event()

        def follow() -> None:
            try:
                while not built.wait(PAUSE):
                    self._follow()
            except Exception:
                log.exception("the old index could not follow while the new one was built")

        thread = threading.Thread(target=follow, name="index-follower-meanwhile", daemon=True)
        if self._served():
            thread.start()
        try:
            yield
        finally:
            built.set()
            if thread.ident is not None:
                thread.join()

    def _served(self) -> bool:
        return self.index.ready() and not self._foreign()

    def _foreign(self) -> bool:
        with self._database.read() as session:
            return self.index.cursor() > change_log.tip(session)

    def rebuild(self, engine: str = "") -> int:
        """Build the index anew from the database, with the engine of this name if any. Return the number of documents.

        What is named stays, whatever the number of articles, until ``auto`` is named. What is published meanwhile is
        found in the old index at once, and in the new one from its first moment on.
        """
        with self._database.read() as session:
            tip = change_log.tip(session)
            documents = articles.published(session)
        with self._following():
            self.index.rebuild(documents, cursor=tip, engine=engine, later=self._later)
        return len(documents)
