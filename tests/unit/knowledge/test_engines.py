"""``auto``: the number of articles decides which engine serves, and moving leaves no moment without an index."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, engines, lifecycle
from knowledge.analysis import Analyzer
from knowledge.errors import UnknownEngine
from knowledge.following import IndexFollower
from knowledge.generations import KIND, Kind
from knowledge.index import Document
from knowledge.local_index import LocalIndex
from knowledge.whoosh_index import WhooshIndex
from storage.database import Database
from tests.unit.knowledge.people import EDITOR

LAMP = "路灯不亮找谁修"
Open = Callable[..., LocalIndex]


def documents(number: int) -> list[Document]:
    """So many articles, one of them about lamps."""
    others = [Document(f"KB-1{at:03}", f"充电桩{at}号", "在地下车库") for at in range(number - 1)]
    return [Document("KB-0002", "路灯坏了找谁修", "路灯报修"), *others]


@pytest.fixture
def opened(tmp_path: Path, analyzer: Analyzer) -> Iterator[Open]:
    made: list[LocalIndex] = []

    def open_at(name: str = "auto") -> LocalIndex:
        made.append(engines.open_index(tmp_path / "index", name, analyzer=analyzer))
        return made[-1]

    yield open_at
    for index in made:
        index.close()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five articles are many here, and three are few again."""
    monkeypatch.setattr(engines, "MOST_FOR_WHOOSH", 5)
    monkeypatch.setattr(engines, "BACK_TO_WHOOSH", 3)


@pytest.mark.parametrize(
    ("articles", "serving", "engine"),
    [
        (0, "", "whoosh"),
        (2000, "", "whoosh"),
        (2001, "", "tantivy"),
        (2000, "whoosh", "whoosh"),
        (2001, "whoosh", "tantivy"),
        (1999, "tantivy", "tantivy"),
        (1801, "tantivy", "tantivy"),
        (1800, "tantivy", "whoosh"),
    ],
)
def test_whoosh_serves_up_to_two_thousand_articles_and_one_more_or_less_moves_nothing_back(
    articles: int, serving: str, engine: str
) -> None:
    assert engines.by_number(articles, Kind(serving)) == engine


def test_there_is_no_engine_of_another_name(tmp_path: Path) -> None:
    with pytest.raises(UnknownEngine, match="tantivy"):
        engines.open_index(tmp_path, "lucene")


@pytest.mark.usefixtures("few")
def test_an_index_moves_as_its_articles_become_many_and_few(opened: Open) -> None:
    index, other = opened(), opened()
    index.rebuild(documents(5), cursor=1)
    assert (index.engine, index.outgrown()) == ("whoosh", False)
    index.apply([Document("KB-0009", "停水", "通知")], [], cursor=2)
    assert (index.engine, index.outgrown()) == ("whoosh", True)
    index.rebuild(documents(6), cursor=2)
    assert (index.engine, index.outgrown(), other.engine) == ("tantivy", False, "tantivy")
    index.apply([], ["KB-1000", "KB-1001"], cursor=3)
    assert not index.outgrown()
    index.apply([], ["KB-1002"], cursor=4)
    assert other.outgrown()
    other.rebuild(documents(3), cursor=4)
    assert (index.engine, other.engine) == ("whoosh", "whoosh")
    assert index.search(LAMP)[0].id == "KB-0002"


@pytest.mark.usefixtures("few")
def test_what_a_person_chose_stays_until_the_number_is_to_decide_again(opened: Open) -> None:
    index = opened()
    index.rebuild(documents(2), cursor=1, engine="tantivy")
    assert (index.engine, index.outgrown()) == ("tantivy", False)
    index.rebuild(documents(2), cursor=2)  # as when the tokeniser changes
    assert (index.engine, opened().outgrown()) == ("tantivy", False)
    index.rebuild(documents(2), cursor=3, engine="auto")
    assert (index.engine, index.outgrown()) == ("whoosh", False)


def test_the_setting_goes_before_what_was_chosen(opened: Open) -> None:
    opened().rebuild(documents(2), cursor=1, engine="tantivy")
    index = opened("whoosh")
    assert (index.engine, index.outgrown()) == ("tantivy", True)
    assert index.search(LAMP)[0].id == "KB-0002"  # the old one answers until the new one stands
    index.rebuild(documents(2), cursor=1)
    assert (index.engine, index.outgrown()) == ("whoosh", False)


def test_searches_go_on_while_an_index_moves(opened: Open) -> None:
    index, other = opened(), opened()
    index.rebuild(documents(4), cursor=0)
    stop, wrong = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            try:
                if other.search(LAMP)[0].id != "KB-0002":
                    wrong.append("lost")
            except Exception as problem:
                wrong.append(repr(problem))

    asking = threading.Thread(target=ask)
    asking.start()
    served: list[str] = []
    for number in range(4):
        index.rebuild(documents(4), cursor=number, engine=engines.NAMES[number % 2])
        served.append(other.engine)
    stop.set()
    asking.join()
    assert wrong == []
    assert served == ["whoosh", "tantivy"] * 2


def test_an_index_of_the_time_before_there_were_two_engines_is_read(
    opened: Open, tmp_path: Path, analyzer: Analyzer
) -> None:
    old = WhooshIndex(tmp_path / "index", analyzer=analyzer)
    old.rebuild(documents(2), cursor=3)
    old.close()
    (tmp_path / "index" / "g1" / KIND).unlink()
    index = opened()
    assert (index.ready(), index.engine, index.cursor()) == (True, "whoosh", 3)


@pytest.mark.parametrize("content", [b"", b"lucene", b"\xff\xfe", b"lucene chosen"])
def test_an_index_of_an_unknown_engine_counts_as_none(opened: Open, tmp_path: Path, content: bytes) -> None:
    opened().rebuild(documents(2), cursor=3)
    (tmp_path / "index" / "g1" / KIND).write_bytes(content)
    index = opened()
    assert not index.ready()
    index.rebuild(documents(2), cursor=3)
    assert (index.ready(), index.engine) == (True, "whoosh")


@pytest.mark.usefixtures("few")
def test_a_follower_moves_the_index_when_it_is_outgrown(
    opened: Open,
    sqlite_database: Database,
    district: District,
    source: Callable[..., ArticleSource],
    now: datetime,
) -> None:
    follower = IndexFollower(sqlite_database, opened())

    def publish(keys: Sequence[str]) -> None:
        with sqlite_database.write.begin() as session:
            sources = [source(key) for key in keys]
            articles.import_sources(session, sources, actor="author", now=now, publish_them=True)
        follower.catch_up()

    publish(["KB-0001", "KB-0002"])
    assert follower.index.engine == "whoosh"
    publish([f"KB-1{number:03}" for number in range(4)])
    assert (follower.index.engine, follower.index.size()) == ("tantivy", 6)
    assert follower.index.search(LAMP)[0].id == "KB-0002"
    with sqlite_database.write.begin() as session:
        for number in range(3):
            lifecycle.withdraw(session, district, f"KB-1{number:03}", actor=EDITOR, now=now, reason="有误")
    follower.catch_up()
    assert (follower.index.engine, follower.index.size()) == ("whoosh", 3)
    follower.rebuild("tantivy")
    assert follower.catch_up() == 0
    assert follower.index.engine == "tantivy"
