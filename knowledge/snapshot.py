"""One generation of a Whoosh index as the searches see it: documents, posting lists, filters, first-stage scores.

Whoosh's own searcher parses, builds a tree of matchers and scores in pure Python; a query of thirty terms took
it 40 to 90 ms on 3,000 replies. Reading its posting lists and adding them up in numpy takes 2 to 5 ms.
"""

from __future__ import annotations

import pickle
import struct
import threading
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.asking import first_stage, inverse_frequency, most_candidates
from knowledge.engine import BOOSTS, K1, Stand, to_document
from knowledge.errors import IndexMissing
from knowledge.features import Candidate, Question, View
from knowledge.index import Document, Filters

with warnings.catch_warnings():
    # Whoosh 2.7.4 has unescaped regular expressions and `is` with literals, which warn on newer Pythons.
    warnings.filterwarnings("ignore", category=SyntaxWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    from whoosh import index as whoosh

STATE = "\x00state"
"""Id of the document that holds the cursor; no article can have it."""

LENGTH_SHARE = {"title": 0.3, "questions": 0.3, "keywords": 0.0, "body": 0.75}
"""BM25F's b: how far a long field weakens its terms. Many similar questions are no fault of an article."""
MOST_KNOWN = 10_000
"""So many terms are kept in memory with their postings."""
VIEWS = 8_000
"""So many articles are kept in memory as the second stage sees them."""

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

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Postings:
    """Where a term occurs: document numbers, its BM25F score there, and its inverse document frequency.

    A term that occurs nowhere counts as the rarest.
    """

    documents: Ints
    scores: Floats
    idf: float


class Snapshot:
    """A reader with all it needs in memory. Safe for several threads; never changes."""

    def __init__(self, index: Any, key: tuple[str, int]) -> None:
        self.key = key
        self.index = index
        """What newer states are looked for in."""
        self._reader = reader = index.reader()
        # Whoosh seeks in files that all matchers of a reader share, so posting lists are read by one thread at a time.
        self._reading = threading.Lock()
        self.damaged = False
        self.documents: dict[int, Document] = {}
        self.stand = Stand(0, "")
        self._numbers: int = reader.doc_count_all()
        lengths = np.zeros((self._numbers, len(BOOSTS)))
        for number, stored in reader.iter_docs():
            if stored["id"] == STATE:
                self.stand = Stand(stored["raw"]["cursor"], stored["raw"]["tokeniser"])
                continue
            self.documents[number] = to_document(stored["raw"])
            lengths[number] = stored["raw"]["lengths"]
        self.size = len(self.documents)
        self._norms = _norms(lengths)
        self.rarest = inverse_frequency(0, self.size)
        # A field that no article has (an imported collection without similar questions) is not looked into.
        per_field = lengths.sum(axis=0)
        self._boosts = {field: boost for (field, boost), size in zip(BOOSTS.items(), per_field, strict=True) if size}
        self._nowhere = Postings(np.zeros(0, np.int64), np.zeros(0), self.rarest)
        self._known: OrderedDict[str, Postings] = OrderedDict()  # a dict finds its first key slower with each one gone
        # Of the documents, not of this object: it would hold itself in memory when another has taken its place.
        self.mask = lru_cache(maxsize=64)(partial(_mask, self.documents, self._numbers))
        self.view = lru_cache(maxsize=VIEWS)(partial(_view, self.documents))

    def warm(self) -> None:
        """Make the views, which are most of what a first question waits for."""
        for number in list(self.documents)[:VIEWS]:
            self.view(number)

    def close(self) -> None:
        with self._reading:
            self._reader.close()

    def idf(self, grams: Sequence[str]) -> list[float]:
        """Inverse document frequency of each gram."""
        return [found.idf for found in self.postings(grams)]

    def ask(self, question: Question, *, compared: Sequence[Question] = ()) -> Scored:  # noqa: ARG002
        """First stage: BM25F over grams. The views are whole."""
        return Scored(self, self.scores(first_stage(self, question)), most_candidates(question))

    def postings(self, grams: Iterable[str]) -> list[Postings]:
        """Where each of the grams occurs."""
        return [self._known.get(gram) or self._look_up(gram) for gram in grams]

    def scores(self, weights: Mapping[str, float]) -> Floats:
        """BM25F of every document for the grams, each counted with its weight in the query."""
        found = self.postings(weights)
        weighed = [(weight, each) for weight, each in zip(weights.values(), found, strict=True) if len(each.documents)]
        if not weighed:
            return np.zeros(self._numbers)
        factors = np.repeat([weight for weight, _ in weighed], [len(found.documents) for _, found in weighed])
        scores = factors * np.concatenate([found.scores for _, found in weighed])
        numbers = np.concatenate([found.documents for _, found in weighed])
        return np.bincount(numbers, scores, self._numbers).astype(np.float64, copy=False)

    def _look_up(self, term: str) -> Postings:
        """Read what is not known yet; the term known longest makes room."""
        known = self._known
        with self._reading:
            try:
                found = self._postings(term)
            except UNREADABLE as fault:
                self.damaged = True
                raise IndexMissing(self.key[0]) from fault
            if len(known) >= MOST_KNOWN:
                known.popitem(last=False)
            known[term] = found
        return found

    def _postings(self, term: str) -> Postings:
        numbers: list[int] = []
        weights: list[Floats] = []
        for field, boost in self._boosts.items():
            found, counts = self._read(field, term)
            if found:
                numbers += found
                weights.append(boost * np.array(counts) / self._norms[field][found])
        if not numbers:
            return self._nowhere
        ids, position = np.unique(np.array(numbers, np.int64), return_inverse=True)
        summed = np.bincount(position, np.concatenate(weights)).astype(np.float64)
        idf = inverse_frequency(len(ids), self.size)
        return Postings(ids, idf * summed * (K1 + 1) / (K1 + summed), idf)

    def _read(self, field: str, term: str) -> tuple[list[int], list[float]]:
        if (field, term) not in self._reader:
            return [], []
        matcher = self._reader.postings(field, term)
        numbers, counts = [], []
        while matcher.is_active():
            numbers.append(matcher.id())
            counts.append(matcher.weight())
            matcher.next()
        return numbers, counts


@dataclass(frozen=True, slots=True)
class Scored:
    """First-stage scores of every document for one question."""

    snapshot: Snapshot
    scores: Floats
    most: int

    def document(self, key: int) -> Document:
        """The document of a candidate."""
        return self.snapshot.documents[key]

    def candidates(self, filters: Filters) -> list[Candidate]:
        """The best that pass the filters."""
        scores = self.scores
        if filters != Filters():
            scores = np.where(self.snapshot.mask(filters), scores, 0.0)
        count = min(self.most, int((scores > 0).sum()))
        if not count:
            return []
        best = np.argpartition(-scores, count - 1)[:count]
        order = best[np.lexsort((best, -scores[best]))]
        pairs = zip(order.tolist(), scores[order].tolist(), strict=True)
        return [Candidate(number, score, self.snapshot.view(number)) for number, score in pairs]


def _mask(documents: Mapping[int, Document], size: int, filters: Filters) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    for number, document in documents.items():
        mask[number] = admits(filters, document)
    return mask


def _view(documents: Mapping[int, Document], number: int) -> View:
    return View.of(documents[number])


def admits(filters: Filters, document: Document) -> bool:
    """Whether the document passes the filters."""
    return (
        document.category.startswith(filters.category)
        and (not filters.unit or document.unit == filters.unit)
        and (not filters.street or document.street in ("", filters.street))
        and (not filters.audience or document.audience in ("", filters.audience))
        and (filters.on is None or in_force(document, filters.on))
    )


def in_force(document: Document, on: date) -> bool:
    """Whether the document is valid that day; first and last day included."""
    begun = document.valid_from is None or document.valid_from <= on
    return begun and (document.valid_until is None or on <= document.valid_until)


def _norms(lengths: Floats) -> dict[str, Floats]:
    norms = {}
    for column, field in enumerate(BOOSTS):
        values = lengths[:, column]
        mean = values[values > 0].mean() if (values > 0).any() else 1.0
        share = LENGTH_SHARE[field]
        norms[field] = 1 - share + share * values / mean
    return norms
