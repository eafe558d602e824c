"""The life of articles by the interface, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api import article_feedback
from api.brake import Brake
from api.desk import Desk
from api.jobs import knowledge as jobs
from casework.tables import Notice
from knowledge import answers
from knowledge.tables import ArticleFeedback
from storage.database import new_id
from tests.integration.article_acts import ZONE, Acts, second_editor, text
from tests.integration.interface import World, problem, world

__all__ = ["world"]

LOGINS = ("agent", "dispatcher", "callback", "supervisor", "admin", "auditor", "officer-U001", "lead-U001", "lead-U002")


@pytest.fixture(autouse=True, scope="module")
def two_editors(world: World) -> None:
    second_editor(world.desk)


@contextmanager
def at(desk: Desk, moment: datetime) -> Iterator[None]:
    """What the desk does meanwhile it does at that moment."""
    before = desk.now
    desk.now = lambda: moment
    try:
        yield
    finally:
        desk.now = before


def keep(world: World, moment: datetime) -> int:
    with at(world.desk, moment):
        return jobs.keep_articles(world.desk)


def test_an_article_is_walked_from_draft_to_expired(world: World) -> None:
    today = (datetime.now(UTC) + ZONE).date()
    article = Acts(world, question="星光公园的萤火虫节怎么预约", valid_until=str(today + timedelta(days=20)))
    assert (article.shown()["state"], article.shown()["being_written"]["status"]) == ("draft", "draft")
    assert not article.found("萤火虫节预约")
    problem(article.do("editor2", "publish"), 409, "wrong-state")
    article.review()
    problem(article.do("editor", "publish"), 403, "published-by-author")
    problem(article.do("editor2", "send-back"), 422, "need-missing")
    assert article.do("editor2", "send-back", reason="请写依据").status_code == 200
    words = {"question": "星光公园的萤火虫节怎么预约", "valid_until": str(today + timedelta(days=20))}
    assert article.edit("editor", basis=["公园管理办法"], **words).json()["being_written"]["version"] == 2
    article.out()
    assert article.found("萤火虫节预约")
    assert article.shown()["usable"]
    later = datetime.now(UTC) + timedelta(days=21)
    assert keep(world, later) >= 1
    assert (article.shown()["state"], article.shown()["usable"]) == ("expired", False)
    assert not article.found("萤火虫节预约")
    problem(article.do("editor", "confirm"), 409, "wrong-state")
    told = [step["act"] for step in article.get("history")["items"]]
    assert told == ["expired", "published", "submitted", "edited", "sent_back", "submitted", "created"]
    assert article.get("history")["items"][4]["reason"] == "请写依据"


def test_a_published_article_is_found_by_its_old_text_until_the_new_one_is_out(world: World) -> None:
    article = Acts(world, question="蒲公英图书馆几点闭馆", body="晚上八点闭馆。")
    article.out()
    article.edit("editor", question="蒲公英图书馆几点闭馆", body="晚上九点闭馆，周一休息，还有琥珀展厅。")
    article.review()
    assert article.found("蒲公英图书馆闭馆")
    assert not article.found("琥珀展厅")
    assert article.shown()["body"] == "晚上八点闭馆。"
    assert article.do("editor2", "publish").status_code == 200
    assert article.found("琥珀展厅")
    difference = article.get("diff", **{"from": 1, "to": 2})
    (body,) = difference["fields"]
    assert body["html"] == "<del>晚上八点闭馆。</del><ins>晚上九点闭馆，周一休息，还有琥珀展厅。</ins>"


def test_a_scheduled_article_comes_out_on_time_and_once(world: World) -> None:
    article = Acts(world)
    article.review()
    moment = datetime.now(UTC) + timedelta(hours=2)
    problem(article.do("editor2", "publish", publish_at="2026-01-01T08:00:00+08:00"), 422, "unfit-moment")
    problem(article.do("editor2", "publish", publish_at="2027-01-01T08:00:00"), 422, "invalid")
    assert article.do("editor2", "publish", publish_at=moment.isoformat()).status_code == 200
    keep(world, moment - timedelta(seconds=1))
    assert article.shown()["state"] == "draft"
    for _ in range(2):
        keep(world, moment + timedelta(seconds=1))
    assert article.shown()["state"] == "published"
    assert [step["act"] for step in article.get("history")["items"]].count("published") == 1


def test_unit_and_editors_are_told_once_that_an_article_expires(world: World) -> None:
    today = (datetime.now(UTC) + ZONE).date()
    article = Acts(world, valid_until=str(today + timedelta(days=7)))
    article.out()
    for _ in range(2):
        keep(world, datetime.now(UTC))
    for login, others in (("lead-U001", "lead-U002"), ("editor", "agent")):
        told = [row["text"] for row in world.as_(login).get("/notices", params={"limit": 200}).json()["items"]]
        assert len([line for line in told if article.number in line and "还有 7 天到期" in line]) == 1
        told = [row["text"] for row in world.as_(others).get("/notices", params={"limit": 200}).json()["items"]]
        assert not any(article.number in line for line in told)
    assert world.count(select(Notice.id).where(Notice.template == "article_expiring").limit(1))


def test_a_text_that_ended_yesterday_in_the_district_is_not_found_though_no_job_has_run(world: World) -> None:
    today = world.desk.today()
    ending = Acts(world, question="惊蛰纪念币预约兑换", valid_until=str(today))
    coming = Acts(world, question="惊蛰纪念币预约兑换", valid_from=str(today + timedelta(days=1)))
    for article in (ending, coming):
        article.out()
    assert (ending.found("惊蛰纪念币预约"), coming.found("惊蛰纪念币预约")) == (True, False)
    midnight = datetime.combine(today + timedelta(days=1), time(), UTC) - ZONE
    with at(world.desk, midnight + timedelta(minutes=30)):
        hits = answers.find(world.desk.index, "惊蛰纪念币预约", limit=10, on=world.desk.today())
    found = {hit.id for hit in hits}
    assert coming.number in found
    assert ending.number not in found


# Roles


def ready(world: World, act: str) -> Acts:
    article = Acts(world)
    if act in ("send-back", "publish"):
        article.review()
    if act in ("withdraw", "confirm"):
        article.out()
    return article


ACTS: dict[str, tuple[set[str], dict[str, str]]] = {
    "submit": ({"lead-U001"}, {}),
    "send-back": (set(), {"reason": "缺依据"}),
    "publish": (set(), {}),
    "withdraw": ({"lead-U001"}, {"reason": "有误"}),
    "confirm": ({"lead-U001"}, {}),
}
"""Who but the editors may do it, and what it needs."""


@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_refused_to_every_role_that_has_no_part_in_it(world: World, act: str) -> None:
    may, given = ACTS[act]
    article = ready(world, act)
    before = article.shown()
    for login in LOGINS:
        if login not in may:
            kind = "not-own-unit" if login == "lead-U002" and may else "not-allowed"
            problem(article.do(login, act, **given), 403, kind)
    problem(article.do("", act, **given), 401, "not-signed-in")
    assert article.shown() == before
    for login in sorted(may) or ["editor2"]:
        assert article.do(login, act, **given).status_code == 200, login


def test_writing_is_refused_to_every_role_but_editors_and_the_units_lead(world: World) -> None:
    article = Acts(world)
    for login in LOGINS:
        answers = [world.as_(login).post("/articles", json=text()), article.edit(login, fee="免费")]
        if login == "lead-U001":
            assert [answer.status_code for answer in answers] == [200, 200]
        else:
            for answer in answers:
                problem(answer, 403, "not-own-unit" if login == "lead-U002" else "not-allowed")
    assert article.edit("editor2", fee="十元").status_code == 200


# Refusals


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"short_answer": "长" * 301}, 422, "invalid"),
        ({"valid_from": "2026-05-01", "valid_until": "2026-04-01"}, 422, "invalid"),
        ({"question": ""}, 422, "invalid"),
        ({"id": "no-digit"}, 422, "invalid"),
        ({"id": "KB-0001"}, 409, "article-exists"),
        ({"category": "999999"}, 422, "unknown-category"),
        ({"unit": "U999"}, 422, "unknown-unit"),
        ({"street": "U001"}, 422, "unknown-street"),
        ({"body": "零\0字节"}, 422, "unfit"),
        ({"secret": "?"}, 422, "invalid"),
    ],
)
def test_a_text_that_cannot_be_is_refused_by_name(
    world: World, changes: dict[str, Any], status: int, kind: str
) -> None:
    problem(world.as_("editor").post("/articles", json=text(**changes)), status, kind)


def test_an_edit_of_an_old_version_is_refused(world: World) -> None:
    article = Acts(world)
    assert article.edit("editor", fee="十元", base=1).status_code == 200
    problem(article.edit("editor2", fee="免费", base=1), 409, "changed-meanwhile")
    assert article.shown()["fee"] == "十元"


@pytest.mark.parametrize("path", ["versions/9", "diff?from=1&to=9"])
def test_a_version_that_never_was_is_not_found(world: World, path: str) -> None:
    article = Acts(world)
    problem(world.as_("editor").get(f"/articles/{article.number}/{path}"), 404, "unknown-version")


def test_a_new_article_without_a_number_gets_a_free_one(world: World) -> None:
    first, second = (world.as_("editor").post("/articles", json=text()).json()["id"] for _ in range(2))
    assert re.fullmatch(r"KB-\d{4}", first)
    assert first != second


def test_an_act_sent_twice_under_one_key_is_done_once(world: World) -> None:
    article = Acts(world)
    key = {"Idempotency-Key": new_id()}
    answers = [world.as_("editor").post(f"/articles/{article.number}/submit", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    acts = [step["act"] for step in article.get("history")["items"]]
    assert acts.count("submitted") == 1


# Versions


def test_an_article_is_shown_as_it_stood(world: World) -> None:
    article = Acts(world, fee="十元")
    today = (datetime.now(UTC) + ZONE).date()
    assert article.get("as-of", day=str(today))["version"] is None
    article.out()
    assert article.get("as-of", day=str(today))["version"]["fee"] == "十元"
    assert article.get("as-of", day=str(today - timedelta(days=1)))["version"] is None
    assert article.get("versions/1")["fee"] == "十元"


def test_lists_are_narrowed_by_state_category_unit_and_words(world: World) -> None:
    article = Acts(world, question="独一无二的紫藤架问题")
    ask = world.as_("editor").get

    def listed(**asked: str) -> list[str]:
        return [row["id"] for row in ask("/articles", params={**asked, "limit": 200}).json()["items"]]

    assert listed(text="紫藤架") == listed(text=article.number.lower(), state="draft") == [article.number]
    assert listed(text="紫藤架", state="review") == listed(text="紫藤架", unit="U002") == []
    assert listed(text="紫藤架", category="01") == [article.number]
    assert listed(text="%") == []
    article.out()
    assert listed(text="紫藤架", state="published") == [article.number]
    article.edit("editor", question="独一无二的紫藤架问题", fee="十元")
    assert listed(text="紫藤架", state="published") == listed(text="紫藤架", state="draft") == [article.number]


# Feedback


def test_complaints_reach_the_editors_queue_with_the_ticket_and_are_resolved(world: World) -> None:
    article = Acts(world)
    article.out()
    ticket = world.ticket()
    number = world.as_("agent").get(f"/tickets/{ticket}").json()["number"]
    said = article.do("agent", "feedback", kind="outdated", ticket=ticket)
    assert (said.status_code, said.json()["ticket"]) == (200, number)
    problem(article.do("agent", "feedback", kind="wrong", ticket="nothing"), 404, "unknown-ticket")
    problem(article.do("agent", "feedback", kind="boring"), 422, "invalid")
    problem(world.as_("agent").get("/article-feedback"), 403, "not-allowed")
    rows = world.as_("editor").get("/article-feedback", params={"limit": 200}).json()["items"]
    (mine,) = [row for row in rows if row["article"] == article.number]
    resolve = f"/article-feedback/{mine['id']}/resolve"
    problem(world.as_("auditor").post(resolve, json={"outcome": "fixed"}), 403, "not-allowed")
    assert world.as_("editor").post(resolve, json={"outcome": "fixed"}).status_code == 200
    problem(world.as_("editor").post(resolve, json={"outcome": "fixed"}), 409, "feedback-resolved")
    assert article.shown()["feedback"] == {"useful": 0, "wrong": 0, "outdated": 1}


def test_the_public_says_whether_a_published_article_helped_and_nothing_is_kept_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(article_feedback, "_brake", Brake())
    article = Acts(world)
    path = f"/public/articles/{article.number}/feedback"
    problem(world.as_("").post(path, json={"kind": "useful"}), 404, "unknown-article")
    article.out()
    assert world.as_("").post(path, json={"kind": "wrong"}).status_code == 204
    with world.desk.database.read() as session:
        last = session.scalars(select(ArticleFeedback).order_by(ArticleFeedback.id.desc())).first()
        assert last is not None
        assert (last.source, last.kind, last.ticket, last.resolved_by) == ("public", "wrong", "", "")
    answers = [world.as_("").post(path, json={"kind": "useful"}) for _ in range(40)]
    problem(answers[-1], 429, "too-often")
