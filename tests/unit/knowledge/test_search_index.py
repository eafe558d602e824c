"""What every engine keeps: built beside the old index, switched at once, never half of either; queries are plain text."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge.analysis import Analyzer
from knowledge.errors import IndexMissing
from knowledge.index import Document, Filters, Message
from knowledge.local_index import LocalIndex
from knowledge.tantivy_index import TantivyIndex
from knowledge.whoosh_index import WhooshIndex
from tests.unit.knowledge.conftest import ARTICLES

Open = Callable[..., LocalIndex]
LAMP = "路灯不亮找谁修"
ODD = [
    "",
    " \n\t",
    "？！。，",
    "\0",
    "\ud800",
    "\u202e",
    "😀",
    "id:KB-0001",
    "* OR title:*",
    "路灯 AND NOT (",
    "路灯~2 ^5 [a TO z]",
    '"路灯',
    "\x00state",
    "<script>alert(1)</script>路灯",
    "a" * 100_000,
    "的" * 100_000,
    "路灯坏了，" * 20_000,
    "'; drop table articles; --",
]


@pytest.fixture(params=[WhooshIndex, TantivyIndex], ids=["whoosh", "tantivy"])
def opened(request: pytest.FixtureRequest, analyzer: Analyzer) -> Iterator[Open]:
    """Opens an index of one engine in a folder; called again it is as another process would see it."""
    made: list[LocalIndex] = []

    def open_at(folder: Path, analyzer: Analyzer = analyzer) -> LocalIndex:
        made.append(request.param(folder, analyzer=analyzer))
        return made[-1]

    yield open_at
    for index in made:
        index.close()


@pytest.fixture
def empty(opened: Open, tmp_path: Path) -> LocalIndex:
    """An index never built."""
    return opened(tmp_path / "index")


@pytest.fixture
def index(empty: LocalIndex) -> LocalIndex:
    """An index of the four articles."""
    empty.rebuild([Document(id=key, title=title, body=body) for key, (title, body) in ARTICLES.items()], cursor=7)
    return empty


def ids(index: LocalIndex, query: str, **filters: object) -> list[str]:
    return [hit.id for hit in index.search(query, filters=Filters(**filters))]  # type: ignore[arg-type]


def folders(index: LocalIndex, root: Path) -> list[str]:
    return sorted(path.name for path in (root / "index").glob("g*"))


def test_the_article_that_answers_comes_first(index: LocalIndex) -> None:
    assert ids(index, LAMP)[0] == "KB-0002"
    assert ids(index, "居住证在哪办")[0] == "KB-0001"


@pytest.mark.parametrize("query", ODD, ids=lambda query: repr(query[:12]))
def test_no_query_is_an_order_to_the_engine_or_an_error(index: LocalIndex, query: str) -> None:
    hits = index.search(query)
    assert len(hits) <= 4
    assert all("<script" not in hit.highlights for hit in hits)
    if "路灯" in query:
        assert hits[0].id == "KB-0002"


def test_a_desks_first_article_is_found(empty: LocalIndex) -> None:
    empty.rebuild([Document("KB-0002", "路灯坏了找谁修", "路灯报修")], cursor=1)
    assert ids(empty, LAMP) == ["KB-0002"]


def test_a_warmed_index_answers_as_a_cold_one_does(index: LocalIndex, tmp_path: Path, opened: Open) -> None:
    cold = [index.search(query) for query in ("居住证怎么办", "噪声", "路灯坏了")]
    warmed = opened(tmp_path / "index")
    warmed.warm()
    assert [warmed.search(query) for query in ("居住证怎么办", "噪声", "路灯坏了")] == cold


def test_there_is_nothing_to_warm_before_an_index_is_built(empty: LocalIndex) -> None:
    empty.warm()
    assert not empty.ready()


def test_asking_twice_gives_the_same_answer(index: LocalIndex) -> None:
    assert index.search("办理 申请 投诉") == index.search("办理 申请 投诉")


def test_an_index_never_built_says_so(empty: LocalIndex) -> None:
    assert (empty.ready(), empty.cursor(), empty.size()) == (False, 0, 0)
    with pytest.raises(IndexMissing):
        empty.search(LAMP)
    with pytest.raises(IndexMissing):
        empty.apply([], [], cursor=1)


def test_changes_and_the_cursor_are_one_commit(index: LocalIndex) -> None:
    index.apply([Document("KB-0005", "停水通知在哪看", "自来水公司公众号")], ["KB-0002"], cursor=9)
    assert index.cursor() == 9
    assert "KB-0002" not in ids(index, LAMP)
    assert ids(index, "停水通知")[0] == "KB-0005"
    assert index.size() == 4


def test_a_failing_change_leaves_documents_and_cursor(index: LocalIndex) -> None:
    def broken() -> object:
        yield Document("KB-0005", "停水", "通知")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.apply(broken(), ["KB-0002"], cursor=9)  # type: ignore[arg-type]
    assert (index.cursor(), index.size()) == (7, 4)
    index.apply([], ["KB-0002"], cursor=9)  # and nothing is locked
    assert (index.cursor(), index.size()) == (9, 3)


def test_an_index_never_steps_back(index: LocalIndex) -> None:
    index.apply([], ["KB-0002"], cursor=9)
    index.apply([Document("KB-0002", "路灯坏了找谁修", "旧的")], [], cursor=8)
    assert index.cursor() == 9
    assert "KB-0002" not in ids(index, LAMP)


def test_a_rebuild_switches_at_once_and_old_generations_go(index: LocalIndex, tmp_path: Path) -> None:
    for number in range(1, 4):
        index.rebuild([Document("KB-0009", f"第{number}次", "正文")], cursor=number)
        assert ids(index, f"第{number}次") == ["KB-0009"]
    assert folders(index, tmp_path) == ["g3", "g4"]
    assert index.cursor() == 3


def test_a_failing_rebuild_leaves_the_old_index_in_force(index: LocalIndex, tmp_path: Path) -> None:
    def broken() -> object:
        yield Document("KB-0005", "停水", "通知")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        index.rebuild(broken(), cursor=9)  # type: ignore[arg-type]
    assert ids(index, LAMP)[0] == "KB-0002"
    index.rebuild([Document("KB-0005", "停水", "通知")], cursor=9)
    assert len(folders(index, tmp_path)) <= 2  # what the failure left is swept


def test_a_process_killed_while_rebuilding_leaves_the_old_index_in_force(index: LocalIndex, tmp_path: Path) -> None:
    half = tmp_path / "index" / "g2"
    half.mkdir()
    (half / "segment.part").write_bytes(b"half")
    assert ids(index, LAMP)[0] == "KB-0002"
    index.rebuild([Document("KB-0005", "停水", "通知")], cursor=9)
    assert ids(index, "停水") == ["KB-0005"]
    assert folders(index, tmp_path) == ["g1", "g3"]


@pytest.mark.parametrize("content", [b"", b"g99", b"../../etc", b"\xff\xfe"])
def test_a_damaged_pointer_counts_as_no_index(index: LocalIndex, tmp_path: Path, content: bytes) -> None:
    index.close()
    (tmp_path / "index" / "CURRENT").write_bytes(content)
    assert not index.ready()
    index.rebuild([Document("KB-0005", "停水", "通知")], cursor=1)
    assert ids(index, "停水") == ["KB-0005"]


# Whoosh leaves its table of contents open when it cannot read it.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*_MAIN_1.toc:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("left", [0, 10])
def test_a_damaged_index_counts_as_none(index: LocalIndex, tmp_path: Path, opened: Open, left: int) -> None:
    index.close()
    for path in (tmp_path / "index" / "g1").iterdir():
        path.write_bytes(path.read_bytes()[:left])
    fresh = opened(tmp_path / "index")
    assert not fresh.ready()
    assert (fresh.cursor(), fresh.size(), fresh.outgrown()) == (0, 0, False)
    fresh.rebuild([Document("KB-0005", "停水", "通知")], cursor=1)
    assert ids(fresh, "停水") == ["KB-0005"]


def test_an_index_whose_files_are_gone_counts_as_none(index: LocalIndex, tmp_path: Path, opened: Open) -> None:
    index.close()
    for path in (tmp_path / "index" / "g1").iterdir():
        path.unlink()
    assert not opened(tmp_path / "index").ready()


def test_an_index_cut_by_another_tokeniser_is_not_used(index: LocalIndex, tmp_path: Path, opened: Open) -> None:
    class Newer(Analyzer):
        version = "jieba-9/other"

    other = opened(tmp_path / "index", Newer(tmp_path / "words"))
    assert index.ready()
    assert not other.ready()
    with pytest.raises(IndexMissing):
        other.search(LAMP)


def test_a_second_reader_sees_what_the_first_wrote(index: LocalIndex, tmp_path: Path, opened: Open) -> None:
    second = opened(tmp_path / "index")
    assert ids(second, LAMP)[0] == "KB-0002"
    index.apply([], ["KB-0002"], cursor=9)
    assert "KB-0002" not in ids(second, LAMP)
    index.rebuild([Document("KB-0005", "停水", "通知")], cursor=10)
    assert ids(second, "停水") == ["KB-0005"]


def test_searches_go_on_while_it_is_rebuilt(index: LocalIndex) -> None:
    stop, wrong = threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            try:
                if ids(index, LAMP)[:1] != ["KB-0002"]:
                    wrong.append("lost")
            except Exception as problem:
                wrong.append(repr(problem))

    asking = threading.Thread(target=ask)
    asking.start()
    for number in range(4):
        index.rebuild([Document("KB-0002", "路灯坏了找谁修", "路灯报修")], cursor=number)
    stop.set()
    asking.join()
    assert wrong == []


def test_filters_narrow_by_day_category_and_audience(empty: LocalIndex) -> None:
    empty.rebuild(
        [
            Document("old", "供暖补贴", "旧办法", valid_until=date(2025, 12, 31), category="0301"),
            Document("now", "供暖补贴", "新办法", valid_from=date(2026, 1, 1), category="030102", audience="老人"),
            Document("any", "供暖补贴", "问答", category="04", unit="U2", street="城东"),
        ],
        cursor=1,
    )
    assert set(ids(empty, "供暖补贴", on=date(2026, 3, 1))) == {"now", "any"}
    assert set(ids(empty, "供暖补贴", on=date(2025, 12, 31))) == {"old", "any"}
    assert set(ids(empty, "供暖补贴", category="03")) == {"old", "now"}
    assert set(ids(empty, "供暖补贴", audience="学生")) == {"old", "any"}
    assert set(ids(empty, "供暖补贴", unit="U2")) == {"any"}
    assert set(ids(empty, "供暖补贴", street="城西")) == {"old", "now"}
    assert ids(empty, "供暖补贴", category="3") == ids(empty, "无关的话", category="03") == []


def test_texts_of_any_characters_can_be_indexed(empty: LocalIndex) -> None:
    body = "路灯\0\ud800\u202e😀" + "很长" * 30_000
    empty.rebuild([Document("odd", "奇怪的<b>标题", body)], cursor=1)
    (hit,) = empty.search("路灯")
    assert hit.id == "odd"
    assert "<b>" not in hit.highlights


def test_an_inquiry_finds_what_a_search_finds_within_each_filter(index: LocalIndex) -> None:
    index.apply([Document("KB-0005", "路灯报修电话", "打热线", category="0101")], [], cursor=9)
    inquiry = index.inquire([Message(LAMP)])[0]
    for filters in (Filters(category="0101"), Filters(), Filters(category="09")):
        found = index.search(LAMP, filters=filters)
        assert inquiry.best(filters=filters) == [replace(hit, highlights="") for hit in found]
    best, *others = inquiry.best()
    assert others
    assert inquiry.best(behind=0.0) == [best]


def test_an_inquiry_stays_with_the_state_it_was_made_on(index: LocalIndex) -> None:
    inquiry = index.inquire([Message(LAMP)])[0]
    index.apply([], ["KB-0002"], cursor=9)
    assert inquiry.best()[0].id == "KB-0002"
    assert index.inquire([Message(LAMP)])[0].best()[:1] != inquiry.best()[:1]


def test_each_hit_says_why(index: LocalIndex) -> None:
    hit = index.search(LAMP)[0]
    assert hit.score == pytest.approx(sum(hit.why.values()), abs=0.01)
    assert "relative" in hit.why or "base" in hit.why
    assert 0 < hit.relevance <= 1


def test_a_search_filtered_or_not_gives_an_article_the_same_score(index: LocalIndex) -> None:
    index.apply([Document("KB-0005", "路灯报修电话", "打热线", category="0101", street="城东")], [], cursor=9)
    whole = {one.key: one.base for _, one in index.first_stage(index.question(LAMP))}
    narrow = index._open().state.ask(index.question(LAMP)).candidates(Filters(category="0101", street="城东"))
    assert [whole[one.key] for one in narrow] == pytest.approx([one.base for one in narrow])
    assert len(narrow) == 1


def test_many_changes_one_by_one_end_as_one_rebuild_would(index: LocalIndex) -> None:
    """Parts of an index are merged as it is written to, and what was removed from them goes."""
    for number in range(12):
        changed = Document("KB-0002", "路灯坏了找谁修", f"第{number}版：路灯报修")
        index.apply([changed, Document(f"KB-1{number:03}", f"充电桩{number}号", "在地下车库")], [], cursor=8 + number)
    assert index.size() == 16
    assert len(ids(index, "充电桩")) == 10
    found = [hit.id for hit in index.search("路灯报修", limit=50)]
    assert found.count("KB-0002") == 1
    assert "第11版" in index.search("路灯报修")[0].highlights.replace("<mark>", "").replace("</mark>", "")
