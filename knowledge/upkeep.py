"""What time does to articles: the scheduled come out, the outdated expire, the old are looked at again, in that order.

Pure of the clock. Rows are taken with a lock and skipped where another process holds them, so what two processes do at
once is done by one of them. Nobody is told here: ``Upkeep.reminders`` says what there is to tell, each once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Literal

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from knowledge import writing
from knowledge.acts import SYSTEM, record
from knowledge.tables import Article, ArticleVersion

STEPS = (0, 7, 30)
"""Days before the last day in force at which the responsible unit is reminded."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """What the unit that answers for an article, and the editors, have to know.

    ``day`` is its last day in force; for ``due`` the day of its review.
    """

    kind: Literal["expiring", "expired", "due"]
    number: str
    question: str
    unit: str
    day: date
    days_left: int = 0


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Numbers of the articles that came out, and what is to be told of others."""

    published: tuple[str, ...]
    reminders: tuple[Reminder, ...]

    @property
    def count(self) -> int:
        """How much was done."""
        return len(self.published) + len(self.reminders)


def keep(session: Session, *, now: datetime, zone: tzinfo) -> Upkeep:
    """Do all that is due at ``now``; days are those of ``zone``. Doing it again at the same moment does nothing."""
    today = now.astimezone(zone).date()
    published = _publish(session, now=now, today=today)
    reminders = [
        *_expire(session, now=now, today=today),
        *_ask_for_review(session, now=now, today=today),
        *_remind(session, today=today),
    ]
    return Upkeep(tuple(published), tuple(reminders))


def _held(session: Session, *wanted: ColumnElement[bool]) -> Sequence[Article]:
    query = select(Article).where(*wanted).order_by(Article.number)
    return session.scalars(query.with_for_update(skip_locked=True).execution_options(populate_existing=True)).all()


def _publish(session: Session, *, now: datetime, today: date) -> list[str]:
    ripe = select(ArticleVersion.article_id).where(
        ArticleVersion.status == "approved", ArticleVersion.publish_at <= now
    )
    done = []
    for article in _held(session, Article.id.in_(ripe)):
        version = writing.open_version(session, article)
        if version is None or version.status != "approved" or version.publish_at is None or version.publish_at > now:
            continue  # somebody was quicker
        writing.put_out(session, article, version, today=today, now=now)
        record(session, article, version.version, "published", actor=SYSTEM, now=now)
        done.append(article.number)
    return done


def _expire(session: Session, *, now: datetime, today: date) -> list[Reminder]:
    found = []
    for article in _held(session, Article.status == "published", Article.valid_until < today):
        writing.take_out(session, article, "expired", now=now)
        record(session, article, article.version, "expired", actor=SYSTEM, now=now)
        found.append(_reminder("expired", article, article.valid_until or today))
    return found


def _ask_for_review(session: Session, *, now: datetime, today: date) -> list[Reminder]:
    found = []
    late = (Article.status == "published", Article.review_due <= today, Article.review_asked_at.is_(None))
    for article in _held(session, *late):
        article.review_asked_at = now
        record(session, article, article.version, "due", actor=SYSTEM, now=now)
        found.append(_reminder("due", article, article.review_due or today))
    return found


def _remind(session: Session, *, today: date) -> list[Reminder]:
    """The nearest step an article has reached and was not reminded of; steps that were missed are not made up for."""
    found = []
    last = date.fromordinal(today.toordinal() + STEPS[-1])
    reached = Article.valid_until.between(today, last)
    fresh = or_(Article.reminded.is_(None), Article.reminded > 0)
    for article in _held(session, Article.status == "published", reached, fresh):
        left = ((article.valid_until or today) - today).days
        step = next(each for each in STEPS if left <= each)
        if article.reminded is None or step < article.reminded:
            article.reminded = step
            found.append(_reminder("expiring", article, article.valid_until or today, left))
    return found


def _reminder(kind: Literal["expiring", "expired", "due"], article: Article, day: date, days_left: int = 0) -> Reminder:
    return Reminder(kind, article.number, article.question, article.unit, day, days_left)
