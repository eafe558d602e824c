"""What readers say of articles (反馈): useful, wrong, outdated; and the editors' queue of what is to be looked at.

Nothing is kept of who said it. An agent may name the number of the ticket at which he noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from district.process import Role
from knowledge.acts import Acting
from knowledge.articles import get
from knowledge.errors import FeedbackNotFound, FeedbackResolved, RoleRefused
from knowledge.tables import Article, ArticleFeedback
from storage import audit, change_log
from storage.database import is_id

TOPIC = "article_feedback"
Kind = Literal["useful", "wrong", "outdated"]
Source = Literal["agent", "public"]
Outcome = Literal["fixed", "kept"]
LABELS: dict[Kind, str] = {"useful": "有用", "wrong": "有误", "outdated": "过时"}
OUTCOMES: dict[Outcome, str] = {"fixed": "已修改", "kept": "内容无误"}
COMPLAINTS: tuple[Kind, ...] = ("wrong", "outdated")
RESOLVES = Role.KNOWLEDGE_EDITOR
MAY_SEE = frozenset({RESOLVES, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})


def give(session: Session, key: str, kind: Kind, *, source: Source, now: datetime, ticket: str = "") -> ArticleFeedback:
    """Keep what a reader says of the text that is out. Raises ``ArticleNotFound``."""
    article = get(session, key)
    said = ArticleFeedback(
        article_id=article.id, version=article.version, kind=kind, source=source, ticket=ticket, at=now
    )
    session.add(said)
    session.flush()
    change_log.record(session, TOPIC, said.id, kind, now=now)
    return said


def _open() -> tuple[ColumnElement[bool], ...]:
    return ArticleFeedback.outcome == "", ArticleFeedback.kind.in_(COMPLAINTS)


def queue(
    session: Session, actor: Acting, *, after: str = "", limit: int = 50
) -> tuple[Sequence[tuple[ArticleFeedback, Article]], str]:
    """Open complaints with their articles, the oldest first, and the cursor of the next page.

    Raises ``RoleRefused``.
    """
    if actor.role not in MAY_SEE:
        raise RoleRefused("查看知识反馈", "知识管理员")
    wanted = select(ArticleFeedback, Article).join(Article, Article.id == ArticleFeedback.article_id).where(*_open())
    if is_id(after):
        wanted = wanted.where(ArticleFeedback.id > after)
    found = session.execute(wanted.order_by(ArticleFeedback.id).limit(limit + 1)).all()
    rows = [(row[0], row[1]) for row in found]
    return rows[:limit], rows[limit - 1][0].id if len(rows) > limit else ""


def count_open(session: Session) -> int:
    """How many complaints wait."""
    return session.scalar(select(func.count(ArticleFeedback.id)).where(*_open())) or 0


def resolve(session: Session, key: str, outcome: Outcome, *, actor: Acting, now: datetime) -> ArticleFeedback:
    """An editor has dealt with it. Raises ``RoleRefused``, ``FeedbackNotFound``, ``FeedbackResolved``."""
    if actor.role is not RESOLVES:
        raise RoleRefused("处理知识反馈", "知识管理员")
    said = session.get(ArticleFeedback, key, with_for_update=True) if is_id(key) else None
    if said is None:
        raise FeedbackNotFound(key)
    article = session.get_one(Article, said.article_id)
    if said.outcome or said.kind not in COMPLAINTS:
        raise FeedbackResolved(article.number)
    said.outcome, said.resolved_at, said.resolved_by = outcome, now, actor.id
    audit.record(
        session,
        actor=actor.id,
        role=actor.role,
        act="article.feedback",
        subject="article",
        subject_id=article.id,
        now=now,
        details={"number": article.number, "kind": said.kind, "outcome": outcome},
    )
    change_log.record(session, TOPIC, said.id, outcome, now=now)
    return said


def counts(session: Session, article: Article) -> dict[Kind, int]:
    """How often each was said of the article, over all its versions."""
    of_article = select(ArticleFeedback.kind, func.count(ArticleFeedback.id)).group_by(ArticleFeedback.kind)
    rows = session.execute(of_article.where(ArticleFeedback.article_id == article.id)).all()
    found = {row[0]: row[1] for row in rows}
    return {kind: found.get(kind, 0) for kind in LABELS}
