"""Articles: brought in, looked up, shown. Their life is in ``lifecycle``, their versions in ``versions``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from district.schemas import ArticleSource
from knowledge import acts, content, standing, writing
from knowledge.acts import Unattended, record
from knowledge.errors import ArticleNotFound
from knowledge.index import Document
from knowledge.standing import Change
from knowledge.tables import Article
from storage.database import is_id

TOPIC = acts.TOPIC
CONTENT = content.CONTENT


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of each text an import brought, by number."""

    changes: Mapping[str, Change]

    def count(self, change: Change) -> int:
        """How many became so."""
        return sum(each == change for each in self.changes.values())

    def counts(self) -> dict[str, int]:
        """How many became what, as the audit keeps it."""
        return {change: self.count(change) for change in get_args(Change)}


def import_sources(
    session: Session, sources: Iterable[ArticleSource], *, actor: str, now: datetime, publish_them: bool = False
) -> ImportReport:
    """Add articles, or bring those of the same number up to date; importing again changes nothing.

    New texts are drafts, and what is out stays out. A version in review or waiting for its moment stays as well: the
    text is refused. An article that was thrown away begins anew. ``publish_them`` is for what was reviewed before it
    came (a district's pack): it comes out at once, and a version under way stays open. A text that this actor brought
    before is not brought again over what editors have made of it since. Raises ``IntegrityError`` where another
    transaction brought one of them at the same moment.
    """
    brought = {source.id: content.of_source(source) for source in sources}
    there = standing.find(session, list(brought), actor=actor, hold=True)
    again = standing.thrown_away(session, [number for number in brought if number not in there])
    fresh = {
        number: again.get(number) or writing.begin(number, brought[number], by=actor, now=now)
        for number in brought
        if number not in there
    }
    session.add_all(fresh.values())
    session.flush()
    changes: dict[str, Change] = {}
    for number, given in brought.items():
        if number in fresh:
            article, changes[number] = fresh[number], "added"
            add = writing.add_version if number in again else writing.add_first
            made = add(session, article, given, by=actor, now=now)
        else:
            article, changes[number] = there[number].article, there[number].takes(given, reviewed=publish_them)
            if changes[number] != "changed":
                continue
            made = writing.add_version(session, article, given, by=actor, now=now, on_top=not publish_them)
        if publish_them:
            writing.put_out(session, article, made, today=now.date(), now=now)
        act = "published" if publish_them else "imported"
        record(session, article, made.version, act, actor=Unattended(actor, actor), now=now, audited=False)
    return ImportReport(changes)


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
