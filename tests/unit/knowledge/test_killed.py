"""A process killed (SIGKILL) while it writes the index leaves one that says what it stands at, or is built anew."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from district.pack import District
from district.schemas import ArticleSource
from knowledge import articles, engines, lifecycle
from knowledge.following import IndexFollower
from knowledge.index import SearchIndex
from knowledge.local_index import LocalIndex
from storage.database import Database
from tests.unit.knowledge.doomed import Grams, numbered
from tests.unit.knowledge.people import EDITOR

ROOT = Path(__file__).parents[3]
Kill = Callable[[str, float], None]


@pytest.fixture(params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def index(engine: str, tmp_path: Path) -> Iterator[LocalIndex]:
    made = engines.open_index(tmp_path / "index", engine, analyzer=Grams(tmp_path))
    yield made
    made.close()


@pytest.fixture
def kill(engine: str, tmp_path: Path) -> Kill:
    """Lets a process write to the index and kills it so many seconds after it has begun."""

    def run(what: str, after: float = 0.0) -> None:
        command = [sys.executable, "-m", "tests.unit.knowledge.doomed", engine, str(tmp_path / "index"), what]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        assert process.stdout is not None
        with process.stdout as said:
            assert said.readline() == b"writing\n"
            time.sleep(after)
            process.kill()
        process.wait(timeout=10)

    return run


def number_in(index: SearchIndex) -> set[str]:
    """What the articles say of the place in the change log."""
    return {"".join(filter(str.isdigit, hit.highlights.split("编号")[-1])) for hit in index.search("路灯报修")}


def test_killed_in_the_middle_of_a_change_it_stands_where_it_stood(index: LocalIndex, kill: Kill) -> None:
    index.rebuild(numbered(7), cursor=7)
    kill("apply", 0)
    assert (index.ready(), index.cursor(), index.size()) == (True, 7, 3)
    assert not index.search("只写了一半")
    index.apply(numbered(8), (), cursor=8)  # and nothing is locked
    assert (index.cursor(), number_in(index)) == (8, {"8"})


def test_killed_in_the_middle_of_a_rebuild_the_old_index_answers(index: LocalIndex, kill: Kill, tmp_path: Path) -> None:
    index.rebuild(numbered(7), cursor=7)
    kill("rebuild", 0)
    assert (index.ready(), index.cursor(), number_in(index)) == (True, 7, {"7"})
    index.rebuild(numbered(8), cursor=8)
    assert number_in(index) == {"8"}
    assert len(list((tmp_path / "index").glob("g*"))) == 2  # the half-made generation is swept


def test_killed_at_any_moment_documents_and_cursor_agree(index: LocalIndex, kill: Kill) -> None:
    index.rebuild(numbered(1), cursor=1)
    for after in (0.05, 0.11, 0.17, 0.23):
        kill("changes", after)
        assert index.size() == 3
        assert number_in(index) == {str(index.cursor())}
    assert index.cursor() > 1


@pytest.mark.parametrize("what", ["rebuild", "apply"])
def test_what_a_killed_process_left_heals_by_itself(
    index: LocalIndex,
    kill: Kill,
    what: str,
    sqlite_database: Database,
    district: District,
    source: Callable[..., ArticleSource],
    now: datetime,
) -> None:
    kill("rebuild", 0)  # there was no index before: half of one is none
    assert not index.ready()
    with sqlite_database.write.begin() as session:
        sources = [source(f"KB-000{number}") for number in (1, 2, 3)]
        articles.import_sources(session, sources, actor="author", now=now, publish_them=True)
    follower = IndexFollower(sqlite_database, index)
    assert follower.catch_up() == 3
    kill(what, 0)
    with sqlite_database.write.begin() as session:
        lifecycle.withdraw(session, district, "KB-0001", actor=EDITOR, now=now, reason="有误")
    assert follower.catch_up() == 1
    assert {hit.id for hit in index.search("居住证 路灯 高龄津贴")} == {"KB-0002", "KB-0003"}
