"""The editors' list of articles: by state, category, unit and words, page by page."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session, aliased

from knowledge.reader import NEVER_OUT
from knowledge.tables import Article, ArticleVersion
from knowledge.writing import OPEN


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """What to list; empty is no limit. ``category`` finds what lies below it, ``text`` looks at number and question.

    ``state`` is one of an article (published, due, expired, withdrawn) or of the version being written (draft, review,
    approved): an article that is out and has a new draft is found by either. ``discarded`` finds articles whose last
    draft was thrown away; those that never were out are found by nothing else.
    """

    state: str = ""
    category: str = ""
    unit: str = ""
    text: str = ""


def page(
    session: Session,
    wanted: ArticleFilter,
    *,
    after: str = "",
    limit: int = 50,
    drafts_of: Collection[str] | None = None,
) -> tuple[Sequence[Article], str]:
    """Articles by number from the cursor ``after``, and the cursor of the next page (empty at the end).

    What never was out is listed of the units ``drafts_of`` alone, unless that is None (``ArticleReader.units``).
    """
    query = narrowed(select(Article).order_by(Article.number).limit(limit + 1), wanted, drafts_of)
    if after:
        query = query.where(Article.number > after)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else ""


def fitting(session: Session, wanted: ArticleFilter, numbers: Collection[str]) -> dict[str, Article]:
    """Those of these articles that the filter admits, by number."""
    query = narrowed(select(Article).where(Article.number.in_(numbers)), wanted)
    return {article.number: article for article in session.scalars(query)}


def narrowed(
    query: Select[Article], wanted: ArticleFilter, drafts_of: Collection[str] | None = None
) -> Select[Article]:
    """The query for articles, narrowed as ``page`` says."""
    if drafts_of is not None:
        own = Article.unit.in_(drafts_of)
        unfinished = wanted.state in (*OPEN, "discarded")
        query = query.where(own if unfinished else or_(Article.status.not_in(NEVER_OUT), own))
    if wanted.state in OPEN:
        written = select(ArticleVersion.article_id).where(ArticleVersion.status == wanted.state)
        query = query.where(Article.id.in_(written))
    elif wanted.state == "discarded":
        query = query.where(Article.id.in_(select(ArticleVersion.article_id).where(*_thrown_away_last())))
    elif wanted.state == "due":
        query = query.where(Article.status == "published", Article.review_asked_at.is_not(None))
    elif wanted.state:
        query = query.where(Article.status == wanted.state)
    else:
        query = query.where(Article.status != "discarded")
    if wanted.category:
        query = query.where(Article.category.startswith(wanted.category, autoescape=True))
    if wanted.unit:
        query = query.where(Article.unit == wanted.unit)
    if wanted.text.strip():
        words = wanted.text.strip()
        matches = (column.icontains(words, autoescape=True) for column in (Article.number, Article.question))
        query = query.where(or_(*matches))
    return query


def being_written(session: Session, articles: Iterable[Article]) -> Mapping[str, ArticleVersion]:
    """The open version of each article that has one, by the article's id."""
    keys = [article.id for article in articles]
    found = session.scalars(
        select(ArticleVersion).where(ArticleVersion.article_id.in_(keys), ArticleVersion.status.in_(OPEN))
    )
    return {version.article_id: version for version in found}


def thrown_away(session: Session, articles: Iterable[Article]) -> Mapping[str, ArticleVersion]:
    """The draft of each article that was thrown away last, by the article's id."""
    keys = [article.id for article in articles]
    found = session.scalars(select(ArticleVersion).where(ArticleVersion.article_id.in_(keys), *_thrown_away_last()))
    return {version.article_id: version for version in found}


def _thrown_away_last() -> tuple[ColumnElement[bool], ...]:
    later = aliased(ArticleVersion)
    written = exists().where(later.article_id == ArticleVersion.article_id, later.version > ArticleVersion.version)
    return ArticleVersion.status == "discarded", ~written
