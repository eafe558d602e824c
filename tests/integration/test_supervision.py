"""Supervision and quality inspection from outside: the interface, the pages, the files, and who is refused."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]
from sqlalchemy import select

from api.jobs import upkeep
from casework import inspection_draw
from casework.inspection_tables import Inspection
from casework.supervision_tables import SupervisionOrder
from casework.tables import Case, Notice
from tests.integration.interface import World, csrf, problem, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)

STAFF = ("agent", "dispatcher", "callback", "auditor", "editor", "admin", "lead-U001")
ORDER = {"level": "yellow", "text": "请限期修复并书面答复"}
NOTE = {"leader": "周明远", "office": "副区长", "noted_on": "2026-03-02", "text": "请整改"}


def post(client: httpx.Client, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


def number_of(world: World, case_id: str) -> str:
    with world.desk.database.read() as session:
        return session.get_one(Case, case_id).number


def test_an_order_goes_its_way_through_the_interface(world: World) -> None:
    case_id = world.case()
    supervisor, lead = world.as_("supervisor"), world.as_("lead-U001")
    order = post(supervisor, f"/cases/{case_id}/supervision-orders", ORDER, 201)
    assert order["state"] == "issued"
    post(lead, f"/supervision-orders/{order['id']}/acknowledge", {})
    post(lead, f"/supervision-orders/{order['id']}/answer", {"text": "已修复"})
    problem(lead.post(f"/supervision-orders/{order['id']}/accept", json={}), 403, "not-allowed")
    sent_back = post(supervisor, f"/supervision-orders/{order['id']}/send-back", {"text": "请附照片"})
    assert sent_back["state"] == "acknowledged"
    red = post(supervisor, f"/supervision-orders/{order['id']}/upgrade", {"text": "今日内答复", "term": 2})
    assert (red["level"], red["term"], red["follows"]) == ("red", "2 wd office", order["id"])
    post(supervisor, f"/supervision-orders/{red['id']}/withdraw", {"text": "已修好"})
    problem(supervisor.post(f"/supervision-orders/{red['id']}/withdraw", json={"text": "再撤"}), 409, "order-stands")
    seen = lead.get(f"/cases/{case_id}/supervision").json()
    assert [each["state"] for each in seen["orders"]] == ["withdrawn", "upgraded"]


def test_a_key_makes_an_order_once(world: World) -> None:
    case_id = world.case()
    path, headers = f"/cases/{case_id}/supervision-orders", {"idempotency-key": "once"}
    first, second = (world.as_("supervisor").post(path, json=ORDER, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    problem(world.as_("supervisor").post(path, json=ORDER), 409, "order-open")


@pytest.mark.parametrize("login", STAFF)
def test_only_supervisors_supervise(world: World, login: str) -> None:
    case_id = world.case()
    client = world.as_(login)
    for path, body in (
        (f"/cases/{case_id}/supervision-orders", ORDER),
        (f"/cases/{case_id}/leaders-notes", NOTE),
        (f"/cases/{case_id}/watch", {"watch": True}),
        (f"/follow-up/{case_id}/followed", {"word": "看过"}),
        (f"/follow-up/{case_id}/undo", {}),
    ):
        problem(client.post(path, json=body), 403, "not-allowed")


def test_another_units_lead_learns_nothing_of_orders(world: World) -> None:
    case_id = world.case()
    order = post(world.as_("supervisor"), f"/cases/{case_id}/supervision-orders", ORDER, 201)
    note = post(world.as_("supervisor"), f"/cases/{case_id}/leaders-notes", NOTE, 201)
    stranger = world.as_("lead-U002")
    problem(stranger.get(f"/cases/{case_id}/supervision"), 404, "unknown-case")
    problem(stranger.post(f"/supervision-orders/{order['id']}/answer", json={"text": "x"}), 404, "unknown-order")
    problem(stranger.post(f"/leaders-notes/{note['id']}/answer", json={"text": "x"}), 404, "unknown-note")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        ({"level": "blue", "text": "x"}, 422, "unknown-level"),
        ({"level": "red", "text": "x"}, 422, "need-missing"),
        ({"level": "yellow", "text": " "}, 422, "need-missing"),
        ({"level": "yellow", "text": "x", "term": 0}, 422, ""),
        ({"level": "yellow", "text": "\0"}, 422, ""),
    ],
)
def test_bad_orders_are_refused_in_words(world: World, body: dict[str, Any], status: int, kind: str) -> None:
    problem(world.as_("supervisor").post(f"/cases/{world.case()}/supervision-orders", json=body), status, kind)


def test_the_page_of_a_case_leads_through_an_order(world: World) -> None:
    number = number_of(world, world.case())
    browser, unit = signed_in(world, "supervisor"), signed_in(world, "lead-U001")
    page = browser.get(f"/cases/{number}").text
    assert "签发黄色督办" in page
    assert "直接签发的理由" in page
    token = csrf(page)
    page = browser.post(f"/cases/{number}/supervision-orders", data={"csrf": token, "term": "3", **ORDER}).text
    assert "黄色督办·待签阅" in page
    order_id = page.split("/supervision-orders/")[1].split("/")[0]
    page = unit.get(f"/cases/{number}").text
    assert ">签阅<" in page
    assert "签发督办" not in page
    page = unit.post(f"/supervision-orders/{order_id}/answer", data={"csrf": csrf(page), "text": "已<b>修复"}).text
    assert "已&lt;b&gt;修复" in page
    page = browser.post(f"/supervision-orders/{order_id}/accept", data={"csrf": token}).text
    assert "已办结" in page
    given = {"csrf": token, "asks_answer": "true", **NOTE}
    assert "副区长 周明远" in browser.post(f"/cases/{number}/leaders-notes", data=given).text
    page = browser.post(f"/cases/{number}/watch", data={"csrf": token, "watch": "true"}).text
    assert "★ 已关注" in page
    assert browser.post(f"/cases/{number}/watch", data={"watch": "false"}).status_code == 403


def test_the_follow_up_list_is_read_narrowed_and_seen_to(world: World) -> None:
    case_id = world.case()
    supervisor, browser = world.as_("supervisor"), signed_in(world, "supervisor")
    post(supervisor, f"/cases/{case_id}/supervision-orders", ORDER, 201)
    listed = supervisor.get("/follow-up", params={"reason": "order", "unit": "U001", "limit": 200}).json()
    (line,) = [each for each in listed["items"] if each["subject"] == case_id]
    assert (line["reasons"][0]["reason"], line["unit"]["code"], line["next_act"]) == ("order", "U001", "等待答复")
    assert line["clock"]["name"] == "sign"
    page = browser.get("/follow-up").text
    assert f'action="/follow-up/{case_id}/followed"' in page
    page = browser.post(f"/follow-up/{case_id}/followed", data={"csrf": csrf(page), "word": "已电话督促"}).text
    assert case_id not in page
    page = browser.get("/follow-up?show=followed").text
    assert "已电话督促" in page
    page = browser.post(f"/follow-up/{case_id}/undo", data={"csrf": csrf(page)}).text
    assert "已电话督促" not in page
    problem(supervisor.post(f"/follow-up/{case_id}/undo", json={}), 409, "not-on-follow-up")
    problem(supervisor.get("/follow-up", params={"unit": "U0"}), 422, "unknown-unit")
    assert signed_in(world, "auditor").get("/follow-up").status_code == 200


def test_the_follow_up_list_leaves_as_csv_and_xlsx(world: World) -> None:
    case_id = world.case()
    post(world.as_("supervisor"), f"/cases/{case_id}/supervision-orders", ORDER, 201)
    browser = signed_in(world, "supervisor")
    number = number_of(world, case_id)
    answer = browser.get("/export/follow-up.csv?reason=order")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    (row,) = [row for row in rows if row["办件"] == number]
    assert row["事由"].startswith("督办未结：黄色督办待签阅")
    book = load_workbook(io.BytesIO(browser.get("/export/follow-up.xlsx?reason=order").content))
    head, *lines = book.active.iter_rows(values_only=True)
    assert head[0] == "事由"
    assert number in {line[2] for line in lines}
    assert browser.get("/export/follow-up.pdf").status_code in (404, 422)


@pytest.mark.parametrize("login", ["agent", "dispatcher", "callback", "editor", "admin", "lead-U001"])
def test_the_follow_up_list_is_closed_to_others(world: World, login: str) -> None:
    problem(world.as_(login).get("/follow-up"), 403, "not-allowed")
    browser = signed_in(world, login)
    for path in ("/follow-up", "/export/follow-up.csv", "/export/follow-up.xlsx"):
        assert browser.get(path).status_code == 403
    assert 'href="/follow-up"' not in browser.get("/").text


def test_the_job_tells_of_overdue_orders(world: World) -> None:
    case_id = world.case()
    order = post(world.as_("supervisor"), f"/cases/{case_id}/supervision-orders", ORDER, 201)
    desk = world.desk
    with desk.database.write.begin() as session:
        session.get_one(SupervisionOrder, order["id"]).due_at = desk.now() - timedelta(minutes=1)
    upkeep.check_clocks(desk)
    upkeep.check_clocks(desk)
    told = select(Notice).where(Notice.case_id == case_id, Notice.template == "order_overdue")
    with desk.database.read() as session:
        assert len(list(session.scalars(told))) == 1


# Quality inspection


@pytest.fixture(scope="module")
def inspected(world: World) -> str:
    """An answer of the agent's that was drawn and scored by ``supervisor``; its id."""
    client = world.as_("agent")
    for _ in range(3):
        answer = client.post(
            f"/tickets/{world.ticket()}/transitions/answer_directly", json={"text": "请持身份证到街道大厅办理"}
        )
        assert answer.status_code == 200, answer.text
    desk = world.desk
    with desk.database.write.begin() as session:
        assert inspection_draw.draw_due(session, desk.district, now=desk.now() + timedelta(days=7)) >= 2
    with desk.database.read() as session:
        query = select(Inspection).where(Inspection.kind == "answer", Inspection.state == "drawn")
        key = session.scalars(query).first()
        assert key is not None
        return key.id


def points(world: World, key: str, lost: int = 0) -> dict[str, Any]:
    sheet = world.as_("supervisor").get(f"/inspections/{key}").json()["sheet"]
    given = {item["code"]: item["points"] for item in sheet["items"]}
    given[sheet["items"][0]["code"]] -= lost
    return {"points": given, "comment": "没有说明所需材料"}


def test_an_inspection_goes_its_way(world: World, inspected: str) -> None:
    supervisor, agent = world.as_("supervisor"), world.as_("agent")
    problem(agent.get(f"/inspections/{inspected}"), 404, "unknown-inspection")
    problem(supervisor.post(f"/inspections/{inspected}/score", json={"points": {"A1": 1}}), 422, "bad-score")
    problem(world.as_("auditor").post(f"/inspections/{inspected}/score", json=points(world, inspected)), 403)
    page = signed_in(world, "supervisor").get(f"/inspection/{inspected}").text
    assert 'name="points-A1"' in page
    scored = post(supervisor, f"/inspections/{inspected}/score", points(world, inspected, lost=10))
    assert (scored["score"], scored["state"]) == (90, "scored")
    browser = signed_in(world, "agent")
    assert "得 90 分" in browser.get("/notices").text
    assert f"/inspection/{inspected}" in browser.get("/inspection/mine").text
    page = browser.get(f"/inspection/{inspected}").text
    assert "没有说明所需材料" in page
    given = {"csrf": csrf(page), "reason": "录音中已说明"}
    assert "录音中已说明" in browser.post(f"/inspection/{inspected}/objection", data=given).text
    problem(supervisor.post(f"/inspections/{inspected}/decision", json={"text": "维持"}), 403, "own-inspection")
    problem(agent.post(f"/inspections/{inspected}/objection", json={"text": "再提"}), 409, "inspection-stands")
    (own,) = agent.get("/inspections/figures").json()["items"]
    listed = agent.get("/inspections").json()["items"]
    assert own["n"] == len(listed)
    assert {each["worker"]["name"] for each in listed} == {own["worker"]["name"]}
    assert own["mean"] in browser.get("/inspection/figures").text


def test_pages_of_inspection_open_to_those_concerned(world: World, inspected: str) -> None:
    browser = signed_in(world, "supervisor")
    for path in ("/inspection", "/inspection?state=all&kind=answer", "/inspection/figures"):
        assert browser.get(path).status_code == 200
    assert inspected in browser.get("/inspection?state=all").text
    assert browser.get("/inspection/mine").status_code == 403
    for login in ("lead-U001", "editor", "admin"):
        assert signed_in(world, login).get("/inspection").status_code == 403
        problem(world.as_(login).get("/inspections"), 403, "not-allowed")
        problem(world.as_(login).get("/inspections/figures"), 403, "not-allowed")


def test_a_sheets_form_is_scored_on_the_page(world: World, inspected: str) -> None:
    browser = signed_in(world, "supervisor")
    with world.desk.database.read() as session:
        row = session.scalars(select(Inspection).where(Inspection.state == "drawn", Inspection.id != inspected)).first()
    assert row is not None
    page = browser.get(f"/inspection/{row.id}").text
    given: dict[str, str] = {"csrf": csrf(page), "comment": ""}
    given |= {f"points-{item['code']}": str(item["points"]) for item in row.sheet["items"]}
    first = f"points-{row.sheet['items'][0]['code']}"
    assert browser.post(f"/inspection/{row.id}/score", data=given | {first: "1.5"}).status_code == 422
    assert browser.post(f"/inspection/{row.id}/score", data=given).status_code == 200
    with world.desk.database.read() as session:
        assert session.get_one(Inspection, row.id).score == 100
