"""The life of an article from draft to expired: who may do what, and what answers meanwhile; on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.actors import Actor
from district.pack import District
from district.schemas import ArticleSource, Role
from knowledge import articles, lifecycle, upkeep, versions, writing
from knowledge.errors import (
    ArticleExists,
    ArticleExpired,
    ArticleStateRefused,
    EditedMeanwhile,
    NotOwnUnit,
    PublishedByAuthor,
    ReasonMissing,
    ReviewDayPast,
    RoleRefused,
    UnfitMoment,
    UnknownArticleCategory,
    UnknownArticleUnit,
    UnknownStreet,
)
from storage import change_log
from storage.audit import AuditRow
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, EVERYBODY, LEAD, OTHER_LEAD, SECOND

Make = Callable[..., ArticleSource]
KEY = "KB-0001"


class Life:
    """Acts on one article, each in a transaction of its own."""

    def __init__(self, database: Database, district: District, source: Make, now: datetime) -> None:
        self.database, self.district, self.source, self.now = database, district, source, now

    def do(self, act: Callable[..., Any], *given: Any, actor: Any = EDITOR, **more: Any) -> None:
        with self.database.write.begin() as session:
            act(session, self.district, *given, actor=actor, now=more.pop("now", self.now), **more)

    def create(self, actor: Actor = EDITOR, **changes: Any) -> None:
        self.do(lifecycle.create, self.source(**changes), actor=actor)

    def edit(self, actor: Actor = EDITOR, base: int | None = None, **changes: Any) -> None:
        self.do(lifecycle.edit, KEY, self.source(**changes), actor=actor, base=base)

    def submit(self, actor: Actor = EDITOR) -> None:
        self.do(lifecycle.submit, KEY, actor=actor)

    def publish(self, actor: Actor = SECOND, **more: Any) -> None:
        self.do(lifecycle.publish, KEY, actor=actor, **more)

    def out(self, **changes: Any) -> None:
        self.create(**changes)
        self.submit()
        self.publish()

    def keep(self, now: datetime) -> upkeep.Upkeep:
        with self.database.write.begin() as session:
            return upkeep.keep(session, now=now, zone=self.district.calendars.zone)

    def look(self, read: Callable[[Session], Any]) -> Any:
        with self.database.read() as session:
            return read(session)

    def state(self) -> tuple[str, str]:
        """The article's state, and that of the version being written."""

        def read(session: Session) -> tuple[str, str]:
            article = articles.get(session, KEY)
            being_written = writing.open_version(session, article)
            return article.state, being_written.status if being_written else ""

        found: tuple[str, str] = self.look(read)
        return found

    def says(self, on: date) -> str | None:
        """The fee that the article tells that day; None if it may not answer."""

        def read(session: Session) -> str | None:
            article = articles.get(session, KEY)
            return article.fee if articles.usable(article, on) else None

        found: str | None = self.look(read)
        return found


@pytest.fixture
def life(database: Database, district: District, source: Make, now: datetime) -> Life:
    return Life(database, district, source, now)


def test_an_article_lives_from_draft_to_expired(life: Life, now: datetime) -> None:
    last = now.date() + timedelta(days=400)
    life.create(valid_until=last)
    assert life.state() == ("draft", "draft")
    life.submit()
    assert life.state() == ("draft", "review")
    life.do(lifecycle.send_back, KEY, actor=SECOND, reason="缺依据")
    assert life.state() == ("draft", "draft")
    life.edit(valid_until=last, basis=["某某条例第三条"])
    life.submit()
    assert life.says(now.date()) is None
    life.publish()
    assert life.state() == ("published", "")
    assert life.says(now.date()) == ""
    later = now + writing.REVIEW_AFTER
    assert [each.kind for each in life.keep(later).reminders] == ["due"]
    assert life.state() == ("due", "")
    assert life.says(later.date()) == "", "what is due for review goes on answering"
    life.do(lifecycle.confirm, KEY, now=later)
    assert life.state() == ("published", "")
    after = datetime.combine(last + timedelta(days=1), now.timetz())
    assert life.says(after.date()) is None, "expired text never answers, marked or not"
    assert [each.kind for each in life.keep(after).reminders] == ["expired"]
    assert life.state() == ("expired", "")
    acts = [act.act for act in life.look(lambda session: versions.history(session, KEY))]
    assert acts[::-1] == [
        *("created", "submitted", "sent_back", "edited", "submitted", "published"),
        *("due", "confirmed", "expired"),
    ]


def test_every_act_is_told_to_followers_and_to_the_audit(life: Life) -> None:
    life.out()
    life.edit(fee="免费")
    life.do(lifecycle.withdraw, KEY, actor=SECOND, reason="有误")
    told = ["created", "submitted", "published", "edited", "withdrawn"]
    changes = life.look(lambda session: change_log.read(session, 0, topics=[articles.TOPIC]))
    assert [change.what for change in changes] == told
    rows = list(life.look(lambda session: list(session.scalars(select(AuditRow).order_by(AuditRow.id)))))
    assert [row.act for row in rows] == [f"article.{act}" for act in told]
    assert {(row.actor, row.role) for row in rows} == {
        (EDITOR.id, Role.KNOWLEDGE_EDITOR),
        (SECOND.id, Role.KNOWLEDGE_EDITOR),
    }
    assert [row.details["version"] for row in rows] == [1, 1, 1, 2, 1]
    assert all("有误" not in str(row.details) for row in rows), "reasons stand in the article's history"


def test_a_published_article_keeps_answering_while_its_next_version_is_written(life: Life, now: datetime) -> None:
    today = now.date()
    life.out(fee="十元")
    life.edit(fee="免费")
    assert (life.state(), life.says(today)) == (("published", "draft"), "十元")
    life.submit()
    assert (life.state(), life.says(today)) == (("published", "review"), "十元")
    life.do(lifecycle.send_back, KEY, actor=SECOND, reason="请写依据")
    life.edit(fee="一律免费")
    assert life.says(today) == "十元"
    life.submit()
    life.publish()
    assert (life.state(), life.says(today)) == (("published", ""), "一律免费")
    kept = life.look(lambda session: [(each.version, each.status) for each in versions.listed(session, KEY)])
    assert kept == [(3, "published"), (2, "replaced"), (1, "replaced")]


# Roles

ACTS = ("create", "edit", "submit", "send_back", "publish", "schedule", "withdraw", "confirm")
MAY = {
    EDITOR: set(ACTS),
    LEAD: {"create", "edit", "submit", "withdraw", "confirm"},
}


def attempt(life: Life, act: str, actor: Actor) -> None:
    """One act in a state that allows it, all that is needed done by others."""
    if act == "create":
        life.create(actor)
        return
    if act in ("withdraw", "confirm"):
        life.create(SECOND)
        life.submit(SECOND)
        life.publish(EDITOR)
        life.do(getattr(lifecycle, act), KEY, actor=actor, **({"reason": "有误"} if act == "withdraw" else {}))
        return
    life.create(SECOND)
    if act in ("send_back", "publish", "schedule"):
        life.submit(SECOND)
    match act:
        case "edit":
            life.edit(actor, fee="免费")
        case "submit":
            life.submit(actor)
        case "send_back":
            life.do(lifecycle.send_back, KEY, actor=actor, reason="缺依据")
        case "publish":
            life.publish(actor)
        case "schedule":
            life.publish(actor, publish_at=life.now + timedelta(hours=1))


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.id)
def test_each_role_does_what_it_may_and_nothing_else(
    sqlite_database: Database, district: District, source: Make, now: datetime, actor: Actor, act: str
) -> None:
    life = Life(sqlite_database, district, source, now)
    if act in MAY.get(actor, ()):
        attempt(life, act, actor)
        last = life.look(lambda session: versions.history(session, KEY))[0]
        assert last.by == actor.id
        return
    kind = NotOwnUnit if actor is OTHER_LEAD and act in MAY[LEAD] else RoleRefused
    with pytest.raises(kind):
        attempt(life, act, actor)
    if act != "create":
        last = life.look(lambda session: versions.history(session, KEY))[0]
        assert last.by != actor.id


def test_a_lead_cannot_hand_his_article_to_another_unit(life: Life) -> None:
    life.create(LEAD)
    with pytest.raises(NotOwnUnit):
        life.edit(LEAD, unit="U002")


# Four eyes


def test_nobody_publishes_what_he_wrote_or_changed(life: Life) -> None:
    life.create()
    life.edit(SECOND, fee="免费")
    life.submit(SECOND)
    for writer in (EDITOR, SECOND):
        with pytest.raises(PublishedByAuthor, match=writer.name):
            life.publish(writer)
        with pytest.raises(PublishedByAuthor):
            life.publish(writer, publish_at=life.now + timedelta(days=1))
    life.publish(Actor("u-third", "知识管理员丙", Role.KNOWLEDGE_EDITOR))
    life.edit(EDITOR, fee="十元")
    life.submit(EDITOR)
    life.publish(SECOND)  # at this version he did not write
    assert life.state() == ("published", "")


def test_what_was_withdrawn_comes_back_only_by_a_review_of_somebody_who_did_not_write_it(life: Life) -> None:
    life.out(fee="十元")
    life.do(lifecycle.withdraw, KEY, actor=SECOND, reason="有误")
    assert life.state() == ("withdrawn", "")
    life.submit(SECOND)
    assert life.state() == ("withdrawn", "review")
    for writer in (EDITOR, SECOND):
        with pytest.raises(PublishedByAuthor):
            life.publish(writer)
    life.publish(Actor("u-third", "知识管理员丙", Role.KNOWLEDGE_EDITOR))
    assert (life.state(), life.says(life.now.date())) == (("published", ""), "十元")


# States


@pytest.mark.parametrize("act", ["send_back", "publish", "withdraw", "confirm"])
def test_a_draft_is_neither_published_nor_withdrawn(life: Life, act: str) -> None:
    life.create()
    more = {"reason": "有误"} if act in ("send_back", "withdraw") else {}
    with pytest.raises(ArticleStateRefused, match="草稿"):
        life.do(getattr(lifecycle, act), KEY, actor=SECOND, **more)


def test_what_is_in_review_is_not_changed_under_the_reviewers_eyes(life: Life) -> None:
    life.create()
    life.submit()
    with pytest.raises(ArticleStateRefused, match="待审"):
        life.edit(fee="免费")
    with pytest.raises(ArticleStateRefused, match="待审"):
        life.submit()
    life.publish(publish_at=life.now + timedelta(hours=1))
    with pytest.raises(ArticleStateRefused, match="待发布"):
        life.edit(fee="免费")


def test_an_article_that_is_out_has_nothing_to_publish(life: Life) -> None:
    life.out()
    for act in (life.publish, life.submit):
        with pytest.raises(ArticleStateRefused, match="已发布"):
            act()


def test_sending_back_and_withdrawing_need_a_reason(life: Life) -> None:
    life.create()
    life.submit()
    with pytest.raises(ReasonMissing, match="退回"):
        life.do(lifecycle.send_back, KEY, actor=SECOND, reason="  ")
    life.publish()
    with pytest.raises(ReasonMissing, match="撤下"):
        life.do(lifecycle.withdraw, KEY, actor=SECOND, reason="")
    life.do(lifecycle.withdraw, KEY, actor=SECOND, reason=" 与新规不符 ")
    last = life.look(lambda session: versions.history(session, KEY))[0]
    assert (last.act, last.reason, last.by_name) == ("withdrawn", "与新规不符", SECOND.name)


def test_a_number_is_given_once_and_free_ones_are_found(life: Life) -> None:
    life.create()
    with pytest.raises(ArticleExists, match=KEY):
        life.create()
    with life.database.write.begin() as session:
        assert lifecycle.free_number(session) == "KB-0002"


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"category": "999999"}, UnknownArticleCategory),
        ({"unit": "U999"}, UnknownArticleUnit),
        ({"street": "U999"}, UnknownStreet),
        ({"street": "U001"}, UnknownStreet),
    ],
)
def test_names_that_the_district_has_not_are_refused(
    life: Life, changes: dict[str, str], kind: type[Exception]
) -> None:
    with pytest.raises(kind):
        life.create(**changes)
    life.create(street="U100")
    with pytest.raises(kind):
        life.edit(**changes)


def test_a_text_written_on_an_old_version_does_not_undo_a_newer_one(life: Life) -> None:
    life.create()
    life.edit(base=1, fee="十元")
    with pytest.raises(EditedMeanwhile, match="第 2 版"):
        life.edit(SECOND, base=1, fee="免费")
    life.edit(SECOND, base=2, fee="免费")
    assert len(life.look(lambda session: versions.listed(session, KEY))) == 3


def test_editors_who_save_at_once_on_one_version_do_not_undo_each_other(life: Life) -> None:
    life.create()

    def save(number: int) -> bool:
        try:
            life.edit(base=1, fee=f"{number} 元")
        except EditedMeanwhile:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        saved = list(pool.map(save, range(4)))
    assert saved.count(True) == 1
    assert [each.version for each in life.look(lambda session: versions.listed(session, KEY))] == [2, 1]


def test_of_those_who_take_a_number_at_once_one_gets_it(life: Life) -> None:
    def make(_: int) -> bool:
        try:
            life.create()
        except ArticleExists:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(make, range(4))).count(True) == 1


def test_saving_what_is_there_already_makes_no_version(life: Life) -> None:
    life.create(fee="十元")
    life.edit(fee="十元")
    assert len(life.look(lambda session: versions.listed(session, KEY))) == 1


def test_expired_text_is_neither_published_nor_confirmed(life: Life, now: datetime) -> None:
    day = date(2026, 3, 24)
    life.create(valid_until=day)
    life.submit()
    midnight = datetime(2026, 3, 24, 16, 30, tzinfo=UTC)  # 00:30 of the 25th in China
    with pytest.raises(ArticleExpired, match="2026-03-24"):
        life.publish(now=midnight)
    with pytest.raises(ArticleExpired):
        life.publish(publish_at=midnight)
    life.publish(now=now)
    with pytest.raises(ArticleExpired):
        life.do(lifecycle.confirm, KEY, now=midnight)


def test_moments_and_review_days_lie_ahead(life: Life, now: datetime) -> None:
    life.create()
    life.submit()
    last = datetime.max.replace(tzinfo=now.tzinfo)
    for moment in (now, now + lifecycle.FARTHEST + timedelta(seconds=1), last):
        with pytest.raises(UnfitMoment):
            life.publish(publish_at=moment)
    life.publish()
    with pytest.raises(ReviewDayPast):
        life.do(lifecycle.confirm, KEY, review_due=now.date())
    life.do(lifecycle.confirm, KEY, review_due=date(2026, 6, 1))
    assert life.look(lambda session: articles.get(session, KEY).review_due) == date(2026, 6, 1)
