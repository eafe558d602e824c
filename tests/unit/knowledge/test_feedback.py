"""Readers' feedback: kept without a person, queued for the editors, dealt with once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from casework.actors import Actor
from district.schemas import ArticleSource, Role
from knowledge import articles, feedback
from knowledge.errors import ArticleNotFound, FeedbackNotFound, FeedbackResolved, RoleRefused
from knowledge.tables import ArticleFeedback
from storage.database import Database, new_id
from tests.unit.knowledge.people import EDITOR, EVERYBODY

Make = Callable[..., ArticleSource]
KEY = "KB-0001"


@pytest.fixture
def said(database: Database, source: Make, now: datetime) -> Callable[..., str]:
    """Says something of the article; gives the feedback's id."""
    with database.write.begin() as session:
        articles.import_sources(session, [source()], actor="pack", now=now, publish_them=True)

    def say(kind: feedback.Kind, source: feedback.Source = "agent", ticket: str = "") -> str:
        with database.write.begin() as session:
            return feedback.give(session, KEY, kind, source=source, now=now, ticket=ticket).id

    return say


def waiting(database: Database, actor: Actor = EDITOR) -> list[str]:
    with database.read() as session:
        rows, _ = feedback.queue(session, actor)
        assert all(article.number == KEY for _, article in rows)
        assert feedback.count_open(session) == len(rows)
        return [row.id for row, _ in rows]


def test_complaints_wait_for_an_editor_and_praise_is_only_counted(database: Database, said: Callable[..., str]) -> None:
    said("useful", "public")
    said("useful")
    wrong, outdated = said("wrong", ticket="20260324-0012"), said("outdated", "public")
    assert waiting(database) == [wrong, outdated]
    with database.read() as session:
        assert feedback.counts(session, articles.get(session, KEY)) == {"useful": 2, "wrong": 1, "outdated": 1}
        assert session.get_one(ArticleFeedback, wrong).ticket == "20260324-0012"


def test_nothing_is_kept_of_who_said_it() -> None:
    columns = {column.name for column in ArticleFeedback.__table__.columns}
    assert columns == {
        *("id", "article_id", "version", "kind", "source", "ticket", "at"),
        *("outcome", "resolved_at", "resolved_by"),
    }


def test_feedback_is_dealt_with_once(database: Database, said: Callable[..., str], now: datetime) -> None:
    key, praise = said("wrong"), said("useful")
    with database.write.begin() as session:
        feedback.resolve(session, key, "fixed", actor=EDITOR, now=now)
    assert waiting(database) == []
    for done in (key, praise):
        with pytest.raises(FeedbackResolved), database.write.begin() as session:
            feedback.resolve(session, done, "kept", actor=EDITOR, now=now)
    for unknown in (new_id(), "no-id"):
        with pytest.raises(FeedbackNotFound), database.write.begin() as session:
            feedback.resolve(session, unknown, "kept", actor=EDITOR, now=now)


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.id)
def test_who_sees_the_queue_and_who_works_on_it(
    database: Database, said: Callable[..., str], now: datetime, actor: Actor
) -> None:
    key = said("wrong")
    if actor.role in {Role.KNOWLEDGE_EDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}:
        assert waiting(database, actor) == [key]
    else:
        with pytest.raises(RoleRefused):
            waiting(database, actor)
    if actor is not EDITOR:
        with pytest.raises(RoleRefused), database.write.begin() as session:
            feedback.resolve(session, key, "fixed", actor=actor, now=now)


def test_the_queue_is_paged_without_gap_or_overlap(database: Database, said: Callable[..., str]) -> None:
    given = [said("wrong") for _ in range(7)]
    seen, cursor = [], ""
    with database.read() as session:
        while True:
            rows, cursor = feedback.queue(session, EDITOR, after=cursor, limit=3)
            seen += [row.id for row, _ in rows]
            if not cursor:
                break
    assert seen == given


def test_feedback_on_nothing_is_refused(database: Database, now: datetime) -> None:
    with pytest.raises(ArticleNotFound), database.write.begin() as session:
        feedback.give(session, "KB-9999", "wrong", source="agent", now=now)
