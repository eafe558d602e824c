"""Articles: brought in, looked up, shown. Their life is in ``lifecycle``, their versions in ``versions``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from district.schemas import ArticleSource
from knowledge import acts, content, writing
from knowledge.acts import Unattended, record
from knowledge.errors import ArticleNotFound
from knowledge.index import Document
from knowledge.tables import Article, ArticleVersion
from storage.database import is_id

TOPIC = acts.TOPIC
CONTENT = content.CONTENT


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

    New texts are drafts, and what is out stays out. ``publish_them`` is for what was reviewed before it came (a
    district's pack): it comes out at once, and a draft under way stays open. A text that this actor brought before is
    not brought again over what editors have made of it since.
    """
    brought = [(source.id, content.of_source(source)) for source in sources]
    there = {article.number: article for article in session.scalars(select(Article))}
    fresh: dict[str, Article] = {}
    for number, given in brought:
        if number not in there and number not in fresh:
            fresh[number] = writing.begin(number, given, by=actor, now=now)
    session.add_all(fresh.values())
    session.flush()
    added, updated = len(fresh), 0
    for number, given in brought:
        article = fresh.pop(number, None)
        if article is not None:
            there[number] = article
            made = writing.add_first(session, article, given, by=actor, now=now)
        elif _known(session, there[number], given, actor=actor, publish_them=publish_them):
            continue
        else:
            updated += 1
            article = there[number]
            made = writing.add_version(session, article, given, by=actor, now=now, on_top=not publish_them)
        if publish_them:
            writing.put_out(session, article, made, today=now.date(), now=now)
        act = "published" if publish_them else "imported"
        record(session, article, made.version, act, actor=Unattended(actor, actor), now=now, audited=False)
    return ImportReport(added, updated, len(brought) - added - updated)


def _known(session: Session, article: Article, given: Mapping[str, Any], *, actor: str, publish_them: bool) -> bool:
    """Whether this text is what the article says, or what is being written, or what this actor brought last."""
    if content.of_article(article) == given:
        return True
    if not publish_them:
        being_written = writing.open_version(session, article)
        if being_written is not None and content.of_version(being_written.content) == given:
            return True
    his = select(ArticleVersion).where(ArticleVersion.article_id == article.id, ArticleVersion.by == actor)
    last = session.scalar(his.order_by(ArticleVersion.version.desc()).limit(1))
    return last is not None and content.of_version(last.content) == given


def get(session: Session, key: str) -> Article:
    """The article by id or number. Raises ``ArticleNotFound``."""
    wanted = or_(Article.number == key, Article.id == key) if is_id(key) else Article.number == key
    article = session.scalar(select(Article).where(wanted))
    if article is None:
        raise ArticleNotFound(key)
    return article


def usable(article: Article, on: date) -> bool:
    """Whether the article may be used to answer that day: published and in force. Expired text never is."""
    return article.status == "published" and content.in_force(content.of_article(article), on)


def by_numbers(session: Session, numbers: Sequence[str]) -> dict[str, Article]:
    """Articles by their numbers."""
    return {each.number: each for each in session.scalars(select(Article).where(Article.number.in_(numbers)))}


def count(session: Session) -> int:
    """How many articles there are."""
    return session.scalar(select(func.count(Article.id))) or 0


def came_out(session: Session, on: date, *, limit: int) -> list[tuple[str, datetime]]:
    """Of what is out and in force on that day the number and the moment at which its version came out, by number."""
    moment = func.coalesce(Article.published_at, Article.updated_at)
    wanted = select(Article.number, moment).where(*in_use(on)).order_by(Article.number).limit(limit)
    return [(number, at) for number, at in session.execute(wanted)]


def in_use(on: date) -> tuple[ColumnElement[bool], ...]:
    """What ``usable`` says, for a query."""
    begun = or_(Article.valid_from.is_(None), Article.valid_from <= on)
    lasting = or_(Article.valid_until.is_(None), Article.valid_until >= on)
    return Article.status == "published", begun, lasting


def published(session: Session) -> list[Document]:
    """The published articles by number, as an index has them."""
    found = session.scalars(select(Article).where(Article.status == "published").order_by(Article.number))
    return [to_document(article) for article in found]


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
        street=article.street,
        audience=article.audience,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )
