"""One generation of a Whoosh index as the searches see it: documents, posting lists, filters, first-stage scores.

Whoosh's own searcher parses, builds a tree of matchers and scores in pure Python; a query of thirty terms took
it 40 to 90 ms on 3,000 replies. Reading its posting lists and adding them up in numpy takes 2 to 5 ms.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from knowledge.features import Term, View
from knowledge.index import Document, Filters

STATE = "\x00state"
"""Id of the document that holds the cursor; no article can have it."""

KINDS = ("words", "grams")
BOOSTS = {"title": 2.5, "questions": 2.0, "keywords": 1.5, "body": 1.0}
LENGTH_SHARE = {"title": 0.3, "questions": 0.3, "keywords": 0.0, "body": 0.75}
"""BM25F's b: how far a long field weakens its terms. Many similar questions are no fault of an article."""
K1 = 1.2
MOST_KNOWN = 10_000
"""So many terms of a kind are kept in memory with their postings."""

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

    def __init__(self, reader: Any, key: tuple[str, int]) -> None:
        self.key = key
        self._reader = reader
        # Whoosh seeks in files that all matchers of a reader share, so posting lists are read by one thread at a time.
        self._reading = threading.Lock()
        self.documents: dict[int, Document] = {}
        self.cursor = 0
        self.tokeniser = ""
        self._size: int = reader.doc_count_all()
        lengths = np.zeros((self._size, len(KINDS) * len(BOOSTS)))
        for number, stored in reader.iter_docs():
            if stored["id"] == STATE:
                self.cursor, self.tokeniser = stored["raw"]["cursor"], stored["raw"]["tokeniser"]
                continue
            self.documents[number] = to_document(stored["raw"])
            lengths[number] = stored["raw"]["lengths"]
        self._norms = _norms(lengths)
        self.rarest = _idf(0, len(self.documents))
        # A field that no article has (an imported collection without similar questions) is not looked into.
        per_field = lengths.reshape(-1, len(BOOSTS), len(KINDS)).sum(axis=(0, 2))
        self._boosts = {field: boost for (field, boost), size in zip(BOOSTS.items(), per_field, strict=True) if size}
        self._nowhere = Postings(np.zeros(0, np.int64), np.zeros(0), self.rarest)
        self._known: dict[str, dict[str, Postings]] = {kind: {} for kind in KINDS}
        # Of the documents, not of this object: it would hold itself in memory when another has taken its place.
        self.mask = lru_cache(maxsize=64)(partial(_mask, self.documents, self._size))
        self.view = lru_cache(maxsize=8_000)(partial(_view, self.documents))

    def close(self) -> None:
        with self._reading:
            self._reader.close()

    def postings(self, kind: str, terms: Iterable[str]) -> list[Postings]:
        """Where each of the terms occurs."""
        known = self._known[kind]
        return [known.get(term) or self._look_up(kind, term) for term in terms]

    def idf(self, kind: str, terms: Sequence[str]) -> list[float]:
        """Inverse document frequency of each term; a term that no document has counts as the rarest."""
        return [each.idf for each in self.postings(kind, terms)]

    def scores(self, kind: str, terms: Sequence[Term]) -> Floats:
        """BM25F of every document for the terms, each counted with its weight in the query."""
        found = self.postings(kind, [term.text for term in terms])
        weighed = [(term.weight, each) for term, each in zip(terms, found, strict=True) if len(each.documents)]
        if not weighed:
            return np.zeros(self._size)
        weights = np.repeat([weight for weight, _ in weighed], [len(found.documents) for _, found in weighed])
        scores = weights * np.concatenate([found.scores for _, found in weighed])
        numbers = np.concatenate([found.documents for _, found in weighed])
        return np.bincount(numbers, scores, self._size).astype(np.float64, copy=False)

    def _look_up(self, kind: str, term: str) -> Postings:
        """Read what is not known yet; the term known longest makes room."""
        known = self._known[kind]
        with self._reading:
            found = self._postings(kind, term)
            if len(known) >= MOST_KNOWN:
                del known[next(iter(known))]
            known[term] = found
        return found

    def _postings(self, kind: str, term: str) -> Postings:
        numbers: list[int] = []
        weights: list[Floats] = []
        for field, boost in self._boosts.items():
            found, counts = self._read(f"{field}_{kind}", term)
            if found:
                numbers += found
                weights.append(boost * np.array(counts) / self._norms[f"{field}_{kind}"][found])
        if not numbers:
            return self._nowhere
        ids, position = np.unique(np.array(numbers, np.int64), return_inverse=True)
        summed = np.bincount(position, np.concatenate(weights)).astype(np.float64)
        idf = _idf(len(ids), len(self.documents))
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


def to_stored(document: Document, lengths: Sequence[int]) -> dict[str, Any]:
    """The document as plain values, with its field lengths exact (Whoosh rounds the ones it keeps)."""
    return {
        "id": document.id,
        "title": document.title,
        "body": document.body,
        "questions": list(document.questions),
        "keywords": list(document.keywords),
        "facets": [document.category, document.unit, document.street, document.audience],
        "valid": [day.isoformat() if day else "" for day in (document.valid_from, document.valid_until)],
        "lengths": list(lengths),
    }


def to_document(raw: dict[str, Any]) -> Document:
    """The way back from ``to_stored``."""
    category, unit, street, audience = raw["facets"]
    first, last = (date.fromisoformat(day) if day else None for day in raw["valid"])
    return Document(
        id=raw["id"],
        title=raw["title"],
        body=raw["body"],
        questions=tuple(raw["questions"]),
        keywords=tuple(raw["keywords"]),
        category=category,
        unit=unit,
        street=street,
        audience=audience,
        valid_from=first,
        valid_until=last,
    )


def _idf(frequency: int, documents: int) -> float:
    return float(np.log(1 + (documents - frequency + 0.5) / (frequency + 0.5)))


def _norms(lengths: Floats) -> dict[str, Floats]:
    norms = {}
    columns = [(field, kind) for field in BOOSTS for kind in KINDS]
    for column, (field, kind) in enumerate(columns):
        values = lengths[:, column]
        mean = values[values > 0].mean() if (values > 0).any() else 1.0
        share = LENGTH_SHARE[field]
        norms[f"{field}_{kind}"] = 1 - share + share * values / mean
    return norms
