"""The search page and its interface, on a desk with the demo's articles: residents, agents and editors at one page."""

from __future__ import annotations

import re
import time
from datetime import date
from html import unescape

import httpx
import pytest
from sqlalchemy import select, update

from api.web.search import FEATURES, _beyond
from knowledge import features
from knowledge.tables import Article
from storage import change_log
from tests.integration.interface import World, problem, signed_in, unjudged

__all__ = ["unjudged"]


@pytest.fixture(scope="module")
def world(unjudged: World) -> World:
    return unjudged


@pytest.fixture(scope="module")
def resident(world: World) -> httpx.Client:
    return world.stack.enter_context(httpx.Client(base_url=world.url, timeout=60))


def titles(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text[:500]
    found = re.findall(r"<h2>(.*?)</h2>", page.text)
    return [unescape(re.sub(r"<.*?>", "", each)).strip() for each in found]


def test_a_resident_finds_answers_without_signing_in(resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": "租房怎么提公积金"})
    assert titles(page)[0] == "租房怎么提取住房公积金？"
    assert "为什么排在这里" not in page.text
    assert "/articles/" not in page.text


def test_a_resident_finds_by_his_own_words(resident: httpx.Client) -> None:
    assert titles(resident.get("/search", params={"q": "旧楼装梯"}))[0] == "老楼加装电梯怎么办、一楼不同意怎么办？"


def test_an_agent_sees_links_and_an_editor_the_reasons_too(world: World) -> None:
    agent = signed_in(world, "agent").get("/search", params={"q": "租房怎么提公积金"}).text
    editor = signed_in(world, "editor").get("/search", params={"q": "租房怎么提公积金"}).text
    assert 'href="/articles/KB-0023"' in agent
    assert "为什么排在这里" not in agent
    assert "为什么排在这里" in editor
    assert FEATURES["question"] in editor


def test_an_editor_is_told_what_else_was_looked_for(world: World) -> None:
    editor = signed_in(world, "editor").get("/search", params={"q": "暂住证怎么办"}).text
    agent = signed_in(world, "agent").get("/search", params={"q": "暂住证怎么办"}).text
    assert "同时查找：居住证（暂住证，0.5）" in editor
    assert "同时查找" not in agent


def test_every_feature_has_a_name_for_editors() -> None:
    assert set(FEATURES) == set(features.FEATURES)
    assert len(set(FEATURES.values())) == len(FEATURES)


def test_facets_are_links_that_narrow(resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": "电动车"})
    links = re.findall(r'<a href="(/search\?[^"]*category=[^"]*)"', page.text)
    assert len(links) > 1
    narrowed = resident.get(unescape(links[-1]))
    assert 0 < len(titles(narrowed)) < len(titles(page))
    assert 'aria-current="true"' in narrowed.text


def test_a_slip_leads_to_what_was_meant(resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": "低宝"})
    assert "您是不是要找" in page.text
    (meant,) = re.findall(r'您是不是要找：<a href="[^"]*">(.*?)</a>', page.text)
    assert meant == "低保"
    assert "您是不是要找" not in resident.get("/search", params={"q": "低保怎么申请"}).text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("公" * 5_000, "输入过长，只按前 500 个字查找"),
        ("“公积金", "引号没有成对，已按普通文字查找"),
        ("怎么 什么", "没有可以查找的词"),
        ("公积金 单位:没有这个局", "没有名为“没有这个局”的承办单位"),
        ("街道:没有这条街", "没有找到相关答案"),
        ("*" * 3_000, "没有可以查找的词"),
        ("zzzzzz", "没有找到相关答案"),
    ],
)
def test_what_was_not_heeded_is_told(resident: httpx.Client, query: str, told: str) -> None:
    page = resident.get("/search", params={"q": query})
    assert page.status_code == 200
    assert told in page.text


def test_what_is_typed_is_text_on_the_page(resident: httpx.Client) -> None:
    page = resident.get("/search", params={"q": '<script>alert(1)</script> "公积金"'})
    assert "<script>alert" not in page.text


def test_the_page_stands_without_a_query(resident: httpx.Client) -> None:
    page = resident.get("/search")
    assert page.status_code == 200
    assert titles(page) == []
    assert "没有找到" not in page.text


@pytest.mark.parametrize(("typed", "of_it"), [("公积金", 8), ("gongjij", 8), ("gjj", 4), ("公鸡金", 8)])
def test_suggestions_come_as_one_types(resident: httpx.Client, typed: str, of_it: int) -> None:
    """Of initials the first ones only: further on they stand within other questions."""
    items = resident.get("/api/v1/search/suggestions", params={"q": typed}).json()["items"]
    assert 0 < len(items) <= 8
    assert all("公积金" in each["text"] for each in items[:of_it])
    listed = resident.get("/search/suggestions", params={"q": typed}).text
    assert re.findall(r">([^<>]+)</a>", listed) == [each["text"] for each in items]


@pytest.mark.parametrize("typed", ["", "?", "vvvv", "公" * 5_000, "a" * 10_000, "\x01"])
def test_no_suggestions_are_an_empty_list(resident: httpx.Client, typed: str) -> None:
    answer = resident.get("/api/v1/search/suggestions", params={"q": typed})
    assert (answer.status_code, answer.json()) == (200, {"items": []})


def test_the_interface_gives_what_the_page_shows(world: World) -> None:
    answer = world.as_("agent").get("/search", params={"q": "公积金 -贷款", "unit": ""}).json()
    assert answer["items"]
    assert all(each["state"] == "有效" for each in answer["items"])
    assert sum(each["count"] for each in answer["facets"]["category"]) == len(answer["items"])
    problem(world.as_("").get("/search", params={"q": "公积金"}), 401, "not-signed-in")


def test_withdrawn_and_expired_articles_leave_search_and_suggestions(world: World, resident: httpx.Client) -> None:
    desk = world.desk
    with desk.database.write.begin() as session:
        for number, status, until in (("KB-0068", "withdrawn", None), ("KB-0099", "published", date(2020, 1, 1))):
            article = session.scalars(select(Article).where(Article.number == number)).one()
            article.status, article.valid_until, article.valid_from = status, until, None
            change_log.record(session, "articles", article.id, status, now=desk.now())
    desk.follower.catch_up()
    until_then = time.monotonic() + 20
    while desk.wordings.current().cursor != desk.index.cursor() and time.monotonic() < until_then:
        time.sleep(0.05)
    for gone in ("小区想装电动车、汽车充电桩怎么办？", "旧沙发、床垫等大件垃圾怎么扔？"):
        items = resident.get("/api/v1/search/suggestions", params={"q": gone}).json()["items"]
        assert gone not in [each["text"] for each in items]
        assert gone not in titles(resident.get("/search", params={"q": gone}))
    editor = signed_in(world, "editor").get("/search", params={"q": "旧沙发、床垫等大件垃圾怎么扔"})
    assert titles(editor)[0] == "旧沙发、床垫等大件垃圾怎么扔？ 已过期"
    ask = world.as_("agent").get
    assert "KB-0068" not in str(ask("/articles", params={"q": "小区想装充电桩"}).json())
    (withdrawn,) = ask("/articles", params={"q": "小区想装充电桩", "state": "withdrawn"}).json()["items"]
    assert withdrawn["id"] == "KB-0068"
    for login, told in (("editor", ["小区想装电动车、汽车充电桩怎么办？ 已撤下"]), ("agent", [])):
        page = signed_in(world, login).get("/search", params={"q": "小区想装充电桩 状态:已撤下"})
        assert titles(page) == told
    units = {row["id"] for row in ask("/articles", params={"q": "公积金", "unit": "U005", "limit": 50}).json()["items"]}
    assert units
    assert all(ask(f"/articles/{number}").json()["unit"] == "U005" for number in units)


def test_an_article_has_an_address_of_its_own_that_anybody_may_read(world: World, resident: httpx.Client) -> None:
    found = resident.get("/search", params={"q": "租房怎么提公积金"}).text
    address = re.search(r'href="(/knowledge/[^"]+)"', found)
    assert address
    page = resident.get(address[1])
    assert "租房怎么提取住房公积金？" in page.text
    assert "这条回答有帮助吗？" in page.text
    assert f"{world.desk.settings.public_url}{address[1]}" in page.text
    said = resident.post(f"{address[1]}/feedback", data={"kind": "useful"}, follow_redirects=True)
    assert "已收到您的反馈" in said.text
    assert resident.post(f"{address[1]}/feedback", data={"kind": "nonsense"}).status_code == 422


def test_the_site_map_names_what_is_out_and_nothing_else(world: World, resident: httpx.Client) -> None:
    with world.desk.database.write.begin() as session:
        session.execute(update(Article).where(Article.number == "KB-0003").values(valid_until=date(2020, 1, 1)))
    try:
        listed = resident.get("/sitemap.xml")
        assert listed.headers["content-type"].startswith("application/xml")
        assert "/knowledge/KB-0001</loc>" in listed.text
        assert "KB-0003" not in listed.text
        assert resident.get("/knowledge/KB-0003").status_code == 404
        assert resident.get("/knowledge/nothing").status_code == 404
    finally:
        with world.desk.database.write.begin() as session:
            session.execute(update(Article).where(Article.number == "KB-0003").values(valid_until=None))


def test_a_passage_that_is_the_short_answer_is_not_shown_twice() -> None:
    assert _beyond("晚上八点以后停水，明早恢复供水。", "晚上八点以后<mark>停水</mark>，明早恢复供水。 ## 时间") == ""
    shown = _beyond("明早恢复供水。", "… ## 水费怎么交 - 到<mark>营业厅</mark> | 网点 | 电话 |")
    assert shown == "… 水费怎么交 到<mark>营业厅</mark> 网点 电话 "
    assert (
        _beyond("报修电话。", "**小区里**：物业；**旧<mark>路灯</mark>**：街道")
        == "小区里：物业；旧<mark>路灯</mark>：街道"
    )
    assert _beyond("报修电话。", "…，旧<mark>路灯</mark>：街道") == "…旧<mark>路灯</mark>：街道"
