"""What readers who do not know what to ask for are shown: what others opened most, and all there is by its category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge.articles import in_use
from knowledge.gap_tables import SearchEntry
from knowledge.tables import Article

LOOKED_AT = 5000
"""Searches, the latest, among which what was opened is counted."""


def opened_most(session: Session, on: date, *, since: datetime, limit: int) -> list[Article]:
    """The articles in force that were opened most since then, the most first; the latest ones where too few were."""
    recent = (
        select(SearchEntry.opened)
        .where(SearchEntry.at >= since, SearchEntry.opened != "")
        .order_by(SearchEntry.at.desc())
        .limit(LOOKED_AT)
    )
    counted = Counter(session.scalars(recent))
    numbers = [number for number, _ in counted.most_common(4 * limit)]
    usable = {
        each.number: each for each in session.scalars(select(Article).where(Article.number.in_(numbers), *in_use(on)))
    }
    found = [usable[number] for number in numbers if number in usable][:limit]
    if len(found) < limit:
        latest = (
            select(Article)
            .where(*in_use(on), Article.number.not_in([each.number for each in found]))
            .order_by(func.coalesce(Article.published_at, Article.updated_at).desc(), Article.number)
            .limit(limit - len(found))
        )
        found += session.scalars(latest)
    return found


def by_area(session: Session, on: date) -> list[tuple[str, int]]:
    """How many articles are in force of each first-level category (two digits), by code."""
    area = func.substr(Article.category, 1, 2)
    query = select(area, func.count()).where(*in_use(on), Article.category != "").group_by(area).order_by(area)
    return [(code, number) for code, number in session.execute(query)]


def of_area(session: Session, on: date, area: str, *, limit: int) -> Sequence[Article]:
    """The articles in force below a category, by its parts."""
    query = (
        select(Article)
        .where(*in_use(on), Article.category.startswith(area, autoescape=True))
        .order_by(Article.category, Article.number)
        .limit(limit)
    )
    return list(session.scalars(query))
