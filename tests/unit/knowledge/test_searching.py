"""A search as a person does it: narrowed, counted, put right, and never more than he may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import packs
from district.pack import District, load
from knowledge.analysis import Analyzer
from knowledge.articles import published, to_document
from knowledge.searching import Answer, Facet, Narrowing, Searcher
from knowledge.synonyms import Synonyms
from knowledge.tables import Article
from knowledge.whoosh_index import WhooshIndex
from knowledge.wording import Wording
from storage import migrate
from storage.database import Database

DAY = date(2026, 6, 1)
ROWS = (
    # number, question, category, unit, status, valid_until
    ("KB-1", "租房提取公积金要什么材料", "040603", "U005", "published", None),
    ("KB-2", "买房提取公积金要什么材料", "040603", "U005", "published", None),
    ("KB-3", "单位不缴公积金怎么投诉", "050101", "U006", "published", None),
    ("KB-4", "公积金旧规定怎么提取", "040603", "U005", "published", date(2026, 5, 31)),
    ("KB-5", "公积金草稿怎么提取", "040603", "U005", "draft", None),
    ("KB-6", "路灯不亮找谁报修", "010101", "U001", "published", None),
)


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    now = datetime(2026, 5, 1, tzinfo=UTC)
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('search') / 'test.sqlite'}")
    migrate.upgrade(database)
    with database.write.begin() as writing:
        for number, question, category, unit, status, until in ROWS:
            writing.add(
                Article(
                    number=number,
                    question=question,
                    similar=[],
                    category=category,
                    unit=unit,
                    keywords=["公积金"] if "公积金" in question else ["路灯"],
                    materials=[],
                    steps=[],
                    basis=[],
                    short_answer=f"{question}：请到窗口办理。",
                    status=status,
                    valid_until=until,
                    created_at=now,
                    updated_at=now,
                    updated_by="test",
                )
            )
    with database.read() as reading:
        yield reading
    database.dispose()


@pytest.fixture(scope="module")
def searcher(
    session: Session, district: District, analyzer: Analyzer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searcher]:
    documents = list(published(session))
    wording = Wording.of(documents, Synonyms(district.synonyms), analyzer.terms, cursor=1)
    index = WhooshIndex(tmp_path_factory.mktemp("index"), analyzer=analyzer)
    index.rebuild(documents, cursor=1)
    index.widen = wording.widen
    yield Searcher(index, district.taxonomy, district.units, wording.spelling.mended)
    index.close()


def ids(answer: Answer) -> set[str]:
    return {one.article.number for one in answer.found}


def test_only_what_is_published_and_in_force_is_found(searcher: Searcher, session: Session) -> None:
    assert ids(searcher.search(session, "公积金怎么提取", on=DAY)) == {"KB-1", "KB-2", "KB-3"}


def test_what_has_gone_out_of_use_is_not_shown_while_the_index_is_behind(
    searcher: Searcher, session: Session, tmp_path: Path, analyzer: Analyzer
) -> None:
    behind = WhooshIndex(tmp_path, analyzer=analyzer)
    behind.rebuild(map(to_document, session.scalars(select(Article))), cursor=1)
    late = replace(searcher, index=behind)
    assert "KB-5" not in ids(late.search(session, "公积金草稿怎么提取", on=DAY))
    assert "KB-5" in ids(late.search(session, "公积金草稿怎么提取", on=DAY, everything=True))
    behind.close()


def test_a_number_is_found_in_whatever_case_it_is_typed(searcher: Searcher, session: Session) -> None:
    for typed in ("编号:kb-6", "编号:KB-6", "编号:kb-6 路灯"):
        assert ids(searcher.search(session, typed, on=DAY)) == {"KB-6"}


def test_an_editor_finds_what_has_expired_and_is_told(searcher: Searcher, session: Session) -> None:
    answer = searcher.search(session, "公积金怎么提取", on=DAY, everything=True)
    assert {one.article.number: one.state for one in answer.found}["KB-4"] == "已过期"
    assert answer.states == [Facet("有效", 3), Facet("已过期", 1)]
    assert ids(searcher.search(session, "公积金怎么提取 状态:已过期", on=DAY, everything=True)) == {"KB-4"}


def test_a_phrase_must_stand_and_an_excluded_word_must_not(searcher: Searcher, session: Session) -> None:
    assert ids(searcher.search(session, '公积金 "租房提取"', on=DAY)) == {"KB-1"}
    assert ids(searcher.search(session, "公积金材料 -租房", on=DAY)) == {"KB-2", "KB-3"}


def test_found_articles_are_counted_and_narrowed(searcher: Searcher, session: Session) -> None:
    answer = searcher.search(session, "公积金", on=DAY)
    assert answer.categories == [Facet("04", 2), Facet("05", 1)]
    assert answer.units == [Facet("U005", 2), Facet("U006", 1)]
    narrowed = searcher.search(session, "公积金", Narrowing(category="05"), on=DAY)
    assert ids(narrowed) == {"KB-3"}
    assert narrowed.categories == answer.categories


def test_fields_go_by_names_and_codes(searcher: Searcher, session: Session, district: District) -> None:
    unit = district.units.get("U006")
    for written in (unit.name, unit.code):
        assert ids(searcher.search(session, f"公积金 单位:{written}", on=DAY)) == {"KB-3"}
    for written in ("住房", "04", "公积金提取与贷款"):
        assert ids(searcher.search(session, f"公积金 分类:{written}", on=DAY)) == {"KB-1", "KB-2"}
    assert ids(searcher.search(session, "公积金 编号:kb-2", on=DAY)) == {"KB-2"}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("单位:不存在的局", "没有名为“不存在的局”的承办单位"),
        ("街道:没有这条街", "没有名为“没有这条街”的街道"),
        ("街道:U006", "没有名为“U006”的街道"),
        ("分类:zzz", "没有名为“zzz”的分类"),
        ("分类:住防", "没有名为“住防”的分类，是不是“住房”"),
        ("状态:随便", "没有名为“随便”的状态，可以写：有效、"),
    ],
)
@pytest.mark.parametrize("words", ["", "公积金 "])
def test_a_name_that_nothing_has_is_told_and_finds_nothing(
    searcher: Searcher, session: Session, words: str, written: str, told: str
) -> None:
    for everything in (False, True):
        answer = searcher.search(session, words + written, on=DAY, everything=everything)
        assert ids(answer) == set()
        assert any(note.startswith(told) for note in answer.notes)


def test_an_editor_finds_by_words_what_no_index_holds_and_a_resident_does_not(
    searcher: Searcher, session: Session
) -> None:
    written = "公积金草稿提取 状态:草稿"
    assert ids(searcher.search(session, written, on=DAY, everything=True)) == {"KB-5"}
    assert ids(searcher.search(session, written, on=DAY)) == set()
    chosen = searcher.search(session, "公积金草稿提取", Narrowing(state="草稿"), on=DAY, everything=True)
    assert ids(chosen) == {"KB-5"}
    assert ids(searcher.search(session, "路灯 状态:草稿", on=DAY, everything=True)) == set()
    assert ids(searcher.search(session, "公积金 状态:已发布", on=DAY, everything=True)) >= {"KB-1", "KB-4"}


def test_fields_alone_list_what_lies_in_them(searcher: Searcher, session: Session) -> None:
    assert ids(searcher.search(session, "分类:住房", on=DAY)) == {"KB-1", "KB-2"}
    assert ids(searcher.search(session, "状态:草稿", on=DAY, everything=True)) == {"KB-5"}
    assert ids(searcher.search(session, "状态:草稿", on=DAY)) == set()
    assert ids(searcher.search(session, "编号:KB-5", on=DAY)) == set()


def test_another_query_is_offered_where_this_one_found_little(searcher: Searcher, session: Session) -> None:
    assert searcher.search(session, "露等", on=DAY).instead == "路灯"
    assert searcher.search(session, "鹿灯", on=DAY).instead == "路灯"


@pytest.mark.parametrize("query", ["路灯不亮", "公积金", "路灯不亮找谁报修", "今天吃什么", "", "?"])
def test_no_other_query_is_offered_without_need(searcher: Searcher, session: Session, query: str) -> None:
    assert searcher.search(session, query, on=DAY).instead == ""


def test_a_sure_slip_finds_at_once(searcher: Searcher, session: Session) -> None:
    assert "KB-1" in ids(searcher.search(session, "租房 gongjijin", on=DAY))


@pytest.mark.parametrize("query", ["", " ", "？", '"', "-", "的", "*" * 10_000, "\x00", "公" * 10_000, "-租房"])
def test_any_query_is_answered(searcher: Searcher, session: Session, query: str) -> None:
    assert isinstance(searcher.search(session, query, on=DAY), Answer)


def test_the_index_sees_the_article_as_it_is(session: Session) -> None:
    assert {each.id for each in published(session)} == {number for number, *_, status, _ in ROWS if status != "draft"}
    assert all(each == to_document(session.get_one(Article, _id(session, each.id))) for each in published(session))


def _id(session: Session, number: str) -> str:
    return next(each.id for each in session.query(Article) if each.number == number)
