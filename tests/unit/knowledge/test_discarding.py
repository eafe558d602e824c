"""Drafts that are thrown away, and taken back: what is out is not touched, and a number is free for an import again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from casework.actors import Actor
from district.pack import District
from district.schemas import ArticleSource, Role
from knowledge import articles, attachments, discarding, lifecycle, listing, upkeep, versions, writing
from knowledge.attachments import Attached
from knowledge.errors import (
    ArticleNotFound,
    ArticleStateRefused,
    EditedMeanwhile,
    NothingToRestore,
    NotOwnUnit,
    RoleRefused,
)
from knowledge.listing import ArticleFilter
from knowledge.reader import ArticleReader
from storage.audit import AuditRow
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, EVERYBODY, LEAD, OTHER_LEAD, SECOND

KEY = "KB-0001"


class Draft:
    """One article, a draft, and acts on it."""

    def __init__(self, database: Database, district: District, source: Callable[..., ArticleSource], now: datetime):
        self.database, self.district, self.source, self.now = database, district, source, now
        self.do(lifecycle.create, source(), files=[Attached("表.pdf", "application/pdf", 1, "a" * 64)])

    def do(self, act: Callable[..., Any], *given: Any, actor: Any = EDITOR, **more: Any) -> Any:
        with self.database.write.begin() as session:
            return act(session, self.district, *given, actor=actor, now=more.pop("now", self.now), **more)

    def out_and_edited(self) -> None:
        self.do(lifecycle.submit, KEY)
        self.do(lifecycle.publish, KEY, actor=SECOND)
        self.do(lifecycle.edit, KEY, self.source(fee="十元"))

    def discard(self, **more: Any) -> None:
        self.do(discarding.discard, KEY, **more)

    def look(self, read: Callable[..., Any]) -> Any:
        with self.database.read() as session:
            return read(session, articles.get(session, KEY))

    def state(self) -> tuple[str, str]:
        def read(session: Any, article: Any) -> tuple[str, str]:
            being_written = writing.open_version(session, article)
            return article.state, being_written.status if being_written else ""

        found: tuple[str, str] = self.look(read)
        return found

    def listed(self, state: str = "", actor: Actor = EDITOR) -> list[str]:
        units = ArticleReader(self.district, actor).units
        found = self.look(
            lambda session, _: listing.page(session, ArticleFilter(state=state, text=KEY), drafts_of=units)
        )
        return [each.number for each in found[0]]

    def bring(self, **changes: Any) -> str:
        with self.database.write.begin() as session:
            report = articles.import_sources(session, [self.source(**changes)], actor="import", now=self.now)
        return report.changes[KEY]


@pytest.fixture
def draft(database: Database, district: District, source: Callable[..., ArticleSource], now: datetime) -> Draft:
    return Draft(database, district, source, now)


def test_an_article_that_never_was_out_goes_and_is_taken_back_as_it_was(draft: Draft) -> None:
    draft.discard(reason="重复")
    assert draft.state() == ("discarded", "")
    assert (draft.listed(), draft.listed("draft"), draft.listed("discarded")) == ([], [], [KEY])
    for act in (lifecycle.submit, lifecycle.publish, discarding.discard):
        with pytest.raises(ArticleStateRefused, match="已舍弃"):
            draft.do(act, KEY, actor=SECOND)
    with pytest.raises(ArticleStateRefused, match="请先取回"):
        draft.do(lifecycle.edit, KEY, draft.source(fee="十元"))
    draft.do(discarding.restore, KEY, actor=LEAD)
    assert draft.state() == ("draft", "draft")
    assert (draft.listed(), draft.listed("discarded")) == ([KEY], [])
    acts = draft.look(lambda session, _: versions.history(session, KEY))
    assert [(act.act, act.reason) for act in acts] == [
        ("restored", ""),
        ("discarded", "重复"),
        ("created", "添加 表.pdf"),
    ]
    audited = draft.look(lambda session, _: [row.act for row in session.query(AuditRow).order_by(AuditRow.id)])
    assert audited[-2:] == ["article.discarded", "article.restored"]


def test_beside_what_is_out_only_the_draft_goes(draft: Draft) -> None:
    draft.out_and_edited()
    draft.discard()
    assert draft.state() == ("published", "")
    assert (draft.listed(), draft.listed("discarded")) == ([KEY], [KEY])
    with pytest.raises(EditedMeanwhile, match="已被舍弃"):
        draft.do(lifecycle.edit, KEY, draft.source(fee="二十元"), base=2)
    made = draft.do(lifecycle.edit, KEY, draft.source(fee="二十元"), base=1, actor=SECOND)
    assert (made.version, made.editors) == (3, [SECOND.id])
    with pytest.raises(NothingToRestore):
        draft.do(discarding.restore, KEY)
    assert draft.listed("discarded") == []


def test_what_is_in_review_or_waits_is_sent_back_first(draft: Draft) -> None:
    draft.do(lifecycle.submit, KEY)
    with pytest.raises(ArticleStateRefused, match="“待审”，不能舍弃，请先退回"):
        draft.discard()
    draft.do(lifecycle.publish, KEY, actor=SECOND, publish_at=draft.now + timedelta(days=1))
    with pytest.raises(ArticleStateRefused, match="“待发布”，不能舍弃，请先退回"):
        draft.discard()
    draft.do(lifecycle.send_back, KEY, reason="改", actor=SECOND)
    draft.discard()
    with draft.database.write.begin() as session:
        kept = upkeep.keep(session, now=draft.now + timedelta(days=2), zone=draft.district.calendars.zone)
    assert kept.published == ()


def test_there_is_nothing_to_throw_away_where_nothing_is_written(draft: Draft) -> None:
    draft.do(lifecycle.submit, KEY)
    draft.do(lifecycle.publish, KEY, actor=SECOND)
    with pytest.raises(ArticleStateRefused, match="没有正在编写的草稿"):
        draft.discard()
    with pytest.raises(NothingToRestore):
        draft.do(discarding.restore, KEY)


def test_a_draft_is_taken_back_within_thirty_days(draft: Draft) -> None:
    draft.discard()
    with pytest.raises(NothingToRestore):
        draft.do(discarding.restore, KEY, now=draft.now + timedelta(days=31))
    draft.do(discarding.restore, KEY, now=draft.now + timedelta(days=30))
    assert draft.state() == ("draft", "draft")


@pytest.mark.parametrize("act", [discarding.discard, discarding.restore])
def test_writers_alone_throw_away_and_take_back(draft: Draft, act: Callable[..., Any]) -> None:
    if act is discarding.restore:
        draft.discard()
    for actor in EVERYBODY:
        if actor in (EDITOR, LEAD):
            continue
        refused = NotOwnUnit if actor == OTHER_LEAD else RoleRefused
        with pytest.raises(refused):
            draft.do(act, KEY, actor=actor)


def test_what_was_thrown_away_is_not_there_for_those_who_read_no_drafts(draft: Draft) -> None:
    draft.discard()
    agent = next(actor for actor in EVERYBODY if actor.role is Role.AGENT)
    assert draft.listed("discarded", agent) == []
    with pytest.raises(ArticleNotFound):
        draft.look(lambda session, _: ArticleReader(draft.district, agent).article(session, KEY))


@pytest.mark.parametrize("fee", ["", "十元"], ids=["same text", "another text"])
def test_an_import_brings_the_number_again_and_begins_anew(draft: Draft, fee: str) -> None:
    draft.discard()
    assert draft.bring(fee=fee) == "added"
    assert draft.state() == ("draft", "draft")
    newest = draft.look(lambda session, _: versions.listed(session, KEY)[0])
    assert (newest.version, newest.editors) == (2, ["import"])
    assert draft.look(lambda session, _: attachments.of(versions.listed(session, KEY)[0])) == ()
    assert draft.bring(fee=fee) == "unchanged"
    with pytest.raises(NothingToRestore):
        draft.do(discarding.restore, KEY)


def test_a_person_takes_the_number_again_too(draft: Draft) -> None:
    draft.discard()
    draft.do(lifecycle.create, draft.source(fee="十元"), actor=SECOND)
    assert draft.look(lambda _, article: (article.status, article.version, article.fee)) == ("draft", 2, "十元")
