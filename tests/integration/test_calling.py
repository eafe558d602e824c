"""Callback and after from outside: the interface, the desk's pages, and the resident's own page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from api import pipeline
from api.jobs import upkeep
from casework.calling_tables import QuestionnaireSent
from casework.tables import Clock, Ticket
from district.timing import Hours
from drills.payloads import wechat_text
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, world

__all__ = ["world"]

OTHERS = ("agent", "dispatcher", "auditor", "editor", "admin", "lead-U001")


@pytest.fixture(autouse=True)
def any_hour(world: World) -> Iterator[None]:
    """The tests run at any hour; the pack's calling hours do not."""
    kept = world.desk.district
    rules = kept.callback.model_copy(update={"hours": (Hours(start=0, end=1440),)})
    world.desk.district = replace(kept, callback=rules)
    yield
    world.desk.district = kept


def answered(world: World) -> dict[str, Any]:
    """A ticket whose resident was told the answer."""
    case = world.case()
    lead = world.as_("lead-U001")
    for name, body in (("sign", {}), ("answer", {"text": "已经修好，请查看。"})):
        done = lead.post(f"/cases/{case}/transitions/{name}", json=body)
        assert done.status_code == 200, done.text
    with world.desk.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case)).one()
        return {"id": ticket.id, "number": ticket.number, "code": ticket.code, "case": case, "sender": ticket.sender}


def state(world: World, key: str) -> str:
    with world.desk.database.read() as session:
        return session.get_one(Ticket, key).state


def test_a_caller_takes_the_next_resident_and_records_what_he_said(world: World) -> None:
    answered(world)
    caller = world.as_("callback")
    listed = caller.get("/callbacks").json()
    assert listed["total"] >= 1
    assert listed["items"][0]["callable_from"] is None
    taken = caller.post("/callbacks/next").json()["item"]
    key = taken["ticket"]["id"]
    assert taken["claim"]["by_name"]
    problem(world.as_("supervisor").post(f"/tickets/{key}/callback-claim"), 409, "claimed-by-other")
    told = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
    problem(world.as_("supervisor").post(f"/tickets/{key}/callbacks", json=told), 409, "claimed-by-other")
    assert caller.post(f"/tickets/{key}/callback-release").json() == {"released": True}
    assert caller.post(f"/tickets/{key}/callback-claim").status_code == 200
    assert caller.post(f"/tickets/{key}/callbacks", json=told).json()["state"] == "closed"


def test_the_queue_is_paged_by_cursor(world: World) -> None:
    for _ in range(3):
        answered(world)
    caller = world.as_("callback")
    whole = [each["ticket"]["id"] for each in caller.get("/callbacks", params={"limit": 200}).json()["items"]]
    seen, after = [], ""
    while after is not None:
        page = caller.get("/callbacks", params={"limit": 2, "after": after}).json()
        seen += [each["ticket"]["id"] for each in page["items"]]
        after = page["next"]
    assert seen == whole


@pytest.mark.parametrize("login", OTHERS)
def test_nobody_else_has_the_callback_desk(world: World, login: str) -> None:
    client = world.as_(login)
    for path in ("/callbacks", "/callbacks/script"):
        problem(client.get(path), 403, "not-allowed")
    problem(client.post("/callbacks/next"), 403, "not-allowed")
    assert signed_in(world, login).get("/callbacks").status_code == 403


def test_the_script_says_the_desks_name(world: World) -> None:
    told = world.as_("callback").get("/callbacks/script").json()
    assert world.desk.district.manifest.desk in told["opening"]
    assert told["hours"] == ["00:00-24:00"]


def test_a_resident_without_a_telephone_is_not_said_to_be_callable(world: World) -> None:
    ticket = answered(world)
    browser = signed_in(world, "callback")
    row = next(each for each in browser.get("/callbacks").text.split("<tr ") if ticket["number"] in each)
    assert "没有电话" in row
    assert "可拨" not in row
    page = browser.get(f"/callbacks/{ticket['number']}").text
    assert "没有电话，不能拨打。回访问卷发到居民的微信" in page
    assert "次拨打" not in page
    assert world.desk.district.callback.script.missed not in page


def test_before_the_calling_hours_who_is_due_first_stands_first(world: World) -> None:
    later, sooner = answered(world), answered(world)
    with world.desk.database.write.begin() as session:
        for ticket, days in ((later, 90), (sooner, -90)):
            clock = session.scalars(
                select(Clock).where(Clock.case_id == ticket["case"], Clock.name == "callback")
            ).one()
            clock.due_at += timedelta(days=days)
    shut = (world.desk.now().astimezone(world.desk.district.calendars.zone) + timedelta(hours=2)).hour * 60
    rules = world.desk.district.callback.model_copy(update={"hours": (Hours(start=shut, end=shut + 60),)})
    world.desk.district = replace(world.desk.district, callback=rules)
    listed = world.as_("callback").get("/callbacks", params={"limit": 200}).json()["items"]
    assert listed[0]["callable_from"] is not None
    places = [each["ticket"]["id"] for each in listed]
    assert places.index(sooner["id"]) < places.index(later["id"])


def test_the_page_shows_script_answer_and_claim_and_saves_the_result(world: World) -> None:
    ticket = answered(world)
    browser = signed_in(world, "callback")
    page = browser.get(f"/tickets/{ticket['number']}").text
    assert "已经修好，请查看。" in page
    assert world.desk.district.callback.script.resolved.ask in page
    form = {"csrf": csrf(page)}
    page = browser.post(f"/tickets/{ticket['number']}/callback-claim", data=form).text
    assert "您已领取" in page
    assert "正在回访" in signed_in(world, "supervisor").get(f"/tickets/{ticket['number']}").text
    assert "正在回访" in browser.get("/callbacks").text
    left = browser.post(f"/tickets/{ticket['number']}/callback-release", files={"csrf": (None, form["csrf"])})
    assert left.status_code == 200  # what the browser sends when the page is left
    assert "由我回访" in browser.get(f"/tickets/{ticket['number']}").text
    result = form | {"reached": "yes", "contacted": "yes", "resolved": "yes", "satisfaction": "satisfied"}
    assert browser.post(f"/tickets/{ticket['number']}/callback", data=result).status_code == 200
    assert state(world, ticket["id"]) == "closed"


def test_an_urging_by_telephone_is_counted_by_page_and_interface(world: World) -> None:
    case = world.case()
    with world.desk.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case)).one()
    agent = world.as_("agent")
    assert agent.post(f"/tickets/{ticket.id}/urgings", json={"text": "居民来电催"}).json()["urgings"] == 1
    browser = signed_in(world, "agent")
    form = {"csrf": csrf(browser.get(f"/tickets/{ticket.number}").text), "text": "又催"}
    assert "催办 2 次" in browser.post(f"/tickets/{ticket.number}/urging", data=form).text
    problem(world.as_("lead-U001").post(f"/tickets/{ticket.id}/urgings", json={}), 403, "not-allowed")
    problem(world.as_("auditor").post(f"/tickets/{ticket.id}/urgings", json={}), 403, "not-allowed")


def test_asked_in_writing_by_the_job_he_replies_and_no_second_ticket_is_opened(world: World) -> None:
    ticket = answered(world)
    with world.desk.database.write.begin() as session:
        session.get_one(Ticket, ticket["id"]).told_at = world.desk.now() - timedelta(hours=1)
    assert upkeep.ask_residents(world.desk) >= 1
    sender, before = ticket["sender"], world.count(select(func.count(Ticket.id)))
    number = next(NUMBERS)
    payload = wechat_text(number, "1 已解决 满意").replace(f"o_drill_{number:06d}".encode(), sender.encode())
    receipt = pipeline.take(world.desk, MAIN, payload).receipts[0]
    assert (receipt.ticket_id, state(world, ticket["id"])) == (ticket["id"], "closed")
    assert world.count(select(func.count(Ticket.id))) == before
    with world.desk.database.read() as session:
        sent = session.scalars(select(QuestionnaireSent).where(QuestionnaireSent.ticket_id == ticket["id"])).one()
    assert sent.state == "answered"


def test_the_resident_gives_his_verdict_on_his_page(world: World) -> None:
    ticket = answered(world)
    anybody = world.as_("")
    browser = signed_in(world, "agent")
    page = browser.get(f"/q/{ticket['code']}").text
    assert "请您评价" in page
    form = {"contacted": "no", "resolved": "no", "satisfaction": "dissatisfied", "text": "还是不亮"}
    after = browser.post(f"/q/{ticket['code']}/verdict", data=form).text
    assert "请您评价" not in after
    assert state(world, ticket["id"]) == "on_case"
    problem(anybody.post(f"/appeals/{ticket['code']}/verdict", json=_verdict()), 409, "wrong-state")
    problem(anybody.post("/appeals/ABCD-2345-EFGH/verdict", json=_verdict()), 404, "unknown-ticket")
    problem(anybody.post(f"/appeals/{ticket['code']}/verdict", json={"resolved": True}), 422, "invalid")


def _verdict() -> dict[str, Any]:
    return {"contacted": True, "resolved": True, "satisfaction": "satisfied"}


def test_within_the_days_he_asks_for_reopening_and_after_them_reports_once_more(world: World) -> None:
    ticket = answered(world)
    anybody = world.as_("")
    assert anybody.post(f"/appeals/{ticket['code']}/verdict", json=_verdict()).json()["state"] == "closed"
    browser = signed_in(world, "agent")
    assert "要求重办" in browser.get(f"/q/{ticket['code']}").text
    assert "正在审核" in browser.post(f"/q/{ticket['code']}/reopen", data={"text": "又不亮了"}).text
    (asked,) = [
        each for each in world.as_("supervisor").get("/requests").json()["items"] if each["case_id"] == ticket["case"]
    ]
    assert asked["kind"] == "reopening"
    decision = f"/requests/{asked['id']}/decision"
    problem(world.as_("callback").post(decision, json={"approve": True}), 403, "not-allowed")
    assert world.as_("dispatcher").post(decision, json={"approve": False, "text": "已核实"}).status_code == 200
    assert "不再重办" in browser.get(f"/q/{ticket['code']}").text
    with world.desk.database.write.begin() as session:
        session.get_one(Ticket, ticket["id"]).closed_at = world.desk.now() - timedelta(days=9)
    problem(anybody.post(f"/appeals/{ticket['code']}/reopening", json={"text": "又坏"}), 409, "too-late-to-reopen")
    assert "再次反映" in browser.get(f"/q/{ticket['code']}").text
    headers = {"idempotency-key": "once-more"}
    sent = [
        anybody.post(f"/appeals/{ticket['code']}/again", json={"text": "路灯又坏了"}, headers=headers) for _ in "12"
    ]
    assert [each.status_code for each in sent] == [201, 201]
    assert sent[0].json() == sent[1].json()
    following = world.as_("agent").get(f"/tickets/{sent[0].json()['number']}").json()
    assert following["follows"]["number"] == ticket["number"]
    problem(anybody.post(f"/appeals/{sent[0].json()['lookup_code']}/again", json={"text": "再来"}), 409, "wrong-state")


def nuisance(world: World) -> list[str]:
    """Two tickets of one caller."""
    first = pipeline.take(world.desk, MAIN, wechat_text(next(NUMBERS), "只骂人，没有说任何事情")).receipts[0].ticket_id
    with world.desk.database.read() as session:
        his = session.get_one(Ticket, first)
        row = {"resident_id": his.resident_id, "sender": his.sender}
    second = world.ticket()
    with world.desk.database.write.begin() as session:
        ticket = session.get_one(Ticket, second)
        ticket.resident_id, ticket.sender = row["resident_id"], row["sender"]
    return [first, second]


def test_a_caller_is_marked_by_two_hands_and_the_mark_is_lifted(world: World) -> None:
    keys = nuisance(world)
    agent, supervisor = world.as_("agent"), world.as_("supervisor")
    body = {"tickets": keys, "text": "多次来电辱骂", "days": 5}
    for login in ("callback", "auditor", "editor", "lead-U001"):
        problem(world.as_(login).post("/caller-marks", json=body), 404 if login == "lead-U001" else 403)
    problem(agent.post("/caller-marks", json=body | {"days": 60}), 422, "mark-too-long")
    problem(agent.post("/caller-marks", json=body | {"tickets": keys[:1]}), 422, "too-little-evidence")
    mark = agent.post("/caller-marks", json=body)
    assert mark.status_code == 201, mark.text
    key = mark.json()["id"]
    problem(agent.post("/caller-marks", json=body), 409, "already-marked")
    problem(agent.post(f"/caller-marks/{key}/decision", json={"approve": True}), 403, "not-allowed")
    page = signed_in(world, "supervisor").get("/caller-marks").text
    assert "多次来电辱骂" in page
    assert supervisor.post(f"/caller-marks/{key}/decision", json={"approve": True}).json()["state"] == "active"
    assert "恶意骚扰来电" in signed_in(world, "agent").get(f"/tickets/{keys[0]}").text
    problem(supervisor.post(f"/caller-marks/{key}/lift", json={"text": ""}), 422, "need-missing")
    assert supervisor.post(f"/caller-marks/{key}/lift", json={"text": "已道歉"}).json()["state"] == "lifted"
    problem(supervisor.post(f"/caller-marks/{key}/lift", json={"text": "再次"}), 409, "mark-not-waiting")
    problem(world.as_("callback").get("/caller-marks"), 403)
    assert world.as_("auditor").get("/caller-marks").json()["items"][0]["id"] == key


def test_the_pages_of_marked_callers_do_what_the_interface_does(world: World) -> None:
    keys = nuisance(world)
    agent = signed_in(world, "agent")
    page = agent.get(f"/tickets/{keys[0]}").text
    form = {"csrf": csrf(page), "tickets": "，".join(keys), "text": "反复骚扰", "days": "3"}
    assert "反复骚扰" in agent.post("/caller-marks", data=form).text
    supervisor = signed_in(world, "supervisor")
    page = supervisor.get("/caller-marks").text
    found = re.search(r'action="(/caller-marks/[^"]+)/decide"', page)
    assert found is not None
    form = {"csrf": csrf(page), "verdict": "refuse", "text": "属于正常诉求"}
    assert "未批准" in supervisor.post(f"{found[1]}/decide", data=form).text
    assert json.loads(world.as_("agent").get("/caller-marks").text)["items"][0]["state"] == "refused"
