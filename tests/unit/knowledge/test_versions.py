"""Versions: what stood on a day, and how two differ, safe to put into a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, content, lifecycle, versions
from knowledge.errors import ArticleNotFound, VersionNotFound
from storage.database import Database
from tests.unit.knowledge.people import EDITOR

Make = Callable[..., ArticleSource]
KEY = "KB-0001"


@pytest.fixture
def stood(database: Database, district: District) -> Callable[[date], str | None]:
    """The fee that was told on a day."""

    def told(day: date) -> str | None:
        with database.read() as session:
            found = versions.as_of(session, KEY, day, zone=district.calendars.zone)
            return found.content["fee"] if found is not None else None

    return told


def test_an_article_is_shown_as_it_stood_on_a_day(
    database: Database, district: District, source: Make, now: datetime, stood: Callable[[date], str | None]
) -> None:
    def publish(day: int, fee: str) -> None:
        at = datetime(2026, 4, day, 2, tzinfo=UTC)
        with database.write.begin() as session:
            text = source(fee=fee, valid_until="2026-04-25")
            articles.import_sources(session, [text], actor="pack", now=at, publish_them=True)

    publish(2, "十元")
    publish(5, "五元")
    publish(5, "免费")
    with database.write.begin() as session:
        lifecycle.withdraw(
            session, district, KEY, actor=EDITOR, now=datetime(2026, 4, 10, 2, tzinfo=UTC), reason="停办"
        )
    publish(20, "两元")
    assert {day: stood(date(2026, 4, day)) for day in (1, 2, 4, 5, 9, 10, 19, 20, 25, 26)} == {
        1: None,
        2: "十元",
        4: "十元",
        5: "免费",
        9: "免费",
        10: None,
        19: None,
        20: "两元",
        25: "两元",
        26: None,
    }


def test_a_day_ends_at_midnight_of_the_district(
    database: Database, source: Make, stood: Callable[[date], str | None]
) -> None:
    late = datetime(2026, 4, 2, 16, 30, tzinfo=UTC)  # 00:30 of the 3rd in China
    with database.write.begin() as session:
        articles.import_sources(session, [source(fee="十元")], actor="pack", now=late, publish_them=True)
    assert (stood(date(2026, 4, 2)), stood(date(2026, 4, 3))) == (None, "十元")
    assert (stood(date.min), stood(date.max)) == (None, "十元")


def test_a_version_that_never_was_is_named(database: Database, source: Make, now: datetime) -> None:
    with database.write.begin() as session:
        articles.import_sources(session, [source()], actor="author", now=now)
    with database.read() as session:
        assert versions.one(session, KEY, 1).content["question"] == source().question
        with pytest.raises(VersionNotFound, match="第 7 版"):
            versions.one(session, KEY, 7)
        for number in (-1, 0, 10**20):
            with pytest.raises(VersionNotFound):
                versions.one(session, KEY, number)
        with pytest.raises(ArticleNotFound):
            versions.one(session, "KB-9999", 1)


# Differences


def kept(**changes: Any) -> dict[str, Any]:
    text = {"id": "K1", "question": "怎么办理", "category": "010101", "unit": "U001", "short_answer": "答"} | changes
    return content.plain(content.of_source(ArticleSource.model_validate(text)))


def test_differences_go_by_field_and_sentence() -> None:
    before = kept(body="带身份证。到街道办理。\n三日办结。", fee="十元", materials=["身份证", "照片"])
    after = kept(body="带身份证。到社区办理。\n三日办结。", fee="十元", materials=["身份证", "户口本", "照片"])
    materials, body = versions.compare(before, after)
    assert (materials.field, body.field, body.label) == ("materials", "body", "正文")
    assert materials.html == "身份证\n<ins>户口本</ins>\n照片"
    assert body.html == "带身份证。<del>到街道办理。</del><ins>到社区办理。</ins>\n三日办结。"


def test_two_equal_versions_do_not_differ() -> None:
    assert versions.compare(kept(body="甲。乙。"), kept(body="甲。乙。")) == []


def test_dates_and_fields_a_version_did_not_know_are_compared() -> None:
    old = kept()
    del old["street"]
    differences = versions.compare(old, kept(street="U100", valid_until="2026-12-31"))
    assert [(each.label, each.html) for each in differences] == [
        ("适用街道", "<ins>U100</ins>"),
        ("失效日期", "<ins>2026-12-31</ins>"),
    ]


@pytest.mark.parametrize(
    "attack", ["<script>alert(1)</script>", '<img src=x onerror="a">', "</ins><b>", "a & b < c", "</del>'\""]
)
def test_nothing_an_author_writes_becomes_a_tag_in_differences(attack: str) -> None:
    found = versions.compare(
        kept(body=f"甲。{attack}", similar=[attack], short_answer="答"),
        kept(body=f"乙。{attack}\n{attack}", similar=[], short_answer=attack),
    )
    assert len(found) == 3
    for difference in found:
        assert set(re.findall(r"<[^>]*>", difference.html)) <= {"<ins>", "</ins>", "<del>", "</del>"}
        assert difference.html.count("<ins>") == difference.html.count("</ins>")


@pytest.mark.parametrize("text", ["一。二！三？", "\n\n一\n二\n", "无标点", "", "。。。", "a;b；c"])
def test_the_pieces_of_a_difference_give_both_texts_again(text: str) -> None:
    (difference,) = versions.compare(kept(body=text), kept(body=text + "新。"))
    old = "".join(piece.text for piece in difference.pieces if piece.kind != "added")
    new = "".join(piece.text for piece in difference.pieces if piece.kind != "removed")
    assert (old, new) == (text, text + "新。")


def test_a_long_regulation_in_which_all_is_changed_is_not_matched_line_by_line() -> None:
    old = "".join(f"第{number % 90}条 甲。\n" for number in range(20_000))
    new = "".join(f"第{number % 89}条 甲。\n" for number in range(20_000))
    (body,) = versions.compare(kept(body=f"总则。{old}附则。"), kept(body=f"总则。{new}附则。"))
    assert [(piece.kind, piece.text) for piece in (body.pieces[0], body.pieces[-1])] == [
        ("same", "总则。"),
        ("same", "附则。"),
    ]
    assert "".join(piece.text for piece in body.pieces if piece.kind != "removed") == f"总则。{new}附则。"


def test_one_sentence_changed_in_a_long_regulation_is_the_only_difference() -> None:
    text = "".join(f"第{number}条 甲。\n" for number in range(20_000))
    (body,) = versions.compare(kept(body=text), kept(body=text.replace("第9000条 甲", "第9000条 乙")))
    assert [(piece.kind, piece.text) for piece in body.pieces if piece.kind != "same"] == [
        ("removed", "第9000条 甲。"),
        ("added", "第9000条 乙。"),
    ]


def test_the_history_of_a_version_is_read_the_latest_first(database: Database, source: Make, now: datetime) -> None:
    with database.write.begin() as session:
        articles.import_sources(session, [source()], actor="author", now=now)
        later = now + timedelta(hours=1)
        articles.import_sources(session, [source(fee="免费")], actor="pack", now=later, publish_them=True)
    with database.read() as session:
        acts = [(act.act, act.version, act.by) for act in versions.history(session, KEY)]
    assert acts == [("published", 2, "pack"), ("imported", 1, "author")]
