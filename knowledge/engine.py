"""What a search engine keeps on disk and gives back, below ``LocalIndex``, which is the same for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from knowledge.asking import Rarities
from knowledge.features import Candidate, Question
from knowledge.index import Document, Filters

BOOSTS = {"title": 2.5, "questions": 2.0, "keywords": 1.5, "body": 1.0}
"""What a term counts in each field."""
K1 = 1.2
"""BM25's k1: how soon a repeated term adds nothing."""


def texts(document: Document) -> dict[str, str]:
    """What is searched in, by the fields of ``BOOSTS``."""
    return {
        "title": document.title,
        "questions": "\n".join(document.questions),
        "keywords": "\n".join(document.keywords),
        "body": document.body,
    }


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an index stands: its place in the change log, and what its text was cut by."""

    cursor: int
    tokeniser: str


class Search(Protocol):
    """A question put to one state of an index. Not for several threads."""

    def candidates(self, filters: Filters) -> Sequence[Candidate]:
        """The best of the first stage that pass the filters, in its order. Raises ``IndexMissing``."""
        ...

    def document(self, key: int) -> Document:
        """The document of a candidate given before."""
        ...


class State(Rarities, Protocol):
    """One state of an index, which later writing does not change. Safe for several threads."""

    @property
    def stand(self) -> Stand: ...

    @property
    def size(self) -> int:
        """Number of documents."""
        ...

    @property
    def damaged(self) -> bool:
        """Whether reading it has failed."""
        ...

    def ask(self, question: Question, *, compared: Sequence[Question] = ()) -> Search:
        """Put the question to this state.

        ``compared`` are all the questions that what it finds will be compared with, if they are known: views need to
        hold no more then than these look for.
        """
        ...

    def warm(self) -> None:
        """Have as many articles ready in memory as are kept there. Raises ``IndexMissing``."""
        ...

    def close(self) -> None: ...


class Engine(Protocol):
    """Reads and writes the index of one folder."""

    @property
    def name(self) -> str: ...

    def open(self, folder: Path, known: State | None) -> State:
        """The newest state; ``known`` itself, a state of the same folder, where nothing was written since.

        Raises ``IndexMissing`` for what it cannot read.
        """
        ...

    def create(self, folder: Path, documents: Iterable[Document], stand: Stand) -> None:
        """Make an index in an empty folder."""
        ...

    def change(self, folder: Path, changed: Iterable[Document], removed: Iterable[str], stand: Stand) -> None:
        """Replace and remove documents, and say where the index stands now, in one commit. All or nothing."""
        ...


def to_stored(document: Document) -> dict[str, Any]:
    """The document as plain values."""
    return {
        "id": document.id,
        "title": document.title,
        "body": document.body,
        "questions": list(document.questions),
        "keywords": list(document.keywords),
        "facets": [document.category, document.unit, document.street, document.audience],
        "valid": [day.isoformat() if day else "" for day in (document.valid_from, document.valid_until)],
    }


def to_document(raw: Mapping[str, Any]) -> Document:
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
