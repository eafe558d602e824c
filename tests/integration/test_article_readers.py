"""Who reads what is not out: those who write, review and answer for it. To everybody else it does not exist."""

from __future__ import annotations

import pytest

from tests.integration.article_acts import Acts, second_editor, text
from tests.integration.interface import World, problem, signed_in, unjudged

__all__ = ["unjudged"]
MAY = ("editor2", "supervisor", "admin", "auditor", "lead-U001")
MAY_NOT = ("agent", "dispatcher", "callback", "officer-U001", "lead-U002")


@pytest.fixture(scope="module")
def world(unjudged: World) -> World:
    second_editor(unjudged.desk)
    return unjudged


@pytest.fixture(scope="module")
def draft(world: World) -> Acts:
    return Acts(world, question="雪松路夜市几点开市")


@pytest.fixture(scope="module")
def rewritten(world: World) -> Acts:
    """Published, with a second draft that replaced a first one."""
    article = Acts(world, question="雪松路早市几点开市", fee="免费")
    article.out()
    for fee in ("一元", "两元"):
        article.edit("editor", question="雪松路早市几点开市", fee=fee)
    return article


@pytest.mark.parametrize("login", MAY_NOT)
def test_a_draft_does_not_exist_for_who_has_no_part_in_it(world: World, draft: Acts, login: str) -> None:
    ask = world.as_(login).get
    for path in ("", "/versions", "/versions/1", "/history", "/as-of?day=2026-01-01", "/diff?from=1&to=1"):
        problem(ask(f"/articles/{draft.number}{path}"), 404, "unknown-article")
    problem(draft.do(login, "feedback", kind="useful"), 404, "unknown-article")
    for asked in (
        {"text": "雪松路夜市"},
        {"text": "雪松路夜市", "state": "draft"},
        {"q": "雪松路夜市", "state": "draft"},
    ):
        assert ask("/articles", params=asked).json()["items"] == []
    page = signed_in(world, login)
    for path in ("", "/versions", "/versions/1", "/edit"):
        assert page.get(f"/articles/{draft.number}{path}").status_code in (403, 404)
    assert draft.number not in page.get("/articles/manage", params={"q": "雪松路夜市"}).text.replace("雪松路夜市", "")


@pytest.mark.parametrize("login", MAY)
def test_a_draft_is_read_by_those_who_answer_for_it(world: World, draft: Acts, login: str) -> None:
    ask = world.as_(login).get
    assert ask(f"/articles/{draft.number}").json()["being_written"]["version"] == 1
    assert ask(f"/articles/{draft.number}/versions/1").json()["question"] == "雪松路夜市几点开市"
    for asked in ({"text": "雪松路夜市"}, {"q": "夜市几点开", "state": "draft"}):
        assert [row["id"] for row in ask("/articles", params=asked).json()["items"]] == [draft.number]
    assert draft.number in signed_in(world, login).get("/articles/manage", params={"q": "夜市"}).text


@pytest.mark.parametrize("login", ["agent", "officer-U001", "lead-U002"])
def test_of_what_is_out_everybody_reads_what_was_out_and_no_more(world: World, rewritten: Acts, login: str) -> None:
    ask = world.as_(login).get
    shown = ask(f"/articles/{rewritten.number}").json()
    assert (shown["fee"], shown["being_written"]) == ("免费", None)
    assert [each["version"] for each in ask(f"/articles/{rewritten.number}/versions").json()["items"]] == [1]
    for hidden in ("versions/2", "versions/3", "diff?from=1&to=3"):
        problem(ask(f"/articles/{rewritten.number}/{hidden}"), 404, "unknown-version")
    assert [step["act"] for step in ask(f"/articles/{rewritten.number}/history").json()["items"]] == ["published"]
    page = signed_in(world, login)
    for path in ("", "/versions", "/versions/1"):
        told = page.get(f"/articles/{rewritten.number}{path}").text
        assert "第 1 版" in told
        assert "第 3 版" not in told
    assert "第 3 版" not in page.get("/articles/manage", params={"q": rewritten.number}).text


def test_a_version_that_was_out_is_read_after_another_replaced_it(world: World) -> None:
    article = Acts(world, fee="免费")
    article.out()
    article.edit("editor", fee="一元")
    article.out()
    ask = world.as_("agent").get
    assert [each["version"] for each in ask(f"/articles/{article.number}/versions").json()["items"]] == [2, 1]
    assert ask(f"/articles/{article.number}/versions/1").json()["fee"] == "免费"


def test_the_form_is_refused_to_the_lead_of_another_unit(world: World, rewritten: Acts) -> None:
    assert signed_in(world, "lead-U001").get(f"/articles/{rewritten.number}/edit").status_code == 200
    refused = signed_in(world, "lead-U002").get(f"/articles/{rewritten.number}/edit")
    assert refused.status_code == 403
    assert "责任单位不是您的单位" in refused.text


def test_the_site_map_says_when_the_text_came_out(world: World) -> None:
    article = Acts(world, **text(question="雪松路文化站几点开门"))
    article.out()
    out = world.as_("editor").get(f"/articles/{article.number}").json()["published_at"][:10]
    listed = world.as_("").get(f"{world.url}/sitemap.xml").text
    assert f"/knowledge/{article.number}</loc><lastmod>" in listed
    assert out[:4] in listed.partition(f"{article.number}</loc><lastmod>")[2][:10]
