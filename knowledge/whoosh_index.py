"""``WhooshIndex``: the embedded engine, for a desk's few thousand articles.

Whoosh keeps the documents and posting lists on disk and commits them atomically; reading and adding up is ours
(``snapshot``), the final order is the second stage's (``ranking``), the same for every engine.
"""

from __future__ import annotations

import math
import pickle
import struct
import threading
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge import highlights
from knowledge.analysis import Analyzer, Terms, fold, is_bigram
from knowledge.errors import IndexMissing
from knowledge.features import Candidate, Question, Term
from knowledge.generations import Generations
from knowledge.index import Document, Filters, Hit
from knowledge.ranking import Comparison, Ranked, Ranking
from knowledge.snapshot import BOOSTS, KINDS, STATE, Floats, Snapshot, to_stored
from knowledge.synonyms import Widen, nothing_more, widened

with warnings.catch_warnings():
    # Whoosh 2.7.4 has unescaped regular expressions and `is` with literals, which warn on newer Pythons.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from whoosh import fields, formats
    from whoosh import index as whoosh
    from whoosh.codec import whoosh3  # noqa: F401  Whoosh imports it at the first write or read, and would warn there

CANDIDATES = 60
"""How many first-stage hits the second stage looks at; half as many for a long text, whose first hits are surer."""
LONG_TEXT = 200
LONGEST = 4_000
"""Characters of a query that are looked at; a resident's letter is shorter."""
MAX_GRAMS = 48
MAX_WORDS = 24
MOST_WEIGHED = 160
"""So many terms of a long text are looked up at all: the repeated ones, then the first."""
LONG_QUERY = 40
"""From so many different bigrams on, single characters add noise and no recall."""
WORD_SHARE = 0.5
"""Weight of the word score beside the gram score."""
COMMON = 0.3
"""Terms of a lower idf stand in three articles of four; they are asked for only when there are no others."""
UNREADABLE = (
    whoosh.IndexError,
    pickle.UnpicklingError,
    struct.error,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What Whoosh raises on files that are missing, cut short or not its own."""


class CountedTerms(fields.FieldType):  # type: ignore[misc]
    """A field whose value is its terms already counted, so that Whoosh analyses nothing."""

    def __init__(self) -> None:
        super().__init__(formats.Frequency(), None, scorable=False)

    def index(self, value: Counter[str], **_: Any) -> Iterator[tuple[bytes, int, float, bytes]]:
        for term, count in value.items():
            yield term.encode(), count, float(count), struct.pack("!I", count)


def _schema() -> Any:
    texts = {f"{field}_{kind}": CountedTerms() for field in BOOSTS for kind in KINDS}
    return fields.Schema(id=fields.ID(unique=True, stored=True), raw=fields.STORED, **texts)


@dataclass(frozen=True, slots=True)
class WhooshInquiry:
    """A query made ready on one state of the index."""

    snapshot: Snapshot
    question: Question
    scores: Floats
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
        candidates = _candidates(self.snapshot, self.question, self.scores, filters)
        ranked = self.comparison.rank(candidates, limit=limit, behind=behind)
        return [(self.snapshot.documents[one.key], one) for one in ranked]


class WhooshIndex:
    """The index in ``folder``. One object serves all threads; several processes may share the folder."""

    engine = "whoosh"

    def __init__(self, folder: Path, *, analyzer: Analyzer | None = None, ranking: Ranking | None = None) -> None:
        self._generations = Generations(folder)
        self._analyzer = analyzer or Analyzer(folder)
        self.ranking = ranking or Ranking.default()
        self.widen: Widen = nothing_more
        self._opening = threading.Lock()
        self._opened: tuple[Path, Any] | None = None
        self._snapshot: Snapshot | None = None

    def ready(self) -> bool:
        """Whether there is a readable index cut by the tokeniser in force."""
        snapshot = self._latest()
        return snapshot is not None and snapshot.tokeniser == self._analyzer.version

    def cursor(self) -> int:
        """Position in the change log up to which the index has followed; 0 when there is none."""
        snapshot = self._latest()
        return snapshot.cursor if snapshot else 0

    def size(self) -> int:
        """Number of documents; 0 when there is no index."""
        snapshot = self._latest()
        return len(snapshot.documents) if snapshot else 0

    def apply(self, changed: Iterable[Document], removed: Iterable[str], *, cursor: int) -> None:
        """Replace and remove documents, and move the cursor, in one commit. Raises ``IndexMissing``."""
        with self._generations.writing():
            if not self.ready():
                raise IndexMissing(str(self._generations.folder))
            if cursor <= self.cursor():
                return
            folder = self._generations.current()
            self._write(whoosh.open_dir(str(folder)), changed, removed, cursor)

    def rebuild(self, documents: Iterable[Document], *, cursor: int) -> None:
        """Build anew beside the old index, then switch. Searches go on in the old one meanwhile."""
        with self._generations.writing():
            folder = self._generations.begin()
            self._write(whoosh.create_in(str(folder), _schema()), documents, (), cursor)
            self._generations.switch(folder)

    def search(self, query: str, *, limit: int = 10, filters: Filters = Filters()) -> Sequence[Hit]:  # noqa: B008
        """The best articles first. Raises ``IndexMissing``."""
        inquiry = self.inquire([query])[0]
        marks = inquiry.question.marks()
        return [
            _hit(document, ranked, highlights.mark(document.body or document.title, marks))
            for document, ranked in inquiry.ranked(limit, filters)
        ]

    def inquire(self, queries: Sequence[str]) -> list[WhooshInquiry]:
        """The queries made ready for several searches. Raises ``IndexMissing``."""
        snapshot, ranking = self._open(), self.ranking
        # Step by step for all of them, because each step finds its data in the processor's cache then.
        cut = [(query, self._analyzer.terms(query)) for query in (query[:LONGEST] for query in queries)]
        asked = [(query, _question(snapshot, query, terms)) for query, terms in cut]
        further = [widened(question, self.widen(query), self._analyzer.terms, snapshot) for query, question in asked]
        questions = [ranking.prepare(question) for question in further]
        scores = [_scores(snapshot, question) for question in questions]
        return [
            WhooshInquiry(snapshot, question, score, ranking.comparison(question))
            for question, score in zip(questions, scores, strict=True)
        ]

    def question(self, text: str) -> Question:
        """The text with the terms that would be asked for, before learned weights. Raises ``IndexMissing``."""
        return _question(self._open(), text, self._analyzer.terms(text))

    def first_stage(self, question: Question) -> Sequence[tuple[str, Candidate]]:
        """Candidates in the order of their first-stage score, each with its article's id. Raises ``IndexMissing``."""
        snapshot = self._open()
        found = _candidates(snapshot, question, _scores(snapshot, question), Filters())
        return [(snapshot.documents[one.key].id, one) for one in found]

    def close(self) -> None:
        """Close the files. A closed index opens itself again when asked."""
        with self._opening:
            if self._snapshot is not None:
                self._snapshot.close()
            self._snapshot = self._opened = None

    def _open(self) -> Snapshot:
        snapshot = self._latest()
        if snapshot is None or snapshot.tokeniser != self._analyzer.version:
            raise IndexMissing(str(self._generations.folder))
        return snapshot

    def _latest(self) -> Snapshot | None:
        folder = self._generations.current()
        if folder is None:
            return None
        try:
            with self._opening:
                if self._opened is None or self._opened[0] != folder:
                    self._opened = (folder, whoosh.open_dir(str(folder)))
                index = self._opened[1]
                key = (folder.name, index.latest_generation())
                if self._snapshot is None or self._snapshot.key != key:
                    self._snapshot = Snapshot(index.reader(), key)
                return self._snapshot
        except UNREADABLE:
            return None  # the index is a disposable copy: what cannot be read counts as absent and is rebuilt

    def _write(self, index: Any, changed: Iterable[Document], removed: Iterable[str], cursor: int) -> None:
        writer = index.writer(limitmb=256)
        try:
            for document in changed:
                terms = self._terms(document)
                lengths = [sum(count.values()) for count in terms.values()]
                writer.update_document(id=document.id, raw=to_stored(document, lengths), **terms)
            for key in removed:
                writer.delete_by_term("id", key)
            # The cursor is a document of the same commit: whatever happens, it stands where the documents stand.
            writer.update_document(id=STATE, raw={"cursor": cursor, "tokeniser": self._analyzer.version})
        except BaseException:
            writer.cancel()
            raise
        writer.commit()

    def _terms(self, document: Document) -> dict[str, Counter[str]]:
        texts = {
            "title": document.title,
            "questions": "\n".join(document.questions),
            "keywords": "\n".join(document.keywords),
            "body": document.body,
        }
        cut = {field: self._analyzer.terms(texts[field]) for field in BOOSTS}
        return {f"{field}_{kind}": Counter(getattr(cut[field], kind)) for field in BOOSTS for kind in KINDS}


def _question(snapshot: Snapshot, query: str, terms: Terms) -> Question:
    return Question(
        text=fold(query),
        grams=_choose(snapshot, "grams", _grams(terms), MAX_GRAMS),
        words=_choose(snapshot, "words", Counter(terms.words), MAX_WORDS),
    )


def _scores(snapshot: Snapshot, question: Question) -> Floats:
    """First stage: BM25F over grams, with words beside."""
    return snapshot.scores("grams", question.grams) + WORD_SHARE * snapshot.scores("words", question.words)


def _candidates(snapshot: Snapshot, question: Question, scores: Floats, filters: Filters) -> list[Candidate]:
    """The best of the first stage that pass the filters."""
    if filters != Filters():
        scores = np.where(snapshot.mask(filters), scores, 0.0)
    most = CANDIDATES if len(question.text) <= LONG_TEXT else CANDIDATES // 2
    count = min(most, int((scores > 0).sum()))
    if not count:
        return []
    best = np.argpartition(-scores, count - 1)[:count]
    order = best[np.lexsort((best, -scores[best]))]
    pairs = zip(order.tolist(), scores[order].tolist(), strict=True)
    return [Candidate(number, score, snapshot.view(number)) for number, score in pairs]


def _hit(document: Document, ranked: Ranked, highlight: str = "") -> Hit:
    title = document.title or document.body[:40]
    return Hit(document.id, title, ranked.score, highlight, ranked.why, ranked.relevance)


def _grams(terms: Terms) -> Counter[str]:
    counts = Counter(terms.grams)
    bigrams = Counter({gram: count for gram, count in counts.items() if is_bigram(gram)})
    return bigrams if len(bigrams) > LONG_QUERY else counts


def _choose(snapshot: Snapshot, kind: str, counts: Counter[str], most: int) -> tuple[Term, ...]:
    """The most informative terms: a resident's long text is asked for by what is rare in it and what it repeats.

    Common terms are left out unless nothing else would find anything, as among a desk's first three articles.
    """
    often = counts.most_common(MOST_WEIGHED)
    found = snapshot.postings(kind, [text for text, _ in often])
    terms = [(text, 1 + math.log(count), each.idf) for (text, count), each in zip(often, found, strict=True)]
    telling = [term for term in terms if term[2] >= COMMON]
    if not any(rarity < snapshot.rarest for _, _, rarity in telling):
        telling = terms
    telling.sort(key=lambda term: -term[2] * term[1])
    return tuple(map(Term._make, telling[:most]))
