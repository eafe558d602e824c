"""An import replaces nothing that somebody waits for, says truly what it did, and is done once however often it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, lifecycle
from knowledge.importing import reading
from knowledge.importing.plan import ImportPlan
from knowledge.tables import Article, ArticleVersion
from storage.database import Database
from tests.unit.knowledge.importing import office
from tests.unit.knowledge.importing.planning import counts, land, landed, planned, sheet
from tests.unit.knowledge.people import EDITOR, SECOND

Make = Callable[..., ArticleSource]
HEAD = ("编号", "问题", "答案", "分类", "责任单位")
OLD = ("KB-0001", "居住证怎么办理", "旧答案。", "030401", "U012")
NEW = ("KB-0001", "居住证怎么办理", "新答案。", "030401", "U012")
OTHER = ("KB-0002", "路灯坏了找谁修", "找城管委。", "030401", "U012")


def edited(database: Database, district: District, source: Make, now: datetime, *, act: str = "") -> None:
    """What stands under KB-0001 is an editor's new draft; in review or waiting for its moment after an act."""
    with database.write.begin() as session:
        lifecycle.edit(session, district, "KB-0001", source(fee="免费"), actor=EDITOR, now=now)
        if act:
            lifecycle.submit(session, district, "KB-0001", actor=EDITOR, now=now)
        if act == "approved":
            later = now + timedelta(days=1)
            lifecycle.publish(session, district, "KB-0001", actor=SECOND, now=now, publish_at=later)


def status(database: Database, number: str = "KB-0001") -> tuple[str, str]:
    """The newest version's state and who wrote it."""
    with database.read() as session:
        newest = select(ArticleVersion).join(Article, Article.id == ArticleVersion.article_id)
        found = session.scalars(newest.where(Article.number == number).order_by(ArticleVersion.version.desc())).first()
        assert found is not None
        return found.status, found.by


@pytest.mark.parametrize(("act", "called"), [("review", "待审"), ("approved", "待发布")])
def test_what_is_in_review_or_waits_for_its_moment_is_not_replaced_and_the_rest_of_the_batch_lands(
    database: Database, district: District, source: Make, now: datetime, act: str, called: str
) -> None:
    landed(database, now, sheet(OLD, head=HEAD))
    edited(database, district, source, now, act=act)
    made = planned(database, sheet(NEW, OTHER, head=HEAD))
    refused, added = made.rows
    assert (refused.change, added.change) == ("refused", "added")
    assert refused.why == f"知识条目 KB-0001 的状态是“{called}”，不能更新，请先由知识管理员退回"
    assert str(made.kept_out()[0]).startswith("a.xlsx 工作表“问答” 第 2 行：")
    assert not made.all_taken
    land(database, now, made)
    assert status(database) == (act, EDITOR.id)
    assert status(database, "KB-0002") == ("draft", "author")


def test_what_was_submitted_after_the_preview_is_refused_at_the_landing_and_told(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    landed(database, now, sheet(OLD, head=HEAD))
    made = planned(database, sheet(NEW, OTHER, head=HEAD))
    assert counts(made) == (1, 1, 0, 0)
    edited(database, district, source, now, act="review")
    land(database, now, made)
    assert made.told() == "新增 1，更新 0，未变 0，保留 0，不能更新 1，未导入 0 处"
    assert "请先由知识管理员退回" in made.kept_out()[0].message
    assert status(database) == ("review", EDITOR.id)


def test_a_text_brought_before_is_left_alone_and_counted_so(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    landed(database, now, sheet(OLD, head=HEAD))
    edited(database, district, source, now)
    made = landed(database, now, sheet(OLD, head=HEAD))
    assert made.told() == "新增 0，更新 0，未变 0，保留 1，不能更新 0，未导入 0 处"
    assert not list(made.batches())
    assert status(database) == ("draft", EDITOR.id)
    assert made.document()["left"] == 1


def test_what_an_editor_completed_and_corrected_is_left_when_the_same_short_sheet_comes_again(
    database: Database, district: District, source: Make, now: datetime
) -> None:
    short = sheet(OLD[:3])
    landed(database, now, short)
    edited(database, district, source, now)
    assert counts(landed(database, now, short)) == (0, 0, 0, 0)
    assert status(database) == ("draft", EDITOR.id)
    assert counts(landed(database, now, sheet(NEW[:3]))) == (0, 1, 0, 0)


@pytest.mark.parametrize("number", ["a/b1", "new", "manage", "import", "KB 1", "?1", "x#1", "一" * 10, "1\n2"])
def test_a_number_that_leads_elsewhere_in_an_address_is_refused_by_row_and_field(
    sqlite_database: Database, number: str
) -> None:
    made = planned(sqlite_database, sheet((number, "怎样办？", "这样。")))
    (fault,) = made.faults
    assert (fault.place.row, fault.place.column) == (2, "编号")
    assert "“编号”只能用" in fault.message
    assert not made.rows


@pytest.mark.parametrize("number", ["KB-0001", "2026.3-1", "高龄_12", "001"])
def test_numbers_as_offices_write_them_are_taken(sqlite_database: Database, number: str) -> None:
    assert counts(planned(sqlite_database, sheet((number, "怎样办？", "这样。")))) == (1, 0, 0, 0)


def test_a_batch_reads_no_other_articles(sqlite_database: Database, source: Make, now: datetime) -> None:
    with sqlite_database.write.begin() as session:
        articles.import_sources(session, [source(f"KB-{n:04d}") for n in range(30)], actor="author", now=now)
    read: list[str] = []
    with sqlite_database.write.begin() as session:
        event.listen(session, "loaded_as_persistent", lambda _, found: read.append(getattr(found, "number", "")))
        articles.import_sources(session, [source("KB-0003", fee="免费")], actor="author", now=now)
    assert set(read) == {"KB-0003", ""}, "the article, and its versions"


def test_the_same_folder_imported_twice_at_once_makes_no_doubles(database: Database, now: datetime) -> None:
    document = reading.read("办法.docx", office.docx(*office.regulation(30)))
    questions = sheet(OLD, OTHER, head=HEAD)
    plans = [planned(database, document, questions) for _ in range(2)]
    failed: list[BaseException] = []

    def work(made: ImportPlan) -> None:
        try:
            land(database, now, made)
        except BaseException as problem:  # told by the test's own thread
            failed.append(problem)

    threads = [threading.Thread(target=work, args=(made,)) for made in plans]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(counts(made) for made in plans) == [(0, 0, 32, 0), (32, 0, 0, 0)]
    with database.read() as session:
        assert articles.count(session) == 32
        assert session.scalar(select(func.count(ArticleVersion.id))) == 32
