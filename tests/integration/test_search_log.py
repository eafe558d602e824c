"""What of a search is written down: never who asked, nothing personal, and no search waits or fails for it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlalchemy import delete, select, text

from api import search_log as writing
from api.jobs import upkeep
from knowledge import search_log
from knowledge.gap_tables import SearchEntry
from tests.integration.interface import World, signed_in, unjudged

__all__ = ["unjudged"]

RENT = "租房怎么提公积金"


@pytest.fixture(scope="module")
def served(unjudged: World) -> World:
    return unjudged


@pytest.fixture
def world(served: World) -> World:
    """With an empty log."""
    served.desk.search_log.settle()
    with served.desk.database.write.begin() as session:
        session.execute(delete(SearchEntry))
    return served


@pytest.fixture(scope="module")
def resident(served: World) -> httpx.Client:
    return served.stack.enter_context(httpx.Client(base_url=served.url, timeout=60))


@pytest.fixture(scope="module")
def agent(served: World) -> httpx.Client:
    return signed_in(served, "agent")


def entries(world: World) -> list[SearchEntry]:
    world.desk.search_log.settle()
    with world.desk.database.read() as session:
        return list(session.scalars(select(SearchEntry)))


def opening(page: httpx.Response) -> str:
    """Where the page tells that its first result was opened."""
    found = re.search(r'data-opened="([^"]+)"', page.text)
    assert found
    return unescape(found[1])


def test_a_search_is_written_with_its_hour_role_and_page_and_what_it_found(
    world: World, resident: httpx.Client, agent: httpx.Client
) -> None:
    resident.get("/search", params={"q": RENT})
    agent.get("/search", params={"q": RENT})
    agent.get("/search", params={"q": RENT, "at": "ticket"})
    resident.get("/search", params={"q": RENT, "at": "ticket"})
    world.as_("agent").get("/search", params={"q": RENT})
    world.as_("agent").get("/articles", params={"q": RENT})
    found = entries(world)
    assert sorted((each.role, each.page) for each in found) == [
        ("public", "search"),
        ("public", "search"),
        ("staff", "api"),
        ("staff", "api"),
        ("staff", "search"),
        ("staff", "ticket"),
    ]
    assert {(each.query, each.first, each.opened) for each in found} == {(RENT, "KB-0023", "")}
    assert all(each.hits and each.relevance > 0.4 for each in found)
    assert all(each.at.minute == each.at.second == each.at.microsecond == 0 for each in found)
    columns = {"key", "at", "role", "page", "query", "hits", "first", "relevance", "opened"}
    assert {column.name for column in SearchEntry.__table__.columns} == columns, "nothing of who asked"


def test_paging_narrowing_and_coming_back_are_no_new_search(world: World, resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": "电动车"})
    links = [unescape(link) for link in re.findall(r'href="(/search\?[^"]*(?:category|all)=[^"]*)"', page.text)]
    assert len(links) > 2
    for link in links:
        assert resident.get(link).status_code == 200
    key = world.as_("agent").get("/search", params={"q": "电动车"}).json()["search"]
    world.as_("agent").get("/search", params={"q": "电动车", "category": "01", "search": key})
    assert len(entries(world)) == 2
    resident.get("/search", params={"q": "电动车", "s": "2020010100-AAAAAAAAAAAAAAAA"})
    assert len(entries(world)) == 3, "a search of long ago does not go on"


def test_what_is_suggested_and_no_query_at_all_is_not_written(world: World, resident: httpx.Client) -> None:
    resident.get("/search")
    resident.get("/search", params={"q": "  "})
    resident.get("/search/suggestions", params={"q": "公积金"})
    resident.get("/api/v1/search/suggestions", params={"q": "公积金"})
    assert entries(world) == []


def test_the_article_opened_first_is_kept(world: World, resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": RENT})
    assert resident.post(opening(page)).status_code == 204
    assert resident.post(opening(page).replace("KB-0023", "KB-0001")).status_code == 204
    (entry,) = entries(world)
    assert entry.opened == "KB-0023"


def test_only_articles_of_searches_not_long_ago_are_opened(world: World, resident: httpx.Client) -> None:
    address = opening(resident.get("/search", params={"q": RENT}))
    for other in (address.replace("KB-0023", "13800138000"), "/search/nonsense/opened/KB-0023"):
        assert resident.post(other).status_code == 204
    (entry,) = entries(world)
    assert entry.opened == ""
    key = world.as_("agent").get("/search", params={"q": RENT}).json()["search"]
    assert world.as_("").post(f"/search/{key}/opened/KB-0023").status_code == 401
    assert world.as_("agent").post(f"/search/{key}/opened/KB-0023").status_code == 204
    assert sorted(each.opened for each in entries(world)) == ["", "KB-0023"]


@pytest.mark.parametrize(
    "personal", ["13800138000", "110101199003071234", "冀A·12345", "20261129-0001", "王小明", "zhang3@example.com"]
)
def test_nothing_personal_reaches_the_table_by_any_way(
    world: World, resident: httpx.Client, agent: httpx.Client, personal: str
) -> None:
    for query in (f"{personal} 低保怎么申请", f"低保怎么申请 {personal}", personal):
        resident.get("/search", params={"q": query})
        agent.get("/search", params={"q": query, "at": "ticket"})
        world.as_("agent").get("/search", params={"q": query})
        world.as_("agent").get("/articles", params={"q": query})
    found = entries(world)
    assert len(found) == 8, "what is only personal is not written at all"
    assert {each.query.replace("**", "").strip() for each in found} == {"低保怎么申请"}


def test_a_long_query_is_cut_and_no_query_breaks_the_log(world: World, resident: httpx.Client) -> None:
    for query in ("公积金" * 2_000, "公积金\0提取", "\ud800公积金".encode("utf-8", "surrogatepass")):
        assert resident.get("/search", params={"q": query}).status_code in (200, 422)  # type: ignore[dict-item]
    found = entries(world)
    assert len(found) >= 2
    assert all(len(each.query) <= 100 and "\0" not in each.query for each in found)


def test_a_broken_log_breaks_no_search(world: World, resident: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    def rename(old: str, new: str) -> None:
        with world.desk.database.write.begin() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))

    rename("searches", "gone")
    try:
        page = resident.get("/search", params={"q": RENT})
        assert page.status_code == 200
        assert "租房怎么提取住房公积金？" in page.text
        assert resident.post(opening(page)).status_code == 204
        assert world.as_("agent").get("/search", params={"q": RENT}).json()["items"]
        world.desk.search_log.settle()
    finally:
        rename("gone", "searches")
    assert "searches were not written down" in caplog.text
    assert RENT not in caplog.text
    resident.get("/search", params={"q": RENT})
    assert len(entries(world)) == 1, "it goes on when the table is back"


def test_a_program_that_reads_the_pages_fills_no_disk(
    world: World, resident: httpx.Client, agent: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_AN_HOUR", 2)
    monkeypatch.setattr(world.desk.search_log, "_hour", None)
    for _ in range(4):
        resident.get("/search", params={"q": RENT})
    agent.get("/search", params={"q": RENT})
    assert sorted(each.role for each in entries(world)) == ["public", "public", "staff"]
    monkeypatch.setattr(world.desk.search_log, "_hour", None)


def test_searches_are_deleted_when_they_are_older_than_the_setting(
    world: World, resident: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = world.desk.now()
    old, young = now - timedelta(days=181), now - timedelta(days=178)
    with world.desk.database.write.begin() as session:
        for at, query in ((old, "甲"), (young, "乙")):
            key = search_log.new_key(at)
            search_log.keep(session, search_log.Searched(key, "public", "search", query, 0))
    assert upkeep.forget(world.desk) >= 1
    assert [each.query for each in entries(world)] == ["乙"]
    monkeypatch.setattr(world.desk, "settings", world.desk.settings.model_copy(update={"search_log_days": 0}))
    resident.get("/search", params={"q": RENT})
    assert [each.query for each in entries(world)] == ["乙"], "no days: nothing is written"
