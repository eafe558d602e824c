"""Throwing a draft away (舍弃), and taking it back (取回) for some days. What is out is never touched by either.

A draft beside what is out goes alone. With one of what never was out the article goes: it is in no list any more, and
whoever brings its number again begins it anew.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from district.pack import District
from knowledge import writing
from knowledge.acts import Acting, record
from knowledge.errors import ArticleStateRefused, NothingToRestore
from knowledge.lifecycle import STATES, take, today
from knowledge.tables import Article, ArticleVersion

DAYS = 30
"""Days for which a draft that was thrown away can be taken back, the last one included."""


def discard(
    session: Session, district: District, key: str, *, actor: Acting, now: datetime, reason: str = ""
) -> ArticleVersion:
    """Throw the draft away; a reason may be given.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``, ``ArticleStateRefused`` where there is no draft, or
    one in review or waiting for its moment.
    """
    article = take(session, district, key, "discard", actor)
    version = writing.open_version(session, article)
    if version is None:
        raise ArticleStateRefused(article.number, STATES[article.state], "舍弃，没有正在编写的草稿")
    if version.status != "draft":
        raise ArticleStateRefused(article.number, STATES[version.status], "舍弃，请先退回")
    version.status, version.discarded_at = "discarded", now
    if article.status == "draft":
        article.status = "discarded"
    record(session, article, version.version, "discarded", actor=actor, now=now, reason=reason.strip())
    return version


def restorable(session: Session, district: District, article: Article, *, on: date) -> ArticleVersion | None:
    """The draft that can be taken back on that day: what was written last, thrown away at most ``DAYS`` ago."""
    last = writing.latest_version(session, article)
    if last is None or last.status != "discarded" or last.discarded_at is None:
        return None
    return last if on - today(district, last.discarded_at) <= timedelta(days=DAYS) else None


def restore(session: Session, district: District, key: str, *, actor: Acting, now: datetime) -> ArticleVersion:
    """Take the draft back as it was.

    Raises ``ArticleNotFound``, ``RoleRefused``, ``NotOwnUnit``, ``NothingToRestore``.
    """
    article = take(session, district, key, "restore", actor)
    version = restorable(session, district, article, on=today(district, now))
    if version is None:
        raise NothingToRestore(article.number, DAYS)
    version.status, version.discarded_at = "draft", None
    if article.status == "discarded":
        article.status = "draft"
    record(session, article, version.version, "restored", actor=actor, now=now)
    return version
