"""``LocalIndex``: an index in a folder, whichever engine serves it.

It looks after generations, the place in the change log and the two stages of a search; reading and writing is the
engine's (``engine``). A generation says which engine made it, so an index moves from one engine to another as it moves
from one generation to the next: the old one answers until the new one stands.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from knowledge import highlights
from knowledge.analysis import Analyzer
from knowledge.asking import LONGEST, question_of
from knowledge.engine import Engine, Search, Stand, State
from knowledge.errors import IndexMissing
from knowledge.features import Candidate, Question
from knowledge.generations import Generations, Kind
from knowledge.index import Document, Filters, Hit, Later, Message, parts
from knowledge.ranking import Comparison, Ranked, Ranking
from knowledge.synonyms import Widen, nothing_more, widened

Choice = Callable[[int, Kind], str]
"""The engine that suits so many articles, given what serves them now."""
NONE = Kind("")


class Opened(NamedTuple):
    """A generation and its newest state."""

    folder: Path
    kind: Kind
    state: State


@dataclass(frozen=True, slots=True)
class LocalInquiry:
    """A message made ready on one state of the index: a question, and another for the whole of what has a title."""

    questions: Sequence[Question]
    asked: Sequence[Search]
    comparison: Comparison

    def best(
        self,
        *,
        limit: int = 10,
        filters: Filters = Filters(),  # noqa: B008
        behind: float = math.inf,
    ) -> Sequence[Hit]:
        """The best articles first, none further ``behind`` in score, without highlights."""
        return [_hit(document, one) for document, one in self.ranked(limit, filters, behind)]

    def ranked(self, limit: int, filters: Filters, behind: float = math.inf) -> list[tuple[Document, Ranked]]:
        """The same articles, each with what put it in its place."""
        found = [search.candidates(filters) for search in self.asked]
        ranked = self.comparison.rank(found, limit=limit, behind=behind)
        where = {one.key: search for search, candidates in zip(self.asked, found, strict=True) for one in candidates}
        return [(where[one.key].document(one.key), one) for one in ranked]


class LocalIndex:
    """The index in ``folder``. One object serves all threads; several processes may share the folder.

    It reads what any of ``engines`` made and writes with the one that ``choice`` names.
    """

    def __init__(
        self,
        folder: Path,
        engines: Sequence[Engine],
        choice: Choice,
        *,
        analyzer: Analyzer | None = None,
        ranking: Ranking | None = None,
    ) -> None:
        self._generations = Generations(folder)
        self._engines = {engine.name: engine for engine in engines}
        self._choice = choice
        self._analyzer = analyzer or Analyzer(folder)
        self.ranking = ranking or Ranking.default()
        self.widen: Widen = nothing_more
        self._opening = threading.Lock()
        self._opened: Opened | None = None

    @property
    def engine(self) -> str:
        """Name of the engine that serves; before there is an index, of the one that would."""
        latest = self._latest()
        return latest.kind.engine if latest else self._choice(0, NONE)

    def ready(self) -> bool:
        """Whether there is a readable index cut by the tokeniser in force."""
        return self._usable() is not None

    def warm(self) -> None:
        """Have the articles ready in memory. No index, or a damaged one: whoever follows it builds it anew."""
        if latest := self._usable():
            with suppress(IndexMissing):
                latest.state.warm()

    def outgrown(self) -> bool:
        """Whether another engine should serve: the articles have become too many or few, or the setting is another."""
        latest = self._usable()
        return latest is not None and self._choice(latest.state.size, latest.kind) != latest.kind.engine

    def cursor(self) -> int:
        """Position in the change log up to which the index has followed; 0 when there is none."""
        latest = self._latest()
        return latest.state.stand.cursor if latest else 0

    def size(self) -> int:
        """Number of documents; 0 when there is no index."""
        latest = self._latest()
        return latest.state.size if latest else 0

    def apply(self, changed: Iterable[Document], removed: Iterable[str], *, cursor: int, since: int = 0) -> None:
        """Replace and remove documents, and move the cursor, in one commit. Raises ``IndexMissing``."""
        with self._generations.writing():
            folder, kind, state = self._open()
            if not since <= state.stand.cursor < cursor:
                return
            self._engines[kind.engine].change(folder, changed, removed, self._stand(cursor))

    def rebuild(
        self, documents: Iterable[Document], *, cursor: int, engine: str = "", later: Later | None = None
    ) -> None:
        """Build anew beside the old index, then switch. Searches and changes go on in the old one meanwhile.

        A named ``engine`` stays until another is named; ``auto`` leaves it to the number of articles again. What
        another process has built while this one waited for its turn is not built again.
        """
        before = self._generations.current()
        documents = documents if isinstance(documents, Collection) else list(documents)
        with self._generations.building():
            if not engine and self._generations.current() != before and self._suits(cursor):
                return
            kind = self._kind(len(documents), engine)
            folder = self._generations.begin(kind)
            self._engines[kind.engine].create(folder, documents, self._stand(cursor))
            cursor = self._catch_up(folder, kind, cursor, later)
            with self._generations.writing():  # so that nothing is applied to the old one any more
                self._catch_up(folder, kind, cursor, later)
                self._generations.switch(folder)

    def _suits(self, cursor: int) -> bool:
        return self.ready() and not self.outgrown() and self.cursor() >= cursor

    def _catch_up(self, folder: Path, kind: Kind, cursor: int, later: Later | None) -> int:
        """Bring a generation that is not in force yet up to the end of what changed; return its cursor."""
        while later and (changes := later(cursor)):
            cursor = changes.cursor
            self._engines[kind.engine].change(folder, changes.changed, changes.removed, self._stand(cursor))
        return cursor

    def search(
        self,
        query: str,
        *,
        text: str = "",
        limit: int = 10,
        filters: Filters = Filters(),  # noqa: B008
    ) -> Sequence[Hit]:
        """The best articles first. Raises ``IndexMissing``."""
        inquiry = self.inquire([Message(query, text)])[0]
        marks = inquiry.questions[-1].marks()
        return [
            _hit(document, ranked, highlights.mark(document.body or document.title, marks))
            for document, ranked in inquiry.ranked(limit, filters)
        ]

    def inquire(self, messages: Sequence[Message]) -> list[LocalInquiry]:
        """The messages made ready for several searches. Raises ``IndexMissing``."""
        state, ranking = self._open().state, self.ranking
        # Step by step for all of them, because each step finds its data in the processor's cache then.
        texts = [[part[:LONGEST] for part in parts(message)] for message in messages]
        terms = [[(text, self._analyzer.terms(text)) for text in each] for each in texts]
        asked = [[question_of(state, text, found) for text, found in each] for each in terms]
        # Words for the same thing are added to what is terse; a whole letter has its own.
        further = [
            [widened(first, self.widen(text), self._analyzer.terms, state), *whole]
            for (first, *whole), ((text, _), *_) in zip(asked, terms, strict=True)
        ]
        questions = [[ranking.prepare(first), *whole] for first, *whole in further]
        searches = [[state.ask(question, compared=each) for question in each] for each in questions]
        return [
            LocalInquiry(each, search, ranking.comparison(*each))
            for each, search in zip(questions, searches, strict=True)
        ]

    def question(self, text: str) -> Question:
        """The text with the terms that would be asked for, before learned weights. Raises ``IndexMissing``."""
        return question_of(self._open().state, text, self._analyzer.terms(text))

    def first_stage(self, question: Question) -> Sequence[tuple[str, Candidate]]:
        """Candidates in the order of their first-stage score, each with its article's id. Raises ``IndexMissing``."""
        asked = self._open().state.ask(question)
        return [(asked.document(one.key).id, one) for one in asked.candidates(Filters())]

    def close(self) -> None:
        """Close the files. A closed index opens itself again when asked."""
        with self._opening:
            if self._opened is not None:
                self._opened.state.close()
            self._opened = None

    def _kind(self, size: int, named: str) -> Kind:
        if named and named != "auto":
            return Kind(named, chosen=True)
        current = self._generations.current()
        serving = self._generations.kind(current) if current else NONE
        if serving.engine not in self._engines:
            serving = NONE
        if named:
            serving = Kind(serving.engine)
        engine = self._choice(size, serving)
        return Kind(engine, chosen=serving.chosen and engine == serving.engine)

    def _stand(self, cursor: int) -> Stand:
        return Stand(cursor, self._analyzer.version)

    def _open(self) -> Opened:
        latest = self._usable()
        if latest is None:
            raise IndexMissing(str(self._generations.folder))
        return latest

    def _usable(self) -> Opened | None:
        latest = self._latest()
        return latest if latest and latest.state.stand.tokeniser == self._analyzer.version else None

    def _latest(self) -> Opened | None:
        """The newest readable state; the index is a disposable copy, so what cannot be read counts as absent."""
        folder = self._generations.current()
        if folder is None:
            return None
        with self._opening:
            known = self._opened if self._opened and self._opened.folder == folder else None
            kind = known.kind if known else self._generations.kind(folder)
            if kind.engine not in self._engines:
                return None
            try:
                state = self._engines[kind.engine].open(folder, known and known.state)
            except IndexMissing:
                return None
            if known is None or state is not known.state:
                self._opened = Opened(folder, kind, state)
            return None if state.damaged else self._opened


def _hit(document: Document, ranked: Ranked, highlight: str = "") -> Hit:
    title = document.title or document.body[:40]
    return Hit(document.id, title, ranked.score, highlight, ranked.why, ranked.relevance)
