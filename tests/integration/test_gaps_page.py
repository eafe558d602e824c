"""The page and interface of knowledge gaps, on a desk with the demo's articles and searches that found nothing good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api import knowledge_gaps
from api.gap_report import NAME
from api.gap_views import first_draft
from api.web.knowledge_gaps import read_pairs
from knowledge import search_log
from knowledge.errors import UnfitFile
from knowledge.gap_tables import GapReport, SearchEntry
from knowledge.search_log import Searched
from tests.integration.interface import World, csrf, problem, signed_in, unjudged

__all__ = ["unjudged"]

DOGS = ("养狗证在哪儿办", "狗证怎么办理", "办养狗证多少钱")
POOLS = ("游泳馆几点开门", "游泳馆票价多少")
PAGE = "/articles/gaps"


def ask(world: World, *queries: str, weeks_ago: int = 0, role: Any = "public", **found: Any) -> None:
    """Searches that found nothing, or what is given."""
    at = world.desk.now() - timedelta(weeks=weeks_ago)
    with world.desk.database.write.begin() as session:
        for query in queries:
            found = {"hits": 0} | found
            search_log.keep(session, Searched(search_log.new_key(at), role, "search", query, **found))


@pytest.fixture(scope="module")
def empty(unjudged: World) -> World:
    """Before anything was computed."""
    return unjudged


@pytest.fixture(scope="module")
def world(empty: World) -> World:
    ask(empty, *DOGS)
    ask(empty, *DOGS, weeks_ago=5, role="staff")
    ask(empty, *POOLS, weeks_ago=2)
    ask(empty, *["老楼加装电梯"] * 3, hits=4, first="KB-0023", relevance=0.9)
    empty.desk.gap_reports.compute()
    return empty


@pytest.fixture(scope="module")
def editor(empty: World) -> httpx.Client:
    return signed_in(empty, "editor")


def found(world: World, **query: Any) -> dict[str, Any]:
    answer = world.as_("editor").get("/knowledge/gaps", params=query)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def topics(document: Mapping[str, Any]) -> dict[str, int]:
    return {gap["name"].split()[0]: gap["count"] for gap in document["items"]}


def test_before_anything_was_computed_the_page_says_so_and_computes_when_asked(
    empty: World, editor: httpx.Client
) -> None:
    page = editor.get(PAGE)
    assert "还没有计算过" in page.text
    assert ">没有人用的条目</a>" in page.text, "what was not counted is not said to be none"
    assert found(empty)["computed_at"] is None
    assert editor.get(PAGE, params={"part": "unused"}).status_code == 200
    begun = editor.post(f"{PAGE}/compute", data={"csrf": csrf(page.text)})
    assert begun.status_code == 200
    empty.desk.gap_reports.settle()
    assert found(empty)["computing"] is False
    assert "近来的提问都有合适的条目" in editor.get(PAGE).text
    assert empty.as_("editor").post("/knowledge/gaps").status_code == 202
    empty.desk.gap_reports.settle()


def test_what_was_searched_without_a_good_article_is_grouped_and_counted_by_week_and_page(world: World) -> None:
    document = found(world)
    assert document["asked"] == 11
    gaps = {gap["topic"]: gap for gap in document["items"]}
    dogs = next(gap for topic, gap in gaps.items() if "狗" in topic)
    assert dogs["count"] == 6
    assert dogs["channels"] == {"search_public": 3, "search_search": 3}
    assert [week["count"] for week in dogs["weeks"] if week["count"]] == [3, 3]
    assert len(dogs["weeks"]) == 13


def test_a_good_article_that_nobody_opened_is_a_gap_when_it_was_found_often(world: World) -> None:
    (lift,) = [gap for gap in found(world)["items"] if gap["passed_over"]]
    assert (lift["count"], lift["passed_over"], lift["near"]) == (3, 3, "KB-0023")


def entry(**changes: Any) -> SearchEntry:
    at = search_log.hour_of("2026032401-AAAAAAAAAAAAAAAA")
    made = {"at": at, "role": "public", "page": "search", "query": "老楼加装电梯", "hits": 2, "first": "KB-1"}
    return SearchEntry(**made | {"relevance": 0.9, "opened": ""} | changes)


@pytest.mark.parametrize(
    ("entries", "served"),
    [
        ([entry()] * 2, True),
        ([entry()] * 3, False),
        ([entry(), entry(), entry(opened="KB-1")], True),
        ([entry(page="api")] * 3, True),
        ([entry(relevance=0.1)], False),
        ([entry(relevance=0.1, opened="KB-2")], True),
        ([entry(hits=0, first="", relevance=0.0)], False),
    ],
)
def test_a_search_was_served_by_what_was_opened_or_was_good(
    world: World, entries: list[SearchEntry], served: bool
) -> None:
    asked = knowledge_gaps.of_searches(entries, world.desk.district.calendars.zone)
    assert len(asked) == len(entries)
    assert all(one.served for one in asked) is served


def test_a_query_of_fields_alone_asks_nothing(world: World) -> None:
    zone = world.desk.district.calendars.zone
    assert knowledge_gaps.of_searches([entry(query="单位:区住建局")], zone) == []


def test_period_and_channel_narrow_what_is_counted(world: World, editor: httpx.Client) -> None:
    assert sum(topics(found(world, weeks=1)).values()) == 6
    assert sum(topics(found(world, channel="search_search")).values()) == 3
    assert topics(found(world, channel="wechat")) == {}
    page = editor.get(PAGE, params={"channel": "wechat"})
    assert "这样筛选后没有缺口" in page.text
    assert editor.get(PAGE, params={"weeks": 99}).status_code == 422


def test_the_page_shows_questions_weeks_and_the_way_to_a_draft(world: World, editor: httpx.Client) -> None:
    page = editor.get(PAGE).text
    for words in (*DOGS, *POOLS, "居民检索", "工作人员检索", "没有人点开", "算出"):
        assert words in page
    assert 'class="spark"' in page
    (link,) = [each for each in re.findall(r'href="(/articles/new\?gap=[^"]+)"', page) if "%E7%8B%97" in each][:1]
    form = editor.get(link).text
    question = re.search(r'name="question" value="([^"]*)"', form)
    assert question
    assert question[1] in DOGS
    assert sum(each in form for each in DOGS) == 3
    assert editor.get("/articles/new", params={"gap": "没有这个"}).status_code == 404


def test_the_draft_is_the_agents_reply_without_whom_it_was_for(world: World) -> None:
    gap = {
        "topic": "狗证",
        "name": "狗证",
        "examples": ["**的狗证怎么办", "狗证怎么办理", ""],
        "draft": "请**到派出所。",
    }
    with world.desk.database.read() as session:
        row = session.get_one(GapReport, NAME)
        row.document = {**row.document, "gaps": [gap]}
        draft = first_draft(session, "狗证")
        session.rollback()
    assert draft == {
        "question": "狗证怎么办理",
        "similar": "（略）的狗证怎么办",
        "short_answer": "请（略）到派出所。",
        "body": "",
    }


def test_a_gap_dealt_with_is_gone_until_it_grows_and_can_be_taken_back(world: World, editor: httpx.Client) -> None:
    page = editor.get(PAGE)
    (topic,) = [gap["topic"] for gap in found(world)["items"] if "游泳" in gap["topic"]]
    form = {"csrf": csrf(page.text), "topic": topic, "back": f"{PAGE}?part=gaps"}
    done = editor.post(f"{PAGE}/mark", data=form | {"state": "handled"})
    assert "撤销" in done.text
    assert topic not in topics(found(world))
    assert topics(found(world, show="handled")) == {topic: 2}
    undone = editor.post(f"{PAGE}/mark", data=form | {"state": "open"})
    assert "已恢复为待处理" in undone.text
    assert topics(found(world))[topic] == 2
    answer = world.as_("supervisor").post("/knowledge/gaps/marks", json={"topic": topic, "state": "ignored"})
    assert answer.status_code == 200
    assert topics(found(world, show="ignored")) == {topic: 2}
    world.as_("supervisor").post("/knowledge/gaps/marks", json={"topic": topic, "state": "open"})
    unknown = world.as_("editor").post("/knowledge/gaps/marks", json={"topic": "没有这个", "state": "ignored"})
    problem(unknown, 404, "unknown-gap")
    away = editor.post(f"{PAGE}/mark", data=form | {"state": "open", "back": "//elsewhere.example"})
    assert away.url.path == PAGE


def test_the_export_has_what_the_page_shows(world: World, editor: httpx.Client) -> None:
    sheet = editor.get("/export/gaps.csv", params={"weeks": 13}).content.decode("utf-8-sig")
    assert all(each in sheet for each in DOGS)
    assert "居民检索 3" in sheet
    assert sheet.startswith('"说的是","次数"')


def test_articles_nobody_uses_and_those_that_contradict_are_shown(world: World, editor: httpx.Client) -> None:
    document = found(world)
    assert "KB-0001" in document["unused"]
    assert "KB-0001" in editor.get(PAGE, params={"part": "unused", "all": "1"}).text
    page = editor.get(PAGE, params={"part": "overlaps"}).text
    for each in document["contradictions"][:3]:
        assert each["one"] in page
        assert each["other"] in page


def test_articles_that_cite_a_registered_old_regulation_are_shown_until_it_is_taken_out(
    world: World, editor: httpx.Client
) -> None:
    page = editor.get(PAGE, params={"part": "regulations"})
    assert "登记被替换的法规后" in page.text
    form = {"csrf": csrf(page.text)}
    file = {"file": ("法规.csv", "旧法规,新法规\n《中华人民共和国社会保险法》,《社会保险条例》\n".encode("gb18030"))}
    shown = editor.post(f"{PAGE}/regulations", data=form, files=file)
    assert "《社会保险条例》" in shown.text
    assert "KB-0001" in shown.text
    assert "KB-0001" in {each["number"] for each in found(world)["replaced"]}
    refused = editor.post(f"{PAGE}/regulations", data=form | {"old": "甲", "new": ""})
    assert refused.status_code == 422
    (pair,) = world.as_("editor").get("/knowledge/regulations").json()["items"]
    assert world.as_("editor").delete(f"/knowledge/regulations/{pair['id']}").status_code == 200
    assert found(world)["replaced"] == []
    pairs = {"items": [{"old": "甲", "new": "乙"}]}
    assert world.as_("editor").post("/knowledge/regulations", json=pairs).json() == {"changed": 1}


@pytest.mark.parametrize(
    ("given", "pairs"),
    [
        ("《甲》,《乙》\n丙\t丁\n", [("《甲》", "《乙》"), ("丙", "丁")]),
        ("﻿旧法规,新法规\n甲 → 乙\n", [("甲", "乙")]),
        ('"甲,一",乙\n', [("甲,一", "乙")]),
        ("", []),
    ],
)
def test_pairs_are_read_from_files(given: str, pairs: list[tuple[str, str]]) -> None:
    assert list(read_pairs(given.encode())) == pairs


@pytest.mark.parametrize("given", ["甲\n".encode(), b"\xff\xfe\xff", "甲,乙\n".encode() * 3_000, b"a" * 1_000_001])
def test_files_without_pairs_are_refused_with_the_line(given: bytes) -> None:
    with pytest.raises(UnfitFile):
        list(read_pairs(given))


@pytest.mark.parametrize("login", ["agent", "dispatcher", "lead-U001"])
def test_others_see_and_change_nothing(world: World, login: str) -> None:
    problem(world.as_(login).get("/knowledge/gaps"), 403)
    problem(world.as_(login).post("/knowledge/gaps"), 403)
    problem(world.as_(login).post("/knowledge/gaps/marks", json={"topic": "狗证", "state": "ignored"}), 403)
    client = signed_in(world, login)
    assert client.get(PAGE).status_code == 403
    assert client.get("/export/gaps.csv").status_code == 403
    assert f'href="{PAGE}"' not in client.get("/articles").text


def test_supervisors_have_the_page_in_their_menu_and_auditors_only_read(world: World) -> None:
    page = signed_in(world, "supervisor").get(PAGE).text
    assert f'<a href="{PAGE}" aria-current="page">知识缺口</a>' in page
    assert f"{PAGE}/compute" in page
    auditor = signed_in(world, "auditor").get(PAGE).text
    assert f"{PAGE}/compute" not in auditor
    assert "已忽略" in auditor
    assert 'name="state"' not in auditor


def test_a_computation_that_fails_leaves_the_report_before_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = found(world)["computed_at"]
    monkeypatch.setattr(knowledge_gaps, "published", lambda _desk: 1 / 0)
    world.desk.gap_reports.begin()
    world.desk.gap_reports.settle()
    assert (found(world)["computed_at"], found(world)["computing"]) == (before, False)
