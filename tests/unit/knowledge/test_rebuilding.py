"""Changes go on while an index is built anew, and nothing of them is lost when the new one takes its place."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, lifecycle
from knowledge.engine import Engine, Stand
from knowledge.following import IndexFollower
from knowledge.generations import Generations
from knowledge.index import Changes, Document
from knowledge.local_index import LocalIndex
from knowledge.tantivy_index import TantivyEngine
from knowledge.whoosh_index import WhooshEngine
from storage.database import Database
from tests.unit.knowledge.doomed import Grams
from tests.unit.knowledge.people import EDITOR

Open = Callable[[], LocalIndex]
PATIENCE = 30.0
LAMP, POST = Document("KB-0002", "路灯坏了找谁修", "路灯报修"), Document("KB-0009", "充电桩", "充电桩在地下车库")


class Held:
    """An engine that builds its next index only when it is let go."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name, self.open, self.change = engine.name, engine.open, engine.change
        self.building, self.go = threading.Event(), threading.Event()
        self.go.set()
        self.at_once = self.most_at_once = 0

    def create(self, folder: Path, documents: Iterable[Document], stand: Stand) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.building.set()
        assert self.go.wait(PATIENCE)
        self._engine.create(folder, documents, stand)
        self.at_once -= 1

    def hold(self) -> None:
        self.building.clear()
        self.go.clear()


@pytest.fixture(params=[WhooshEngine, TantivyEngine])
def engine(request: pytest.FixtureRequest) -> Held:
    return Held(request.param())


@pytest.fixture
def opened(engine: Held, tmp_path: Path) -> Iterator[Open]:
    made: list[LocalIndex] = []

    def open_it() -> LocalIndex:
        """As another process opens it: with a lock and files of its own."""
        made.append(LocalIndex(tmp_path / "index", [engine], lambda *_: engine.name, analyzer=Grams(tmp_path)))
        return made[-1]

    yield open_it
    engine.go.set()
    for index in made:
        index.close()


@pytest.fixture
def desk(sqlite_database: Database, source: Callable[..., ArticleSource], now: datetime) -> Database:
    """A database with three published articles."""
    with sqlite_database.write.begin() as session:
        sources = [source(f"KB-000{number}") for number in (1, 2, 3)]
        articles.import_sources(session, sources, actor="author", now=now, publish_them=True)
    return sqlite_database


@pytest.fixture
def change(
    desk: Database, district: District, source: Callable[..., ArticleSource], now: datetime
) -> Callable[[], None]:
    def changed() -> None:
        """Publish one article and withdraw another."""
        with desk.write.begin() as session:
            new = source("KB-0009", question="充电桩", short_answer="充电桩", body="充电桩")
            articles.import_sources(session, [new], actor="author", now=now, publish_them=True)
            lifecycle.withdraw(session, district, "KB-0002", actor=EDITOR, now=now, reason="有误")

    return changed


def found(index: LocalIndex, text: str = "充电桩 路灯") -> set[str]:
    return {hit.id for hit in index.search(text)}


def started(engine: Held, build: Callable[[], object]) -> threading.Thread:
    engine.hold()
    thread = threading.Thread(target=build)
    thread.start()
    assert engine.building.wait(PATIENCE)
    return thread


def finish(engine: Held, thread: threading.Thread) -> None:
    engine.go.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_change_is_found_while_the_index_is_built_anew(opened: Open, engine: Held) -> None:
    index, other = opened(), opened()
    index.rebuild([LAMP], cursor=7)
    building = started(engine, lambda: index.rebuild([LAMP], cursor=7))
    other.apply([POST], ["KB-0002"], cursor=8, since=7)
    assert (found(index), index.cursor()) == (found(other), other.cursor()) == ({"KB-0009"}, 8)
    finish(engine, building)
    # The new one stands where it was built, whatever the old one knew.
    assert (found(other), other.cursor()) == ({"KB-0002"}, 7)
    other.apply([POST], ["KB-0002"], cursor=8, since=7)
    assert (found(index), index.cursor()) == ({"KB-0009"}, 8)


def test_the_new_index_catches_up_before_it_takes_the_place_of_the_old(opened: Open, engine: Held) -> None:
    index = opened()
    index.rebuild([LAMP], cursor=7)
    told = {7: Changes([POST], [], 8), 8: Changes([], ["KB-0002"], 9)}
    building = started(engine, lambda: index.rebuild([LAMP], cursor=7, later=told.get))
    assert (found(index), index.cursor()) == ({"KB-0002"}, 7)
    finish(engine, building)
    assert (found(index), index.cursor()) == ({"KB-0009"}, 9)


def test_changes_that_begin_beyond_the_new_index_do_not_move_its_cursor(opened: Open) -> None:
    index = opened()
    index.rebuild([LAMP], cursor=7)
    index.apply([POST], [], cursor=10, since=9)
    assert (found(index), index.cursor()) == ({"KB-0002"}, 7)


def test_two_rebuilds_exclude_each_other_and_the_older_does_not_undo_the_newer(opened: Open, engine: Held) -> None:
    index, other = opened(), opened()
    index.rebuild([LAMP], cursor=7)
    newer = started(engine, lambda: index.rebuild([POST], cursor=9))
    older = threading.Thread(target=lambda: other.rebuild([LAMP], cursor=8))
    older.start()
    finish(engine, newer)
    finish(engine, older)
    assert engine.most_at_once == 1
    assert (found(index), index.cursor()) == (found(other), other.cursor())
    with Generations(index._generations.folder).building():  # and nothing is locked
        pass


def test_another_process_follows_while_one_rebuilds(
    desk: Database, opened: Open, engine: Held, change: Callable[[], None]
) -> None:
    one, other = IndexFollower(desk, opened()), IndexFollower(desk, opened())
    one.catch_up()
    building = started(engine, one.rebuild)
    change()
    other.catch_up()
    assert found(other.index) == {"KB-0009"}
    finish(engine, building)
    assert found(one.index) == found(other.index) == {"KB-0009"}
    assert (one.catch_up(), other.catch_up()) == (0, 0)


def test_a_process_follows_while_it_rebuilds_itself(
    desk: Database, opened: Open, engine: Held, change: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("knowledge.following.PAUSE", 0.01)
    follower = IndexFollower(desk, opened())
    follower.catch_up()
    building = started(engine, follower.rebuild)
    change()
    until = time.monotonic() + PATIENCE
    while found(follower.index) != {"KB-0009"} and time.monotonic() < until:
        time.sleep(0.01)
    assert found(follower.index) == {"KB-0009"}
    finish(engine, building)
    assert found(follower.index) == {"KB-0009"}
    assert follower.catch_up() == 0
