"""``SearchIndex``: what an index must do to serve the desk, whichever engine is below it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from knowledge.synonyms import Widen


@dataclass(frozen=True, slots=True)
class Document:
    """An article as the index sees it. ``questions`` are the similar questions, ``category`` a taxonomy code."""

    id: str
    title: str
    body: str
    questions: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    category: str = ""
    unit: str = ""
    street: str = ""
    audience: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """Narrow a search. ``on`` keeps only what is in force that day (first and last day included).

    A category finds what lies below it; an article without street or audience is for every street or audience.
    """

    category: str = ""
    unit: str = ""
    street: str = ""
    audience: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A found article. ``score`` is comparable within one answer only; ``highlights`` is HTML-escaped with <mark>,
    empty where nobody reads it.

    ``relevance`` is the share of the question that the article or one of its known questions covers, 0 … 1.
    """

    id: str
    title: str
    score: float
    highlights: str = ""
    why: dict[str, float] = field(default_factory=dict)
    relevance: float = 0.0


class Message(NamedTuple):
    """What somebody asks or tells: all of it, or a title and the text below it."""

    title: str
    text: str = ""


def parts(message: Message) -> list[str]:
    """What is asked for: the title or all there is, and beside a title the whole."""
    return [message.title, f"{message.title}。{message.text}"] if message.title and message.text else ["".join(message)]


class Inquiry(Protocol):
    """A message made ready once, to be searched for within several filters of one state of the index.

    Not for several threads, and not to be kept.
    """

    def best(self, *, limit: int = 10, filters: Filters = Filters(), behind: float = math.inf) -> Sequence[Hit]:
        """What ``SearchIndex.search`` finds and is no further ``behind`` the best in score, without highlights."""
        ...


class Changes(NamedTuple):
    """What to do to an index, and the position in the change log at which it stands then."""

    changed: Sequence[Document]
    removed: Sequence[str]
    cursor: int


Later = Callable[[int], Changes | None]
"""What changed after a position, at least the first of it; None: nothing."""


class SearchIndex(Protocol):
    """A local, disposable copy of the published articles, rebuilt from the database at will.

    ``cursor`` is the position in the change log up to which the index has followed; it is committed together
    with the documents, so a crash never leaves the two apart.
    """

    widen: Widen
    """What is looked for beside the words of a query."""

    @property
    def engine(self) -> str:
        """Name of the engine that serves; before there is an index, of the one that would."""
        ...

    def ready(self) -> bool:
        """Whether there is an index to search, cut by the tokeniser in force; if not, it has to be rebuilt."""
        ...

    def warm(self) -> None:
        """Have the articles ready in memory, so that the first questions wait no longer than later ones."""
        ...

    def outgrown(self) -> bool:
        """Whether another engine should serve it. Searches go on in the one there is until it is rebuilt."""
        ...

    def cursor(self) -> int: ...

    def apply(self, changed: Iterable[Document], removed: Iterable[str], *, cursor: int, since: int = 0) -> None:
        """Replace and remove documents, and move the cursor, in one commit. It does not wait for a rebuild.

        They are all that changed after ``since``. An index that already stands at ``cursor`` or beyond stays as it is:
        another process brought it there with newer documents. So does one that stands before ``since``: it was built
        anew meanwhile, and would miss what lies between.
        """
        ...

    def rebuild(
        self, documents: Iterable[Document], *, cursor: int, engine: str = "", later: Later | None = None
    ) -> None:
        """Build anew beside the old index, let the new one catch up with what ``later`` tells, then switch.

        A named ``engine`` stays until another is named; ``auto`` leaves it to the number of articles again.
        """
        ...

    def search(self, query: str, *, text: str = "", limit: int = 10, filters: Filters = Filters()) -> Sequence[Hit]:
        """The best articles first. ``query`` is plain text of any length, never a query language; ``text`` is what
        stands below it, where it is only a title.

        Raises ``IndexMissing`` when there is nothing to search in.
        """
        ...

    def inquire(self, messages: Sequence[Message]) -> Sequence[Inquiry]:
        """An inquiry for each message, all of one state of the index. Raises ``IndexMissing``."""
        ...

    def size(self) -> int:
        """Number of documents."""
        ...

    def close(self) -> None: ...
