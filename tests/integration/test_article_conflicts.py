"""Two write at one article, one throws a draft away: on the pages nothing typed is lost, and nothing is saved unawares."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.integration.article_acts import Acts, second_editor
from tests.integration.interface import World, csrf, signed_in, unjudged
from tests.integration.test_article_attachments import PDF, add, form

__all__ = ["unjudged"]


@pytest.fixture(scope="module")
def world(unjudged: World) -> World:
    second_editor(unjudged.desk)
    return unjudged


@pytest.fixture(scope="module")
def editor(world: World) -> httpx.Client:
    return signed_in(world, "editor")


@pytest.fixture(scope="module")
def token(editor: httpx.Client) -> str:
    return csrf(editor.get("/articles/new").text)


def test_who_comes_second_sees_what_was_saved_and_saves_his_text_on_it_by_a_button_of_its_own(
    world: World, editor: httpx.Client, token: str
) -> None:
    article = Acts(world)
    article.edit("editor2", fee="二十元")
    add(article, "他的表.pdf", PDF, "editor2")
    address = f"/articles/{article.number}/edit"
    mine = form(fee="十元", base="1", csrf=token)
    page = editor.post(address, data=mine)
    assert page.status_code == 422
    for words in (
        "已被他人改到第 3 版", "知识管理员·乙", "<ins>二十元</ins>", "<ins>他的表.pdf</ins>",
        "<del>二十元</del><ins>十元</ins>", 'name="fee" value="十元"', 'name="over" value="3"', "他的表.pdf",
    ):  # fmt: skip
        assert words in page.text
    assert ">保存草稿<" not in page.text
    first_button = re.search(r"<form method=\"post\" enctype.*?(<button[^>]*>)", page.text, re.DOTALL)
    assert first_button is not None
    assert "disabled" in first_button[1]
    article.edit("editor2", fee="三十元")
    again = editor.post(address, data=mine | {"over": "3"})
    assert "已被他人改到第 4 版" in again.text
    assert "<del>二十元</del><ins>三十元</ins>" in again.text
    assert 'name="over" value="4"' in again.text
    saved = editor.post(address, data=mine | {"base": "3", "over": "4"})
    assert saved.url.path == f"/articles/{article.number}"
    shown = article.shown()
    assert shown["fee"] == "十元"
    assert [each["name"] for each in shown["attachments"]] == ["他的表.pdf"], "what the other attached stays"


def test_a_form_that_lost_its_version_is_compared_with_the_latest(
    world: World, editor: httpx.Client, token: str
) -> None:
    article = Acts(world, fee="五元")
    page = editor.post(f"/articles/{article.number}/edit", data=form(fee="十元", base="?", csrf=token))
    assert page.status_code == 422
    assert "<del>五元</del><ins>十元</ins>" in page.text
    assert 'name="over" value="1"' in page.text
    editor.post(f"/articles/{article.number}/edit", data=form(fee="十元", base="", over="1", csrf=token))
    assert article.shown()["fee"] == "十元"


def test_a_conflict_shows_nothing_to_who_may_not_write_there(world: World) -> None:
    article = Acts(world, fee="机密")
    client = signed_in(world, "lead-U002")
    given = form(unit="U002", base="7", csrf=csrf(client.get("/articles/new").text))
    page = client.post(f"/articles/{article.number}/edit", data=given)
    assert "责任单位不是您的单位" in page.text
    assert "机密" not in page.text


def test_a_draft_is_thrown_away_found_and_taken_back_on_the_pages(
    world: World, editor: httpx.Client, token: str
) -> None:
    article = Acts(world)
    address = f"/articles/{article.number}"
    assert f'action="{address}/discard"' in editor.get(address).text
    gone = editor.post(f"{address}/discard", data={"csrf": token, "reason": "重复"})
    assert "草稿已舍弃，30 天内可以取回" in gone.text
    assert f'action="{address}/edit"' not in gone.text
    assert "重复" in gone.text
    shown = [editor.get("/articles/manage", params={"q": article.number, "state": s}).text for s in ("", "discarded")]
    assert [f'href="{address}"' in page for page in shown] == [False, True]
    assert article.number not in signed_in(world, "agent").get("/articles/manage?state=discarded").text
    stale = editor.post(f"{address}/edit", data=form(fee="十元", base="1", csrf=token))
    assert "请先取回" in stale.text
    assert 'name="fee" value="十元"' in stale.text
    back = editor.post(f"{address}/restore", data={"csrf": token})
    assert "草稿已取回" in back.text
    article.review()
    refused = editor.post(f"{address}/discard", data={"csrf": token})
    assert refused.status_code == 409
    assert "不能舍弃，请先退回" in refused.text


def test_a_draft_is_thrown_away_and_taken_back_by_the_interface(world: World) -> None:
    article = Acts(world)
    article.out()
    article.edit("editor", fee="十元")
    assert "discard" in article.shown()["acts"]
    done = article.do("lead-U001", "discard", reason="不改了").json()
    assert (done["state"], done["being_written"]) == ("published", None)
    assert "restore" in done["acts"]
    listed = world.as_("editor").get("/articles", params={"state": "discarded", "text": article.number}).json()
    assert [each["id"] for each in listed["items"]] == [article.number]
    assert article.do("editor", "restore").json()["being_written"]["version"] == 2
    assert [act["label"] for act in article.get("history")["items"][:2]] == ["取回草稿", "舍弃草稿"]
