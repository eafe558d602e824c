"""An index follows the change log: one or several processes, killed at any point, end with what the database says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, engines, lifecycle
from knowledge.analysis import Analyzer
from knowledge.following import IndexFollower
from knowledge.index import Document, Filters, Hit, Later
from knowledge.local_index import LocalIndex
from storage import change_log, migrate
from storage.database import Database
from tests.unit.knowledge.people import EDITOR, SECOND

Make = Callable[..., ArticleSource]
Open = Callable[[Path], LocalIndex]


@pytest.fixture
def desk(sqlite_database: Database, source: Make, now: datetime) -> Database:
    """A database with three published articles."""
    with sqlite_database.write.begin() as session:
        sources = [source(f"KB-000{number}") for number in (1, 2, 3)]
        articles.import_sources(session, sources, actor="author", now=now, publish_them=True)
    return sqlite_database


@pytest.fixture(params=["whoosh", "tantivy"])
def opened(request: pytest.FixtureRequest, analyzer: Analyzer) -> Iterator[Open]:
    made: list[LocalIndex] = []

    def open_at(folder: Path) -> LocalIndex:
        made.append(engines.open_index(folder, request.param, analyzer=analyzer))
        return made[-1]

    yield open_at
    for index in made:
        index.close()


@pytest.fixture
def follower(desk: Database, tmp_path: Path, opened: Open) -> IndexFollower:
    made = IndexFollower(desk, opened(tmp_path / "index"))
    made.catch_up()
    return made


@pytest.fixture
def withdraw(desk: Database, district: District, now: datetime) -> Callable[[str], None]:
    def taken_out(key: str) -> None:
        with desk.write.begin() as session:
            lifecycle.withdraw(session, district, key, actor=EDITOR, now=now, reason="有误")

    return taken_out


def found(follower: IndexFollower) -> set[str]:
    return {hit.id for hit in follower.index.search("居住证 路灯 津贴 高龄 老人 办理")}


def test_the_first_catching_up_builds_the_index(follower: IndexFollower) -> None:
    assert follower.index.size() == 3
    assert found(follower) == {"KB-0001", "KB-0002", "KB-0003"}
    assert follower.catch_up() == 0


def test_what_is_withdrawn_is_found_no_more_and_what_is_published_again_is(
    follower: IndexFollower, desk: Database, district: District, withdraw: Callable[[str], None], now: datetime
) -> None:
    withdraw("KB-0002")
    assert follower.catch_up() == 1
    assert found(follower) == {"KB-0001", "KB-0003"}
    with desk.write.begin() as session:
        lifecycle.submit(session, district, "KB-0002", actor=EDITOR, now=now)
        lifecycle.publish(session, district, "KB-0002", actor=SECOND, now=now)
    follower.catch_up()
    assert found(follower) == {"KB-0001", "KB-0002", "KB-0003"}


def test_a_changed_article_is_found_by_its_new_words_only(
    follower: IndexFollower, desk: Database, source: Make, now: datetime
) -> None:
    with desk.write.begin() as session:
        changed = source("KB-0002", question="充电桩怎么申请", short_answer="向物业申请充电桩", body="充电桩")
        articles.import_sources(session, [changed], actor="author", now=now, publish_them=True)
    follower.catch_up()
    assert [hit.id for hit in follower.index.search("充电桩")] == ["KB-0002"]
    assert "KB-0002" not in {hit.id for hit in follower.index.search("路灯坏了")}


def test_a_published_text_is_found_until_its_next_version_comes_out(
    follower: IndexFollower, desk: Database, district: District, source: Make, now: datetime
) -> None:
    with desk.write.begin() as session:
        changed = source("KB-0002", question="充电桩怎么申请", short_answer="向物业申请充电桩", body="充电桩")
        articles.import_sources(session, [changed], actor="author", now=now)
        lifecycle.submit(session, district, "KB-0002", actor=EDITOR, now=now)
    follower.catch_up()
    assert "KB-0002" in {hit.id for hit in follower.index.search("路灯坏了")}
    assert not follower.index.search("充电桩")
    with desk.write.begin() as session:
        lifecycle.publish(session, district, "KB-0002", actor=SECOND, now=now)
    follower.catch_up()
    assert "KB-0002" not in {hit.id for hit in follower.index.search("路灯坏了")}
    assert [hit.id for hit in follower.index.search("充电桩")] == ["KB-0002"]


def test_changes_rolled_back_are_not_followed(
    follower: IndexFollower, desk: Database, district: District, now: datetime
) -> None:
    with desk.write() as session:
        lifecycle.withdraw(session, district, "KB-0002", actor=EDITOR, now=now, reason="有误")
        session.rollback()
    assert follower.catch_up() == 0
    assert "KB-0002" in found(follower)


def test_two_processes_with_indexes_of_their_own_follow_one_database(
    follower: IndexFollower, desk: Database, tmp_path: Path, opened: Open, withdraw: Callable[[str], None]
) -> None:
    second = IndexFollower(desk, opened(tmp_path / "second"))
    second.catch_up()
    withdraw("KB-0001")
    assert (follower.catch_up(), second.catch_up()) == (1, 1)
    assert found(follower) == found(second) == {"KB-0002", "KB-0003"}


def test_two_processes_sharing_a_folder_end_together(
    follower: IndexFollower, desk: Database, tmp_path: Path, opened: Open, withdraw: Callable[[str], None]
) -> None:
    second = IndexFollower(desk, opened(tmp_path / "index"))
    withdraw("KB-0001")
    threads = [threading.Thread(target=one.catch_up) for one in (follower, second) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(follower) == found(second) == {"KB-0002", "KB-0003"}
    assert follower.index.cursor() == second.index.cursor()


class Dying:
    """The index of a process that dies in the middle of its next change."""

    def __init__(self, index: LocalIndex) -> None:
        self._index = index

    @property
    def engine(self) -> str:
        return self._index.engine

    def outgrown(self) -> bool:
        return self._index.outgrown()

    def ready(self) -> bool:
        return self._index.ready()

    def warm(self) -> None:
        self._index.warm()

    def cursor(self) -> int:
        return self._index.cursor()

    def apply(self, changed: Iterable[Document], removed: Iterable[str], *, cursor: int, since: int = 0) -> None:
        def until_it_dies() -> Iterator[Document]:
            yield from changed
            raise SystemExit

        self._index.apply(until_it_dies(), removed, cursor=cursor, since=since)

    def rebuild(
        self, documents: Iterable[Document], *, cursor: int, engine: str = "", later: Later | None = None
    ) -> None:
        self._index.rebuild(documents, cursor=cursor, engine=engine, later=later)

    def search(self, query: str, *, limit: int = 10, filters: Filters = Filters()) -> Sequence[Hit]:  # noqa: B008
        return self._index.search(query, limit=limit, filters=filters)

    def size(self) -> int:
        return self._index.size()

    def close(self) -> None:
        self._index.close()


def test_a_process_that_dies_between_leaves_nothing_half_followed(
    follower: IndexFollower, desk: Database, tmp_path: Path, opened: Open, withdraw: Callable[[str], None]
) -> None:
    withdraw("KB-0001")
    before = follower.index.cursor()
    with pytest.raises(SystemExit):
        IndexFollower(desk, Dying(opened(tmp_path / "index"))).catch_up()
    assert follower.index.cursor() == before
    assert "KB-0001" in found(follower)
    assert follower.catch_up() == 1
    assert "KB-0001" not in found(follower)


def test_an_index_of_another_database_is_built_anew(
    follower: IndexFollower, tmp_path: Path, source: Make, now: datetime
) -> None:
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    migrate.upgrade(other)
    with other.write.begin() as session:
        articles.import_sources(session, [source("KB-0004")], actor="author", now=now, publish_them=True)
    moved = IndexFollower(other, follower.index)
    assert moved.catch_up() == 1
    assert [hit.id for hit in moved.index.search("噪声")] == ["KB-0004"]
    assert moved.index.size() == 1
    other.dispose()


def test_entries_of_other_topics_are_passed_over(follower: IndexFollower, desk: Database, now: datetime) -> None:
    with desk.write.begin() as session:
        change_log.record(session, "cases", "some-case", "opened", now=now)
    assert follower.catch_up() == 0


def test_many_changes_are_followed_in_batches(
    follower: IndexFollower, desk: Database, source: Make, now: datetime
) -> None:
    with desk.write.begin() as session:
        sources = [source(f"KB-1{number:03}", question=f"问题{number}") for number in range(520)]
        articles.import_sources(session, sources, actor="author", now=now, publish_them=True)
    assert follower.catch_up() == 520
    assert follower.index.size() == 523
