"""Articles, their versions and acts as JSON: the interface and the commands say the same."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy.orm import Session

from api import article_attachments
from district.pack import District
from district.schemas import ARTICLE_NUMBER, ArticleSource
from knowledge import acts, articles, attachments, content, discarding, feedback, lifecycle, versions, writing
from knowledge.acts import Acting
from knowledge.reader import ArticleReader
from knowledge.tables import Article, ArticleAct, ArticleFeedback, ArticleVersion


class ArticleText(ArticleSource):
    """What an article says, whole; ``id`` is its number, empty for a new one that gets the next free number."""

    id: str = Field("", max_length=64, pattern=f"^$|{ARTICLE_NUMBER}", description="编号，至少含一个数字")
    question: str = Field(min_length=2, max_length=content.QUESTION)
    audience: str = Field("", max_length=content.AUDIENCE)
    body: str = Field("", max_length=content.BODY, description="Markdown")

    def numbered(self, number: str) -> ArticleText:
        """The same text under this number."""
        return self.model_copy(update={"id": number})


def brief(article: Article) -> dict[str, Any]:
    """An article in a list."""
    return {
        "id": article.number,
        "question": article.question,
        "short_answer": article.short_answer,
        "category": article.category,
        "unit": article.unit,
        "street": article.street,
        "status": article.status,
        "state": article.state,
        "state_label": lifecycle.STATES[article.state],
        "version": article.version,
        "valid_from": article.valid_from,
        "valid_until": article.valid_until,
        "review_due": article.review_due,
    }


def whole(session: Session, district: District, article: Article, actor: Acting, *, on: date) -> dict[str, Any]:
    """One article: the text that is out, its state, the version being written if the actor may read it, and what he may
    do.
    """
    being_written = ArticleReader(district, actor).being_written(session, article)
    acts_now = {*lifecycle.open_to(district, actor, article, being_written)}
    if may_restore(session, district, article, actor, on=on):
        acts_now.add("restore")
    return (
        brief(article)
        | content.of_article(article)
        | {
            "usable": articles.usable(article, on),
            "published_at": article.published_at,
            "reviewed_at": article.reviewed_at,
            "being_written": version_json(being_written) if being_written is not None else None,
            "attachments": files_json(writing.standing_version(session, article)),
            "acts": sorted(acts_now),
            "feedback": feedback.counts(session, article),
        }
    )


def may_restore(session: Session, district: District, article: Article, actor: Acting, *, on: date) -> bool:
    """Whether the actor may take back a draft that was thrown away."""
    allowed = lifecycle.may(district, actor, "restore", article.unit)
    return allowed and discarding.restorable(session, district, article, on=on) is not None


def files_json(version: ArticleVersion | None) -> list[dict[str, Any]]:
    """The files of a version in their order."""
    return [article_attachments.as_json(each) for each in attachments.of(version)]


def version_json(version: ArticleVersion) -> dict[str, Any]:
    """A version without its text."""
    return {
        "version": version.version,
        "status": version.status,
        "status_label": lifecycle.STATES[version.status],
        "at": version.at,
        "by": version.by,
        "publish_at": version.publish_at,
        "discarded_at": version.discarded_at,
    }


def version_whole(version: ArticleVersion) -> dict[str, Any]:
    """A version with its whole text and its files."""
    return version_json(version) | content.of_version(version.content) | {"attachments": files_json(version)}


def act_json(act: ArticleAct) -> dict[str, Any]:
    """What was done to an article."""
    return {
        "act": act.act,
        "label": acts.LABELS.get(act.act, act.act),
        "version": act.version,
        "at": act.at,
        "by": act.by,
        "by_name": act.by_name,
        "role": act.role,
        "reason": act.reason,
    }


def difference_json(before: ArticleVersion, after: ArticleVersion) -> dict[str, Any]:
    """How two versions differ, field by field; ``html`` is escaped and knows <ins> and <del> only."""
    fields = [
        {
            "field": each.field,
            "label": each.label,
            "pieces": [{"kind": piece.kind, "text": piece.text} for piece in each.pieces],
            "html": each.html,
        }
        for each in versions.differences(before, after)
    ]
    return {"from": before.version, "to": after.version, "fields": fields}


def feedback_json(said: ArticleFeedback, article: Article) -> dict[str, Any]:
    """One reader's word on an article."""
    return {
        "id": said.id,
        "article": article.number,
        "question": article.question,
        "version": said.version,
        "kind": said.kind,
        "source": said.source,
        "ticket": said.ticket,
        "at": said.at,
        "outcome": said.outcome,
    }
