"""Writing versions down: a new one beside the text that is out, and the moment one takes its place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from knowledge import attachments, content
from knowledge.attachments import Attached
from knowledge.tables import Article, ArticleVersion
from storage.database import new_id

OPEN = ("draft", "review", "approved")
"""States of a version that is being written or waits to come out. An article has at most one such version."""
REVIEW_AFTER = timedelta(days=365)
"""What is out is looked at again after a year, unless whoever confirms it says when (our rule: GB/T 44191-2024 asks for
regular review and gives no interval)."""


def open_version(session: Session, article: Article) -> ArticleVersion | None:
    """The version being written, in review or waiting for its moment."""
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article.id, ArticleVersion.status.in_(OPEN))
    return session.scalar(wanted.order_by(ArticleVersion.version.desc()).limit(1))


def standing_version(session: Session, article: Article) -> ArticleVersion | None:
    """The version whose text the article's row holds."""
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return session.scalar(wanted.where(ArticleVersion.version == article.version))


def latest_version(session: Session, article: Article) -> ArticleVersion | None:
    """The version that was written last, whatever became of it."""
    wanted = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return session.scalar(wanted.order_by(ArticleVersion.version.desc()).limit(1))


def latest_number(session: Session, article: Article) -> int:
    """The highest number given to a version of the article; 0 before the first."""
    highest = select(func.max(ArticleVersion.version)).where(ArticleVersion.article_id == article.id)
    return session.scalar(highest) or 0


def begin(number: str, given: Mapping[str, Any], *, by: str, now: datetime) -> Article:
    """An article that never was out, without a version yet."""
    article = Article(
        id=new_id(), number=number, status="draft", version=1, created_at=now, updated_at=now, updated_by=by
    )
    content.fill(article, given)
    return article


def add_version(
    session: Session,
    article: Article,
    given: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    on_top: bool = True,
    files: Sequence[Attached] | None = None,
) -> ArticleVersion:
    """A new draft. What is out stays out; an article that was thrown away begins anew.

    ``on_top`` of the version that was open: that one is replaced, and its editors count as editors of this one. The
    article's row is in the database. ``files``: None for those of the version before.
    """
    before = open_version(session, article) if on_top else None
    editors = list(before.editors) if before is not None else []
    if article.status == "discarded":
        article.status = "draft"
    elif files is None:
        files = attachments.of(before or standing_version(session, article))
    if before is not None:
        before.status = "replaced"
    number = latest_number(session, article) + 1
    return _add(
        session, article, given, number, editors if by in editors else [*editors, by], files or (), by=by, now=now
    )


def add_first(
    session: Session,
    article: Article,
    given: Mapping[str, Any],
    *,
    by: str,
    now: datetime,
    files: Sequence[Attached] = (),
) -> ArticleVersion:
    """The first version of an article whose row is in the database."""
    return _add(session, article, given, 1, [by], files, by=by, now=now)


def _add(
    session: Session,
    article: Article,
    given: Mapping[str, Any],
    number: int,
    editors: list[str],
    files: Sequence[Attached],
    *,
    by: str,
    now: datetime,
) -> ArticleVersion:
    made = ArticleVersion(
        article_id=article.id,
        version=number,
        content=content.plain(given),
        status="draft",
        at=now,
        by=by,
        editors=editors,
    )
    attachments.put(made, files)
    session.add(made)
    if article.status == "draft":
        _show(article, made)
    return made


def _show(article: Article, version: ArticleVersion) -> None:
    content.fill(article, content.of_version(version.content))
    article.version = version.version
    article.updated_at, article.updated_by = version.at, version.by


def put_out(session: Session, article: Article, version: ArticleVersion, *, today: date, now: datetime) -> None:
    """The version is what the article says from now on; the one that was out is replaced."""
    standing = standing_version(session, article) if article.version != version.version else None
    if standing is not None and standing.status == "published":
        standing.status = "replaced"
    _show(article, version)
    version.status = article.status = "published"
    version.publish_at = None
    article.published_at = article.reviewed_at = now
    article.review_due = today + REVIEW_AFTER
    article.review_asked_at = article.reminded = None


def take_out(session: Session, article: Article, status: str, *, now: datetime) -> None:
    """The article answers no more: withdrawn, or expired."""
    standing = standing_version(session, article)
    if standing is not None:
        standing.status = status
    article.status = status
    article.updated_at = now
    article.review_asked_at = None
