"""Search in the database for articles that no index holds: by the pieces of words that they contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from heapq import nsmallest

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from district.synonyms import plain
from knowledge import articles
from knowledge.tables import Article, ArticleVersion

LEAST = 0.5
"""Share of the query's pieces that an article has to contain."""
_RUN = re.compile(r"[a-z0-9]+|[\u3400-\u9fff\U00020000-\U0003134f]+")


def _written(status: str) -> Callable[[date], ColumnElement[bool]]:
    return lambda _on: Article.id.in_(select(ArticleVersion.article_id).where(ArticleVersion.status == status))


STANDING: Mapping[str, Callable[[date], ColumnElement[bool]]] = {
    "有效": lambda on: and_(*articles.in_use(on)),
    "已发布": lambda _on: Article.status == "published",
    "未生效": lambda on: and_(Article.status == "published", Article.valid_from > on),
    "待复核": lambda _on: and_(Article.status == "published", Article.review_asked_at.is_not(None)),
    "待审": _written("review"),
    "待发布": _written("approved"),
    "草稿": lambda _on: Article.status == "draft",
    "已过期": lambda on: or_(
        Article.status == "expired", and_(Article.status == "published", Article.valid_until < on)
    ),
    "已撤下": lambda _on: Article.status == "withdrawn",
}
"""Which articles have a state of ``fields.STATES`` on a day."""
IN_INDEX = frozenset({"有效", "已发布"})
"""States of which an index holds every article."""


def best(session: Session, query: Select[Article], words: str, *, limit: int) -> list[tuple[Article, float]]:
    """Those of the query's articles that contain the most of the words, and how much (0 … 1); by number if alike."""
    wanted = pieces(words)
    if not wanted:
        return []
    columns = (Article.question, Article.similar, Article.keywords, Article.short_answer, Article.body)
    rows = session.execute(query.with_only_columns(Article.id, Article.number, *columns).order_by(None))
    found = []
    for key, number, question, similar, keywords, short, body in rows.yield_per(200):
        told = plain("\n".join((number, question, *similar, *keywords, short, body)))
        share = sum(piece in told for piece in wanted) / len(wanted)
        if share >= LEAST:
            found.append((-share, number, key))
    first = nsmallest(limit, found)
    there = {
        each.id: each for each in session.scalars(select(Article).where(Article.id.in_([row[2] for row in first])))
    }
    return [(there[key], -share) for share, _, key in first]


def pieces(words: str) -> frozenset[str]:
    """Each two neighbouring characters, and whole words of letters and figures."""
    found: set[str] = set()
    for run in _RUN.findall(plain(words)):
        if run.isascii() or len(run) < 2:
            found.add(run)
        else:
            found |= {run[at : at + 2] for at in range(len(run) - 1)}
    return frozenset(found)
