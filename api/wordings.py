"""The wording of the articles as this process's index has them: made when first asked for, then as the index moves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from knowledge.analysis import Analyzer, Terms
from knowledge.articles import published
from knowledge.index import SearchIndex
from knowledge.synonyms import Addition, Synonyms
from knowledge.wording import Wording

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)


class Wordings:
    """Gives the wording of the moment. For all threads; nobody waits for a new one while there is an old one."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._synonyms = Synonyms(desk.district.synonyms)
        self._cut: Callable[[str], Terms] | None = None
        self._made: Wording | None = None
        self._making = threading.Lock()

    def serve(self, index: SearchIndex, analyzer: Analyzer) -> None:
        """Have this index look for more than what was typed. Words are cut as it cuts them."""
        index.widen = self.widen
        self._cut = analyzer.terms

    def current(self) -> Wording:
        """The wording; while a new one is made beside, for a second or so, the one before."""
        made = self._made
        if made is None:
            with self._making:
                return self._made or self._make()
        if made.cursor != self._desk.index.cursor() and self._making.acquire(blocking=False):
            threading.Thread(target=self._make_beside, name="wording", daemon=True).start()
        return made

    def widen(self, query: str) -> Sequence[Addition]:
        """What to look for beside a query; until the first wording is made, the synonyms alone."""
        made = self._made
        return self._synonyms.widen(query) if made is None else made.widen(query)

    def _make_beside(self) -> None:
        try:
            self._make()
        except Exception:
            log.exception("the wording of the articles could not be made anew")
        finally:
            self._making.release()

    def _make(self) -> Wording:
        cursor = self._desk.index.cursor()
        assert self._cut is not None, "opening the index has set it"
        with self._desk.database.read() as session:
            documents = published(session)
        self._made = Wording.of(list(documents), self._synonyms, self._cut, cursor=cursor)
        return self._made
