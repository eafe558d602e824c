"""The search log (检索日志): what was searched for and what came of it, and nothing of who searched.

An entry knows its hour, whether staff or a resident asked, and on which page. Its query comes in stripped of whatever
is personal (``api.nameless``). What is found here is a source of ``knowledge.gaps``.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from knowledge.gap_tables import SearchEntry

Role = Literal["staff", "public"]
Page = Literal["search", "ticket", "api"]
GOES_ON = timedelta(hours=3)
"""So long a search may be paged through, narrowed and come back to, and its hits be opened."""
_KEY = re.compile(r"([0-9]{10})-[A-Za-z0-9_-]{16}")


@dataclass(frozen=True, slots=True)
class Searched:
    """A search as it is handed in: ``hits`` found, the first article with its relevance (0 to 1)."""

    key: str
    role: Role
    page: Page
    query: str
    hits: int
    first: str = ""
    relevance: float = 0.0


@dataclass(frozen=True, slots=True)
class Opened:
    """An article that was opened from the results of a search."""

    key: str
    number: str


def new_key(now: datetime) -> str:
    """A key for a search of this moment: its hour (UTC) and chance."""
    return f"{now.astimezone(UTC):%Y%m%d%H}-{secrets.token_urlsafe(12)}"


def hour_of(key: str) -> datetime | None:
    """The hour of a key; None for what is none."""
    found = _KEY.fullmatch(key)
    try:
        return datetime.strptime(found[1], "%Y%m%d%H").replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def goes_on(key: str, now: datetime) -> bool:
    """Whether this is the key of a search that was made not long ago."""
    hour = hour_of(key)
    return hour is not None and timedelta(0) <= now - hour < GOES_ON + timedelta(hours=1)


def keep(session: Session, searched: Searched) -> None:
    """Write a search down; one that is written down already stays as it is."""
    hour = hour_of(searched.key)
    if hour is None or not searched.query or session.get(SearchEntry, searched.key) is not None:
        return
    session.add(
        SearchEntry(
            key=searched.key,
            at=hour,
            role=searched.role,
            page=searched.page,
            query=searched.query,
            hits=searched.hits,
            first=searched.first,
            relevance=searched.relevance,
            opened="",
        )
    )
    session.flush()


def open_hit(session: Session, opened: Opened) -> None:
    """Write down which article was opened; the first that was stays."""
    wanted = SearchEntry.key == opened.key, SearchEntry.opened == ""
    session.execute(update(SearchEntry).where(*wanted).values(opened=opened.number))


def count(session: Session, *, since: datetime) -> int:
    """How many searches of residents were written down in the hours since."""
    wanted = select(func.count()).where(SearchEntry.at >= since, SearchEntry.role == "public")
    return session.scalar(wanted) or 0


def since(session: Session, at: datetime, *, limit: int) -> Iterator[SearchEntry]:
    """The newest searches since, at most ``limit``."""
    wanted = select(SearchEntry).where(SearchEntry.at >= at).order_by(SearchEntry.key.desc()).limit(limit)
    return iter(session.scalars(wanted.execution_options(yield_per=1_000)))


def forget(session: Session, *, before: datetime) -> int:
    """Delete the searches of hours before. Return how many."""
    done = session.execute(delete(SearchEntry).where(SearchEntry.at < before))
    return int(getattr(done, "rowcount", 0))
