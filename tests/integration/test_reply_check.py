"""答复体检 by page, interface and command; the record of handling is read by staff and by nobody else."""

from __future__ import annotations

import httpx
import pytest
from sqlalchemy import select

from api import pipeline
from casework.tables import Case, Request, Ticket
from drills.payloads import wechat_text
from storage.deliveries import Delivery
from tests.integration.interface import MAIN, NUMBERS, World, csrf, problem, signed_in, world

__all__ = ["world"]

GOOD = "您好，光明路的路灯是控制箱跳闸，我委照明所3月23日已更换开关并恢复照明。电话0999-5550-1007。"
POOR = "您好，路灯的事会尽快安排。"
RECORD = "内部：开关受潮短路，责任在施工队"


def in_hand(world: World) -> str:
    """A signed case of U001 about a street lamp; its id."""
    taken = pipeline.take(world.desk, MAIN, wechat_text(next(NUMBERS), "光明路的路灯坏了三天没人修"))
    body = {"unit": "U001", "reason": "测试", "category": "100201"}
    accepted = world.as_("dispatcher").post(f"/tickets/{taken.receipts[0].ticket_id}/accept", json=body)
    assert accepted.status_code == 200, accepted.text
    case = str(accepted.json()["case_id"])
    assert world.as_("lead-U001").post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    return case


def pending(world: World, case: str) -> str:
    """The answer that the officer of U001 put up for approval; the request's id."""
    given = {"text": POOR, "record": RECORD}
    answer = world.as_("officer-U001").post(f"/cases/{case}/transitions/answer", json=given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["warnings"]
    return str(answer.json()["request"]["id"])


def form(client: httpx.Client, case: str, **fields: str) -> dict[str, str]:
    return {"csrf": csrf(client.get(f"/cases/{case}").text)} | fields


def state(world: World, case: str) -> str:
    return str(world.as_("auditor").get(f"/cases/{case}").json()["state"])


def test_the_interface_warns_of_an_answer_without_sending_it(world: World) -> None:
    case, lead = in_hand(world), world.as_("lead-U001")
    found = lead.post(f"/cases/{case}/reply-check", json={"text": POOR}).json()["warnings"]
    vague = next(each for each in found if each["kind"] == "vague")
    assert POOR[vague["start"] : vague["end"]] == "尽快"
    assert vague["label"] == "承诺没有期限"
    assert {"too_short", "unsigned"} <= {each["kind"] for each in found}
    assert lead.post(f"/cases/{case}/reply-check", json={"text": GOOD}).json() == {"warnings": []}
    assert state(world, case) == "in_progress"


def test_a_case_of_another_unit_is_not_looked_over(world: World) -> None:
    case = in_hand(world)
    problem(world.as_("lead-U002").post(f"/cases/{case}/reply-check", json={"text": POOR}), 404, "unknown-case")
    problem(world.as_("lead-U001").post(f"/cases/{case}/reply-check", json={"text": "字" * 5001}), 422)
    other = signed_in(world, "lead-U002")
    sent = {"csrf": csrf(other.get("/cases").text), "text": POOR}
    assert other.post(f"/cases/{case}/reply-check", data=sent).status_code == 404
    assert other.post(f"/cases/{case}/reply-check", data={"text": POOR}).status_code == 403


def test_the_interface_keeps_no_answer_back(world: World) -> None:
    case = in_hand(world)
    given = {"text": POOR, "record": RECORD}
    done = world.as_("lead-U001").post(f"/cases/{case}/transitions/answer", json=given).json()
    assert (done["state"], done["answer"], done["record"]) == ("answered", POOR, RECORD)
    assert "承诺没有期限" in {each["label"] for each in done["warnings"]}
    timeline = world.as_("auditor").get(f"/cases/{case}").json()["timeline"]
    (despite,) = [step for step in timeline if step["move"] == "answer_despite"]
    assert "承诺没有期限" in despite["text"]


def test_the_form_has_a_field_for_the_record_and_is_looked_over_as_it_is_typed(world: World) -> None:
    case, lead = in_hand(world), signed_in(world, "lead-U001")
    page = lead.get(f"/cases/{case}").text
    assert 'name="record"' in page
    assert "办理记录（不公开）" in page
    assert "/reply-check" in page
    part = lead.post(f"/cases/{case}/reply-check", data=form(lead, case, text=POOR)).text
    assert "承诺没有期限" in part
    assert "“尽快”" in part
    assert 'name="despite"' in part
    assert "没有发现问题" in lead.post(f"/cases/{case}/reply-check", data=form(lead, case, text=GOOD)).text
    script = lead.post(f"/cases/{case}/reply-check", data=form(lead, case, text="<script>尽快</script>")).text
    assert "<script>" not in script


def test_an_answer_with_warnings_goes_out_with_one_more_click(world: World) -> None:
    case, lead = in_hand(world), signed_in(world, "lead-U001")
    asked = lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=POOR, record=RECORD))
    assert "发出前请再看一遍" in asked.text
    assert POOR in asked.text
    assert RECORD in asked.text
    assert state(world, case) == "in_progress"
    seen = asked.text.split('name="despite" value="')[1].split('"')[0]
    assert "vague" in seen.split()
    worse = f"{POOR}王先生身份证110101199003070134"
    again = lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=worse, despite=seen))
    assert "发出前请再看一遍" in again.text, "what was not there when he said that he had seen it"
    sent = lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=POOR, record=RECORD, despite=seen))
    assert sent.status_code == 200
    assert state(world, case) == "answered"
    assert "体检提示未采纳" in sent.text
    assert RECORD in sent.text


def test_an_answer_with_blanks_is_kept_back_by_the_page_and_the_interface(world: World) -> None:
    case, lead = in_hand(world), signed_in(world, "lead-U001")
    blank = GOOD.replace("控制箱跳闸", "【查明的情况】")
    refused = problem(world.as_("lead-U001").post(f"/cases/{case}/transitions/answer", json={"text": blank}), 422)
    assert refused["type"].endswith(":blanks-left")
    assert "【查明的情况】" in refused["detail"]
    part = lead.post(f"/cases/{case}/reply-check", data=form(lead, case, text=blank)).text
    assert "填完才能发出" in part
    assert 'name="despite"' not in part, "there is nothing to tick it away with"
    for despite in ("", "blank"):
        page = lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=blank, despite=despite))
        assert page.status_code == 422
        assert "还有没填的，没有发出" in page.text
        assert blank in page.text, "what was written is kept"
    assert state(world, case) == "in_progress"
    lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=GOOD, despite="blank"))
    assert state(world, case) == "answered"


def test_before_an_answer_is_sent_it_is_said_which_request_lapses(world: World) -> None:
    case, lead = in_hand(world), signed_in(world, "lead-U001")
    assert "随之失效" not in lead.get(f"/cases/{case}").text
    world.as_("officer-U001").post(f"/cases/{case}/requests/extension", json={"reason": "配件未到"})
    page = lead.get(f"/cases/{case}").text
    assert "延期申请还没有审批，答复发出后随之失效" in page
    assert "延期申请随之失效。确定答复？" in page, "asked once more as it is sent"


def test_an_answer_without_warnings_goes_out_at_once(world: World) -> None:
    case, lead = in_hand(world), signed_in(world, "lead-U001")
    assert "发出前" not in lead.post(f"/cases/{case}/do/answer", data=form(lead, case, text=GOOD)).text
    assert state(world, case) == "answered"


@pytest.mark.parametrize("login", ["agent", "dispatcher", "supervisor", "callback", "auditor"])
def test_who_may_not_answer_is_refused_and_not_asked_again(world: World, login: str) -> None:
    case = in_hand(world)
    client = signed_in(world, login)
    sent = {"csrf": csrf(client.get("/cases").text), "text": POOR, "record": RECORD}
    refused = client.post(f"/cases/{case}/do/answer", data=sent)
    assert refused.status_code == 403
    assert "发出前" not in refused.text
    problem(world.as_(login).post(f"/cases/{case}/transitions/answer", json={"text": POOR, "record": RECORD}), 403)
    assert state(world, case) == "in_progress"


def test_the_lead_sees_the_warnings_and_changes_the_text_as_he_approves(world: World) -> None:
    case = in_hand(world)
    request, lead = pending(world, case), signed_in(world, "lead-U001")
    for page in (lead.get(f"/cases/{case}").text, lead.get("/requests").text):
        assert POOR in page
        assert "承诺没有期限" in page
        assert RECORD in page
        assert "同意并发出" in page
    asked = lead.post(f"/requests/{request}/decide", data=form(lead, case, verdict="approve", answer=POOR, text="可"))
    assert "发出前请再看一遍" in asked.text
    assert state(world, case) == "in_progress"
    changed = form(lead, case, verdict="approve", answer=GOOD, text="补充了经过")
    assert lead.post(f"/requests/{request}/decide", data=changed).status_code == 200
    case_now = world.as_("lead-U001").get(f"/cases/{case}").json()
    assert (case_now["state"], case_now["answer"], case_now["record"]) == ("answered", GOOD, RECORD)
    (kept,) = case_now["requests"]
    assert (kept["text"], kept["changed_text"], kept["decision"]) == (POOR, GOOD, "补充了经过")


def test_the_lead_approves_by_the_interface_with_his_own_text(world: World) -> None:
    case = in_hand(world)
    request = pending(world, case)
    given = {"approve": True, "answer": GOOD}
    problem(world.as_("dispatcher").post(f"/requests/{request}/decision", json=given), 403, "not-allowed")
    assert world.as_("lead-U001").post(f"/requests/{request}/decision", json=given).json()["changed_text"] == GOOD
    assert world.as_("lead-U001").get(f"/cases/{case}").json()["answer"] == GOOD


def test_the_text_of_another_request_cannot_be_changed(world: World) -> None:
    case = in_hand(world)
    made = world.as_("officer-U001").post(f"/cases/{case}/requests/extension", json={"reason": "配件未到"})
    given = {"approve": True, "answer": "另一段话"}
    refused = world.as_("dispatcher").post(f"/requests/{made.json()['id']}/decision", json=given)
    assert "不能由审批人改" in problem(refused, 422, "text-not-changeable")["detail"]


def test_the_record_is_on_nothing_that_a_resident_or_the_public_reads(world: World) -> None:
    case = in_hand(world)
    request = pending(world, case)
    assert world.as_("lead-U001").post(f"/requests/{request}/decision", json={"approve": True}).status_code == 200
    with world.desk.database.read() as session:
        assert session.get_one(Case, case).record == RECORD
        assert session.get_one(Request, request).record == RECORD
        ticket = session.scalars(select(Ticket).where(Ticket.case_id == case)).one()
        told = list(session.scalars(select(Delivery).where(Delivery.ticket_id == ticket.id)))
    assert any(POOR in delivery.text for delivery in told)
    assert not any(RECORD in f"{delivery.title}{delivery.text}{delivery.details}" for delivery in told)
    anybody = world.stack.enter_context(httpx.Client(base_url=world.url, follow_redirects=True))
    progress = anybody.get(f"/q/{ticket.code}").text
    assert POOR in progress
    assert RECORD not in progress
    assert RECORD not in anybody.get("/q", params={"code": ticket.code}).text
    for address in (f"/open311/v2/requests/{ticket.code}.json", f"/open311/v2/requests/{ticket.number}.json"):
        assert RECORD not in anybody.get(address).text
    for login in ("agent", "lead-U001"):
        assert RECORD not in signed_in(world, login).get("/export/cases.csv").text
    assert RECORD in world.as_("dispatcher").get(f"/cases/{case}").text
    assert world.as_("lead-U002").get(f"/cases/{case}").status_code == 404
