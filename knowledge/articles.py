"""Articles and their life: imported, published, withdrawn; every change is a version and an entry in the change log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import nh3
from markdown_it import MarkdownIt
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from district.process import Role
from district.schemas import ArticleSource
from knowledge.errors import ArticleNotFound, ArticleStateRefused, PublishedByAuthor
from knowledge.index import Document
from knowledge.tables import Article, ArticleVersion
from storage import audit, change_log
from storage.database import is_id

TOPIC = "articles"
CONTENT = (
    "question",
    "similar",
    "category",
    "unit",
    "audience",
    "keywords",
    "materials",
    "steps",
    "fee",
    "basis",
    "short_answer",
    "body",
    "valid_from",
    "valid_until",
)
LISTS = frozenset({"similar", "keywords", "materials", "steps", "basis"})


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How many articles an import added, changed and found as they were."""

    added: int
    updated: int
    unchanged: int


def import_sources(
    session: Session, sources: Iterable[ArticleSource], *, actor: str, now: datetime, publish_them: bool = False
) -> ImportReport:
    """Add articles, or bring those of the same number up to date; importing again changes nothing.

    ``publish_them`` is for what was reviewed before it came (a district's pack); else new versions are drafts.
    """
    there = {article.number: article for article in session.scalars(select(Article))}
    added = updated = unchanged = 0
    for source in sources:
        content = _content(source)
        article = there.get(source.id)
        if article is None:
            article = Article(number=source.id, status="draft", version=1, created_at=now, updated_at=now)
            session.add(article)
            added += 1
        elif all(getattr(article, name) == content[name] for name in CONTENT):
            unchanged += 1
            continue
        else:
            article.version += 1
            updated += 1
        for name, value in content.items():
            setattr(article, name, value)
        article.status = "published" if publish_them else "draft"
        _keep(session, article, actor=actor, now=now, what="imported")
    return ImportReport(added, updated, unchanged)


def _content(source: ArticleSource) -> dict[str, Any]:
    given = source.model_dump(exclude={"id"})
    return {name: list(given[name]) if name in LISTS else given[name] for name in CONTENT}


def _keep(session: Session, article: Article, *, actor: str, now: datetime, what: str) -> None:
    """Write the version and tell the followers."""
    article.updated_at, article.updated_by = now, actor
    session.flush()
    content = {name: getattr(article, name) for name in CONTENT}
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in content.items()}
    existing = session.scalar(
        select(ArticleVersion).where(ArticleVersion.article_id == article.id, ArticleVersion.version == article.version)
    )
    if existing is None:
        session.add(
            ArticleVersion(
                article_id=article.id,
                version=article.version,
                content=plain,
                status=article.status,
                at=now,
                by=actor,
            )
        )
    else:
        existing.status = article.status
    change_log.record(session, TOPIC, article.id, what, now=now)


def get(session: Session, key: str) -> Article:
    """The article by id or number. Raises ``ArticleNotFound``."""
    wanted = or_(Article.number == key, Article.id == key) if is_id(key) else Article.number == key
    article = session.scalar(select(Article).where(wanted))
    if article is None:
        raise ArticleNotFound(key)
    return article


def publish(session: Session, key: str, *, actor: str, now: datetime) -> Article:
    """Publish a draft, or again what was withdrawn, by another than its author.

    Raises ``ArticleNotFound``, ``ArticleStateRefused``, ``PublishedByAuthor``.
    """
    article = get(session, key)
    if article.status == "published":
        raise ArticleStateRefused(article.number, article.status, "发布")
    if article.updated_by == actor:
        raise PublishedByAuthor(article.number, actor)
    _turn(session, article, "published", actor=actor, now=now)
    return article


def withdraw(session: Session, key: str, *, actor: str, now: datetime) -> Article:
    """Take a published article out of use. Raises ``ArticleNotFound``, ``ArticleStateRefused``."""
    article = get(session, key)
    if article.status != "published":
        raise ArticleStateRefused(article.number, article.status, "撤下")
    _turn(session, article, "withdrawn", actor=actor, now=now)
    return article


def _turn(session: Session, article: Article, status: str, *, actor: str, now: datetime) -> None:
    """Another state of the same version; its author stays, the audit says who turned it."""
    article.status = status
    audit.record(
        session,
        actor=actor,
        role=Role.KNOWLEDGE_EDITOR,
        act=f"article.{status}",
        subject="article",
        subject_id=article.id,
        now=now,
        details={"number": article.number, "version": article.version},
    )
    _keep(session, article, actor=article.updated_by, now=now, what=status)


def usable(article: Article, on: date) -> bool:
    """Whether the article may be used to answer that day: published and in force. Expired text never is."""
    begun = article.valid_from is None or article.valid_from <= on
    return article.status == "published" and begun and (article.valid_until is None or on <= article.valid_until)


def list_page(session: Session, *, after: str = "", limit: int = 50) -> tuple[Sequence[Article], str]:
    """Articles by number from the cursor ``after``, and the cursor of the next page (empty at the end)."""
    query = select(Article).order_by(Article.number).limit(limit + 1)
    if after:
        query = query.where(Article.number > after)
    rows = list(session.scalars(query))
    return rows[:limit], rows[limit - 1].number if len(rows) > limit else ""


def by_numbers(session: Session, numbers: Sequence[str]) -> dict[str, Article]:
    """Articles by their numbers."""
    return {each.number: each for each in session.scalars(select(Article).where(Article.number.in_(numbers)))}


def count(session: Session) -> int:
    """How many articles there are."""
    return session.scalar(select(func.count(Article.id))) or 0


def to_document(article: Article) -> Document:
    """The article as the search index sees it; its id there is the number people know."""
    return Document(
        id=article.number,
        title=article.question,
        body=f"{article.short_answer}\n{article.body}",
        questions=tuple(article.similar),
        keywords=tuple(article.keywords),
        category=article.category,
        unit=article.unit,
        audience=article.audience,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )


_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def render(markdown: str) -> str:
    """Markdown as HTML that is safe to put into a page: rendered, then sanitised."""
    return nh3.clean(_markdown.render(markdown))
