"""Residents from outside: the desk's page and interface, the resident's own page, and who may not."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api import pipeline
from api.opening import READ
from casework.resident_tables import PersonRequest, Resident
from casework.tables import Ticket
from drills.payloads import wechat_text
from storage.audit import AuditRow
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, unjudged

__all__ = ["unjudged"]

OUTSIDE = ("lead-U001", "officer-U001", "editor")
SECRET = "楼下饭店的泔水倒进了下水道，电话13800005678"


def written(world: World, text: str = SECRET) -> tuple[str, str]:
    """A ticket that was received: its number, and who wrote it."""
    found = pipeline.receive(world.desk, MAIN, wechat_text(next(NUMBERS), text)).receipts[0].ticket_id
    with world.desk.database.read() as session:
        ticket = session.get_one(Ticket, found)
        return ticket.number, ticket.resident_id


def code_of(world: World, number: str) -> str:
    with world.desk.database.read() as session:
        return session.scalars(select(Ticket.code).where(Ticket.number == number)).one()


def browser(world: World) -> httpx.Client:
    """Nobody's: without a session."""
    return world.stack.enter_context(httpx.Client(base_url=world.url, timeout=60, follow_redirects=True))


def look(world: World, who: str, login: str = "agent") -> dict[str, Any]:
    answer = world.as_(login).get(f"/residents/{who}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def joined(world: World) -> tuple[str, str, dict[str, Any]]:
    (_, kept), (_, lost) = written(world), written(world)
    body = {"lost": lost, "proof": "called", "reason": "回拨核实"}
    answer = world.as_("agent").post(f"/residents/{kept}/joins", json=body)
    assert answer.status_code == 200, answer.text
    return kept, lost, answer.json()


def test_a_join_and_its_undoing_by_the_interface(unjudged: World) -> None:
    kept, lost, told = joined(unjudged)
    assert (told["tickets_count"], len(told["identities"]), told["joins"][0]["lost_id"]) == (2, 2, lost)
    assert look(unjudged, lost)["id"] == kept
    undone = unjudged.as_("dispatcher").post(f"/resident-joins/{told['joins'][0]['id']}/undo", json={"reason": "认错"})
    assert (undone.json()["tickets_count"], look(unjudged, lost)["id"]) == (1, lost)
    again = unjudged.as_("agent").post(f"/resident-joins/{told['joins'][0]['id']}/undo", json={"reason": "认错"})
    problem(again, 409, "nothing-to-undo")


def test_a_resident_is_masked_for_who_does_not_work_with_him_and_opening_is_on_record(unjudged: World) -> None:
    _, who = written(unjudged)
    unjudged.as_("agent").post(
        f"/residents/{who}/verified-phone", json={"phone": "138 0000 5678", "reason": "回拨"}
    ).raise_for_status()
    assert look(unjudged, who)["verified_phone"] == "13800005678"
    for login in ("supervisor", "admin", "auditor"):
        found = look(unjudged, who, login)
        assert (found["verified_phone"], found["person_shown"]) == ("138****5678", False)
        assert "13800005678" not in json.dumps(found)
    with unjudged.desk.database.read() as session:
        rows = select(AuditRow).where(AuditRow.act == READ, AuditRow.subject_id == who)
        assert {row.role for row in session.scalars(rows)} == {"agent"}


def test_a_supervisor_has_a_resident_shown_for_a_reason_that_stands_in_the_record(unjudged: World) -> None:
    _, who = written(unjudged)
    verified = {"phone": "138 0000 5678", "reason": "回拨"}
    unjudged.as_("agent").post(f"/residents/{who}/verified-phone", json=verified).raise_for_status()
    supervisor, path = unjudged.as_("supervisor"), f"/residents/{who}/person"
    problem(supervisor.post(path, json={"reason": "contact", "text": ""}), 422, "need-missing")
    assert look(unjudged, who, "supervisor")["verified_phone"] == "138****5678"
    for login in ("auditor", "admin"):
        assert unjudged.as_(login).post(path, json={"reason": "contact", "text": "核实来电"}).status_code == 403
    shown = supervisor.post(path, json={"reason": "contact", "text": "回拨核实来电"}).json()
    assert shown["verified_phone"] == look(unjudged, who, "supervisor")["verified_phone"] == "13800005678"
    with unjudged.desk.database.read() as session:
        rows = select(AuditRow.details).where(AuditRow.act == READ, AuditRow.subject_id == who)
        reasons = list(session.scalars(rows.where(AuditRow.role == "supervisor")))
    assert reasons == [{"reason": "contact", "words": "回拨核实来电"}]


def acts(who: str, number: str) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        ("POST", f"/residents/{who}/joins", {"lost": who, "proof": "called", "reason": "某"}),
        ("POST", f"/resident-joins/{who}/undo", {"reason": "某"}),
        ("POST", f"/residents/{who}/verified-phone", {"phone": "13800005678", "reason": "某"}),
        ("POST", f"/residents/{who}/requests", {"kind": "export", "proof": "某"}),
        ("GET", f"/person-requests/{who}/copy", {}),
        ("PUT", f"/tickets/{number}/confidential", {"confidential": True}),
    ]


@pytest.mark.parametrize("login", ["auditor", "admin", "callback", *OUTSIDE])
def test_who_is_not_of_the_desk_changes_nothing(unjudged: World, login: str) -> None:
    number, who = written(unjudged)
    for method, path, body in acts(who, number):
        answer = unjudged.as_(login).request(method, path, json=body or None)
        if path.endswith("/confidential") and login == "callback":
            assert answer.status_code == 200  # whoever speaks with him writes down that he asks for it
            continue
        assert answer.status_code in (403, 404), (path, answer.text)
    with unjudged.desk.database.read() as session:
        assert session.get_one(Resident, who).verified_phone == ""


@pytest.mark.parametrize("login", OUTSIDE)
def test_a_unit_sees_no_residents_and_no_requests(unjudged: World, login: str) -> None:
    _, who = written(unjudged)
    for path in (f"/residents/{who}", "/person-requests"):
        problem(unjudged.as_(login).get(path), 403, "not-allowed")


def test_a_copy_is_asked_for_approved_and_fetched(unjudged: World) -> None:
    _, who = written(unjudged)
    agent, supervisor = unjudged.as_("agent"), unjudged.as_("supervisor")
    asked = agent.post(f"/residents/{who}/requests", json={"kind": "export", "proof": "本人到场"}).json()["requests"][0]
    problem(agent.get(f"/person-requests/{asked['id']}/copy"), 409, "person-request-decided")
    problem(agent.post(f"/person-requests/{asked['id']}/decision", json={"approve": True}), 403, "not-allowed")
    supervisor.post(f"/person-requests/{asked['id']}/decision", json={"approve": True}).raise_for_status()
    answer = agent.get(f"/person-requests/{asked['id']}/copy")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as copy:
        assert json.loads(copy.read("person.json"))["tickets"][0]["text"] == SECRET
        assert "泔水倒进了下水道" in copy.read("person.html").decode()


def test_an_erasure_by_the_pages_is_confirmed_and_shows_its_receipt_once(unjudged: World) -> None:
    number, who = written(unjudged, "三楼住户半夜敲墙")
    agent = signed_in(unjudged, "agent")
    page = agent.get(f"/residents/{who}").text
    given = {"csrf": csrf(page), "kind": "erasure", "proof": "本人到场", "ground": "unlawful"}
    refused = agent.post(f"/residents/{who}/requests", data=given)
    assert refused.status_code == 409
    assert number in refused.text
    public = browser(unjudged)
    public.post(f"/q/{code_of(unjudged, number)}/withdraw", data={"confirm": "true"}).raise_for_status()
    assert "等待" in agent.post(f"/residents/{who}/requests", data=given).text
    supervisor = signed_in(unjudged, "supervisor")
    page = supervisor.get("/person-requests").text
    with unjudged.desk.database.read() as session:
        key = session.scalars(select(PersonRequest.id).where(PersonRequest.resident_id == who)).one()
    assert supervisor.post(f"/person-requests/{key}", data={"csrf": csrf(page), "approve": "yes"}).status_code == 422
    done = supervisor.post(f"/person-requests/{key}", data={"csrf": csrf(page), "approve": "yes", "confirm": "true"})
    assert "删除回执" in done.text
    assert "删除回执" not in supervisor.get("/person-requests").text
    assert "依法删除" in agent.get(f"/residents/{who}").text
    assert "半夜敲墙" not in agent.get(f"/tickets/{number}").text


def test_the_resident_withdraws_and_asks_for_confidence_on_his_own_page(unjudged: World) -> None:
    number, who = written(unjudged)
    public = browser(unjudged)
    page = f"/q/{code_of(unjudged, number)}"
    assert "撤诉" in public.get(page).text
    assert "已登记保密" in public.post(f"{page}/confidential").text
    public.post(f"{page}/quiet", data={"on": "true"}).raise_for_status()
    assert look(unjudged, who)["wishes"] == {"no_calls": {"from": "22:00", "until": "08:00"}}
    assert public.post(f"{page}/withdraw").status_code == 422
    assert "已撤诉" in public.post(f"{page}/withdraw", data={"confirm": "true"}).text
    assert public.post(f"{page}/withdraw", data={"confirm": "true"}).status_code == 409
    assert public.post("/q/AAAA-BBBB-CCCC/withdraw", data={"confirm": "true"}).status_code == 404


def test_the_desk_joins_with_one_key_where_both_surely_have_one_telephone(unjudged: World) -> None:
    (_, one), (number, other) = written(unjudged), written(unjudged)
    for who in (one, other):
        body = {"phone": "13900001234", "reason": "回拨"}
        unjudged.as_("agent").post(f"/residents/{who}/verified-phone", json=body).raise_for_status()
    found = look(unjudged, one)["alike"]
    assert [(each["id"], each["proof"], each["shared"]) for each in found] == [(other, "same_phone", "13900001234")]
    agent = signed_in(unjudged, "agent")
    assert f"/residents/{other}" in agent.get(f"/tickets/{number}").text
    page = agent.get(f"/residents/{one}").text
    given = {"csrf": csrf(page), "lost": other, "proof": "same_phone", "reason": "同一个已核实电话"}
    assert "已归并" in agent.post(f"/residents/{one}/join", data=given).text
    wishes = {"csrf": csrf(page), "quiet_from": "21:00", "quiet_until": "09:00", "channel": "wechat", "hearing": "true"}
    assert "已保存" in agent.post(f"/residents/{one}/wishes", data=wishes).text
    assert "21:00–09:00 请勿来电" in agent.get(f"/tickets/{number}").text
