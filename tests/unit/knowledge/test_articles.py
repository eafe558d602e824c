"""Articles and their life, on both kinds of database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, contained, lifecycle, listing, writing
from knowledge.errors import ArticleNotFound, PublishedByAuthor
from knowledge.listing import ArticleFilter
from knowledge.tables import Article, ArticleVersion
from storage import change_log
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, SECOND

Make = Callable[..., ArticleSource]


def brought(database: Database, *sources: ArticleSource, now: datetime, ready: bool = False) -> articles.ImportReport:
    with database.write.begin() as session:
        return articles.import_sources(session, sources, actor="author", now=now, publish_them=ready)


def counts(report: articles.ImportReport) -> tuple[int, int, int]:
    return report.count("added"), report.count("changed"), report.count("unchanged")


def state(database: Database, key: str = "KB-0001") -> tuple[str, int]:
    with database.read() as session:
        found = articles.get(session, key)
        return found.status, found.version


def changes(database: Database) -> list[str]:
    with database.read() as session:
        return [change.what for change in change_log.read(session, 0, topics=[articles.TOPIC])]


def test_what_is_imported_is_a_draft_until_another_publishes_it(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    brought(database, source(), now=now)
    assert state(database) == ("draft", 1)
    importer = replace(EDITOR, id="author")
    with database.write.begin() as session:
        lifecycle.submit(session, district, "KB-0001", actor=importer, now=now)
    with pytest.raises(PublishedByAuthor), database.write.begin() as session:
        lifecycle.publish(session, district, "KB-0001", actor=importer, now=now)
    with database.write.begin() as session:
        lifecycle.publish(session, district, "KB-0001", actor=EDITOR, now=now)
    assert state(database) == ("published", 1)
    with database.read() as session:
        assert articles.get(session, "KB-0001").updated_by == "author"


def test_importing_again_changes_nothing(database: Database, source: Make, now: datetime) -> None:
    assert counts(brought(database, source(), source("KB-0002"), now=now)) == (2, 0, 0)
    assert counts(brought(database, source(), source("KB-0002"), now=now)) == (0, 0, 2)
    assert changes(database) == ["imported", "imported"]


def test_changed_content_is_a_new_version_and_the_old_one_is_kept(
    database: Database, source: Make, now: datetime
) -> None:
    brought(database, source(), now=now, ready=True)
    assert counts(brought(database, source(fee="免费"), now=now)) == (0, 1, 0)
    assert counts(brought(database, source(fee="免费"), now=now)) == (0, 0, 1)
    assert state(database) == ("published", 1)
    with database.read() as session:
        kept = list(session.scalars(select(ArticleVersion).order_by(ArticleVersion.version)))
        assert [(each.version, each.content["fee"], each.status) for each in kept] == [
            (1, "", "published"),
            (2, "免费", "draft"),
        ]


def test_what_a_pack_brought_does_not_come_again_over_what_editors_made_of_it(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    brought(database, source(), now=now, ready=True)
    with database.write.begin() as session:
        lifecycle.edit(session, district, "KB-0001", source(fee="免费"), actor=EDITOR, now=now)
        lifecycle.submit(session, district, "KB-0001", actor=EDITOR, now=now)
        lifecycle.publish(session, district, "KB-0001", actor=SECOND, now=now)
    assert brought(database, source(), now=now, ready=True).changes == {"KB-0001": "left"}
    assert state(database) == ("published", 2)
    assert counts(brought(database, source(fee="十元"), now=now, ready=True)) == (0, 1, 0)
    with database.read() as session:
        assert articles.get(session, "KB-0001").fee == "十元"


def test_a_text_that_comes_reviewed_leaves_the_draft_under_way_open(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    brought(database, source(), now=now, ready=True)
    with database.write.begin() as session:
        lifecycle.edit(session, district, "KB-0001", source(fee="免费"), actor=EDITOR, now=now)
    brought(database, source(fee="十元"), now=now, ready=True)
    assert state(database) == ("published", 3)
    with database.read() as session:
        being_written = writing.open_version(session, articles.get(session, "KB-0001"))
        assert being_written is not None
        assert (being_written.version, being_written.content["fee"]) == (2, "免费")


@pytest.mark.parametrize(
    ("first", "last", "usable"),
    [
        (None, None, True),
        ("2026-03-24", "2026-03-24", True),
        ("2026-03-25", None, False),
        (None, "2026-03-23", False),
    ],
)
def test_an_article_is_used_on_the_days_it_is_in_force(
    sqlite_database: Database, source: Make, now: datetime, first: str | None, last: str | None, usable: bool
) -> None:
    brought(sqlite_database, source(valid_from=first, valid_until=last), now=now, ready=True)
    with sqlite_database.read() as session:
        assert articles.usable(articles.get(session, "KB-0001"), date(2026, 3, 24)) is usable


def test_a_draft_is_never_used(sqlite_database: Database, source: Make, now: datetime) -> None:
    brought(sqlite_database, source(), now=now)
    with sqlite_database.read() as session:
        assert not articles.usable(articles.get(session, "KB-0001"), date(2026, 3, 24))


def test_an_unknown_number_is_named(database: Database) -> None:
    for key in ("KB-9999", "' or 1=1 --", "0197a1b2-0000-7000-8000-000000000000"):
        with database.read() as session, pytest.raises(ArticleNotFound, match="找不到"):
            articles.get(session, key)


def test_pages_follow_one_another_without_gap_or_overlap(
    sqlite_database: Database, source: Make, now: datetime
) -> None:
    brought(sqlite_database, *(source(f"KB-{number:04}") for number in range(1, 8)), now=now)
    seen, cursor = [], ""
    with sqlite_database.read() as session:
        while True:
            rows, cursor = listing.page(session, ArticleFilter(), after=cursor, limit=3)
            seen += [row.number for row in rows]
            if not cursor:
                break
        assert articles.count(session) == 7
    assert seen == [f"KB-{number:04}" for number in range(1, 8)]


def test_what_came_out_is_told_with_its_moment(database: Database, source: Make, now: datetime) -> None:
    brought(database, source("KB-0001"), source("KB-0002", valid_until="2026-03-23"), now=now, ready=True)
    brought(database, source("KB-0003"), now=now)
    with database.read() as session:
        assert articles.came_out(session, date(2026, 3, 24), limit=9) == [("KB-0001", now)]


def test_what_no_index_holds_is_found_by_its_words(database: Database, source: Make, now: datetime) -> None:
    brought(database, source("KB-0001", question="灯塔翻修吗"), source("KB-0002"), now=now)
    with database.read() as session:
        found = contained.best(session, select(Article), "灯塔 翻修", limit=9)
        assert [(article.number, share) for article, share in found] == [("KB-0001", 1.0)]
        assert contained.best(session, select(Article), "？！", limit=9) == []
