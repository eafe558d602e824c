"""What triage gives: a Suggestion (智能研判) as values, and the candidates it is handed.

``Assessment.as_json`` is the stable JSON of ``yingsheng suggest``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

EntityKind = Literal[
    "address", "place", "organisation", "person", "phone", "id_number", "plate", "time", "money", "order_number"
]
UrgencyLevel = Literal["normal", "urgent", "emergency"]
Basis = Literal["directory", "history", "returns"]


@dataclass(frozen=True, slots=True)
class CategoryGuess:
    code: str
    path: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class RequestTypeGuess:
    value: str
    probability: float


@dataclass(frozen=True, slots=True)
class UnitGuess:
    """``basis`` is what speaks for the unit: a line of the directory, cases it answered, or that it answered those
    which another had given back. ``returns`` are cases like this one that it gave back.
    """

    code: str
    name: str
    probability: float
    directory_line: str = ""
    clause: str = ""
    basis: Basis = "directory"
    returns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Urgency:
    """``spans`` are start and end of the words in the text that the reasons name; what a title names has none."""

    level: UrgencyLevel
    reasons: tuple[str, ...] = ()
    advice: str = ""
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """A span of the text given; ``value`` is what it means (street and community of an address, digits of a phone).

    ``personal``: it tells who somebody is or where he lives, and is masked for whoever has no business with him.
    """

    kind: EntityKind
    text: str
    start: int
    end: int
    value: Mapping[str, Any] = field(default_factory=dict)
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Matter:
    """One separate matter in a text of several."""

    start: int
    end: int
    category: CategoryGuess


@dataclass(frozen=True, slots=True)
class Reason:
    """A span that spoke for the first category, with its weight in the classifier."""

    text: str
    weight: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ArticleCandidate:
    """An article found by knowledge search, handed in."""

    id: str
    title: str
    score: float


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case in hand that might be the same matter, handed in by casework."""

    case_id: str
    text: str
    category: str = ""
    street: str = ""
    opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SimilarCase:
    case_id: str
    score: float
    same_matter: bool


@dataclass(frozen=True, slots=True)
class PastGuess:
    """A past case that is like the text, with the unit that answered it; ``score`` is the cosine of their features."""

    case_id: str
    unit: str
    score: float


@dataclass(frozen=True, slots=True)
class Context:
    """What is known beside the text."""

    title: str = ""
    channel: str = ""
    at: datetime | None = None
    articles: Sequence[ArticleCandidate] = ()
    open_cases: Sequence[OpenCase] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """Everything triage says of one text. Probabilities are calibrated; lists are sorted, best first, at most three."""

    category: tuple[CategoryGuess, ...]
    request_type: RequestTypeGuess
    urgency: Urgency
    unit: tuple[UnitGuess, ...]
    co_units: tuple[UnitGuess, ...]
    matters: tuple[Matter, ...]
    missing: tuple[str, ...]
    entities: tuple[Entity, ...]
    similar_cases: tuple[SimilarCase, ...]
    articles: tuple[ArticleCandidate, ...]
    reasons: tuple[Reason, ...]
    decision: Literal["auto", "review"]
    why: str
    model: str
    took_ms: float
    street: str = ""
    community: str = ""
    past_cases: tuple[PastGuess, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The document of ``yingsheng suggest --json``."""
        return {name: _plain(getattr(self, name)) for name in _NAMES[Assessment]}


_PARTS = (
    Assessment,
    CategoryGuess,
    RequestTypeGuess,
    UnitGuess,
    Urgency,
    Entity,
    Matter,
    Reason,
    ArticleCandidate,
    SimilarCase,
    PastGuess,
)
_NAMES = {part: tuple(each.name for each in fields(part)) for part in _PARTS}


def _plain(value: Any) -> Any:
    """As ``dataclasses.asdict``, which looks the fields up anew for each object and takes five times as long."""
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    names = _NAMES.get(type(value))
    if names is not None:
        return {name: _plain(getattr(value, name)) for name in names}
    return dict(value) if isinstance(value, Mapping) else value
