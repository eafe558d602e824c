"""Lets an index follow the change log: any process rebuilds its copy from the database and then keeps up."""

from __future__ import annotations

import threading

from sqlalchemy import select

from knowledge import articles
from knowledge.articles import TOPIC, to_document
from knowledge.index import SearchIndex
from knowledge.tables import Article
from storage import change_log
from storage.database import Database

BATCH = 500


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
            if not self.index.ready() or self._foreign():
                return self.rebuild()
            total = self._follow()
            if self.index.outgrown():
                self.rebuild()
            return total

    def _follow(self) -> int:
        total = 0
        while True:
            with self._database.read() as session:
                changes = change_log.read(session, self.index.cursor(), topics=[TOPIC], limit=BATCH)
                if not changes:
                    return total
                keys = {change.key for change in changes}
                found = list(session.scalars(select(Article).where(Article.id.in_(keys))))
            published = [to_document(article) for article in found if article.status == "published"]
            removed = [article.number for article in found if article.status != "published"]
            self.index.apply(published, removed, cursor=changes[-1].position)
            total += len(changes)

    def _foreign(self) -> bool:
        with self._database.read() as session:
            return self.index.cursor() > change_log.tip(session)

    def rebuild(self, engine: str = "") -> int:
        """Build the index anew from the database, with the engine of this name if any. Return the number of documents.

        What is named stays, whatever the number of articles, until ``auto`` is named.
        """
        with self._database.read() as session:
            tip = change_log.tip(session)
            documents = articles.published(session)
        self.index.rebuild(documents, cursor=tip, engine=engine)
        return len(documents)
