"""Two people wrote at one article: what the other saved since, and what saving one's own text would make of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from knowledge import versions
from knowledge.errors import VersionNotFound
from knowledge.tables import Article, ArticleVersion
from knowledge.versions import Difference

_WRITING = frozenset({"created", "edited", "attached", "imported", "restored", "discarded"})


@dataclass(frozen=True, slots=True)
class Conflict:
    """``latest`` is the version on which the text can be saved instead. ``base``: the one it was written on, 0 unknown.

    ``since``: what changed from there to the latest; ``own``: what the text would change in the latest, None while it
    does not fit.
    """

    base: int
    latest: int
    by: str
    at: datetime | None
    since: Sequence[Difference]
    own: Sequence[Difference] | None


def found(
    session: Session, article: Article, latest: ArticleVersion, base: str, typed: Mapping[str, Any] | None
) -> Conflict:
    """What stands between a text that was written on ``base`` and the latest version."""
    before = _version(session, article, base)
    last = next((act for act in versions.history(session, article.id) if act.act in _WRITING), None)
    return Conflict(
        before.version if before is not None else 0,
        latest.version,
        last.by_name if last is not None else "",
        last.at if last is not None else None,
        versions.differences(before, latest) if before is not None else (),
        versions.compare(latest.content, typed) if typed is not None else None,
    )


def _version(session: Session, article: Article, number: str) -> ArticleVersion | None:
    try:
        return versions.one(session, article.id, int(number)) if number else None
    except VersionNotFound:
        return None
