"""A unit's pages from outside: photos, the printed sheet and its code, answers kept, and where a decision leads back."""

from __future__ import annotations

import io

import httpx
import pytest
import segno
from sqlalchemy import func, select

from api import pipeline
from api.web import case_files, own_site
from api.web.work_order import AT_ONCE
from casework.case_file_tables import CaseFile
from casework.tables import Case
from casework.unit_tables import SavedReply
from drills.payloads import wechat_text
from storage.audit import AuditRow
from tests.integration import photographs
from tests.integration.interface import MAIN, NUMBERS, World, csrf, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
LEAD, STRANGER = "lead-U001", "lead-U002"
PNG = photographs.png()


def number_of(world: World, case: str) -> str:
    with world.desk.database.read() as session:
        return session.get_one(Case, case).number


def signed(world: World) -> tuple[str, str]:
    """A case that its lead has signed: its id and number."""
    case = world.case()
    assert world.as_(LEAD).post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    return case, number_of(world, case)


def token(client: httpx.Client) -> str:
    return csrf(client.get("/password").text)


def names(world: World, case: str) -> list[str]:
    with world.desk.database.read() as session:
        return list(session.scalars(select(CaseFile.name).where(CaseFile.case_id == case).order_by(CaseFile.name)))


def send(client: httpx.Client, address: str, files: list[tuple[str, tuple[str, bytes]]], **form: str) -> httpx.Response:
    return client.post(address, data={"csrf": token(client)} | form, files=files)


def test_photos_of_before_and_after_are_on_the_case_under_names_that_say_so(world: World) -> None:
    case, number = signed(world)
    browser = signed_in(world, LEAD)
    photos = [("before", ("a.png", PNG)), ("after", ("b.png", PNG)), ("after", ("c.png", PNG))]
    assert send(browser, f"/cases/{number}/files/photos", photos).status_code == 200
    assert names(world, case) == ["办理前-a.png", "办理后-b.png", "办理后-c.png"]
    page = browser.get(f"/cases/{number}").text
    assert page.count("/thumbnail") == 3


def test_too_many_photos_or_one_that_is_none_leave_nothing(world: World) -> None:
    case, number = signed(world)
    browser = signed_in(world, LEAD)
    many = [("after", (f"{each}.png", PNG)) for each in range(case_files.PHOTOS_AT_ONCE + 1)]
    assert send(browser, f"/cases/{number}/files/photos", many).status_code == 422
    mixed = [("after", ("a.png", PNG)), ("after", ("b.png", b"<html>"))]
    assert send(browser, f"/cases/{number}/files/photos", mixed).status_code == 422
    assert names(world, case) == []


def test_photos_that_come_with_an_answer_stay_while_it_is_looked_over(world: World) -> None:
    case, number = signed(world)
    browser = signed_in(world, LEAD)
    again = send(browser, f"/cases/{number}/do/answer", [("after", ("好了.png", PNG))], text="尽快处理。")
    assert "发出前请再看一遍" in again.text
    assert names(world, case) == ["办理后-好了.png"]


def test_a_thumbnail_is_put_on_record_and_another_unit_gets_none(world: World) -> None:
    case, number = signed(world)
    browser = signed_in(world, LEAD)
    send(browser, f"/cases/{number}/files/photos", [("after", ("a.png", PNG))])
    with world.desk.database.read() as session:
        key = session.scalars(select(CaseFile.id).where(CaseFile.case_id == case)).one()
    drawn = browser.get(f"/cases/{number}/files/{key}/thumbnail")
    assert drawn.headers["content-type"].startswith("image/")
    assert drawn.content != PNG
    assert signed_in(world, STRANGER).get(f"/cases/{number}/files/{key}/thumbnail").status_code == 404
    reads = select(func.count(AuditRow.id)).where(AuditRow.act == "read_case_file", AuditRow.subject_id == case)
    assert world.count(reads) == 1


@pytest.mark.parametrize("public", ["https://12345.yuquan.example/", "http://127.0.0.1:8000"])
def test_the_code_of_a_sheet_leads_to_the_cases_page_where_a_telephone_finds_it(world: World, public: str) -> None:
    _, number = signed(world)
    kept = world.desk.settings
    world.desk.settings = kept.model_copy(update={"public_url": public})
    try:
        got = signed_in(world, LEAD).get(f"/cases/{number}/qr.svg")
    finally:
        world.desk.settings = kept
    base = "https://12345.yuquan.example" if "example" in public else world.url
    expected = io.BytesIO()
    made = segno.make(f"{base}/cases/{number}", error="m", micro=False)
    made.save(expected, kind="svg", xmldecl=False, border=2, light="#fff", omitsize=True)
    assert got.content == expected.getvalue()
    assert signed_in(world, STRANGER).get(f"/cases/{number}/qr.svg").status_code == 404


def test_sheets_of_many_show_what_the_reader_may_see_and_are_on_record(world: World) -> None:
    case, number = signed(world)
    other = number_of(world, world.case(unit="U002"))
    page = signed_in(world, LEAD).get("/cases/print", params={"case": [number, other]}).text
    assert page.count('class="work-order"') == 1
    assert f"不在您的查看范围内：{other}" in page
    reads = select(func.count(AuditRow.id)).where(AuditRow.act == "read_person", AuditRow.subject_id == case)
    assert world.count(reads) == 1
    many = {"case": [number] * (AT_ONCE + 1)}
    assert signed_in(world, LEAD).get("/cases/print", params=many).status_code == 422


def test_a_kept_answer_is_offered_where_an_answer_is_written(world: World) -> None:
    _, number = signed(world)
    browser = signed_in(world, LEAD)
    form = {"csrf": token(browser), "name": "路灯修好", "text": "【地点】的路灯已修好。"}
    assert browser.post("/saved-replies", data=form).status_code == 200
    assert "路灯修好" in browser.get(f"/cases/{number}").text
    stranger = signed_in(world, STRANGER)
    assert "路灯修好" not in stranger.get("/saved-replies").text
    with world.desk.database.read() as session:
        key = session.scalars(select(SavedReply.id)).one()
    assert stranger.post(f"/saved-replies/{key}/remove", data={"csrf": token(stranger)}).status_code == 404
    assert browser.post(f"/saved-replies/{key}/remove", data={"csrf": token(browser)}).status_code == 200
    assert world.count(select(func.count(SavedReply.id))) == 0


def test_who_left_no_telephone_is_not_put_on_record_as_called_by_one_tap(world: World) -> None:
    case, number = signed(world)
    browser = signed_in(world, LEAD)
    page = browser.get(f"/cases/{number}").text
    assert "没有留电话" in page
    assert "已电话联系居民" not in page
    assert 'value="relay"' in page
    sent = {"csrf": token(browser), "reason": "relay", "text": "请热线中心转告两天内修好"}
    assert "经热线中心转告：请热线中心转告两天内修好" in browser.post(f"/cases/{number}/do/contact", data=sent).text
    with world.desk.database.write.begin() as session:
        session.get_one(Case, case).tickets[0].resident.phone = "13800001234"
    page = browser.get(f"/cases/{number}").text
    assert "已电话联系居民" in page
    assert 'name="reason" value="call"' in page


def test_a_case_that_can_still_be_returned_says_that_signing_ends_that(world: World) -> None:
    case = world.case()
    number = number_of(world, case)
    browser = signed_in(world, LEAD)
    card = browser.get("/todo?show=sign", params={"q": number}).text
    assert f"/cases/{number}#ask-return" in card
    assert "签收后不能退单" in card
    assert "签收后不能退单" in browser.get(f"/cases/{number}").text
    assert world.as_(LEAD).post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    assert "签收后不能退单" not in browser.get(f"/cases/{number}").text
    assert "签收后不能退单" not in browser.get("/todo", params={"q": number}).text


def test_before_an_extension_is_asked_for_and_decided_both_read_what_it_gives(world: World) -> None:
    case, number = signed(world)
    browser, dispatcher = signed_in(world, LEAD), signed_in(world, "dispatcher")
    page = browser.get(f"/cases/{number}").text
    assert "批准后到" in page
    assert "由派单员、督办审批，审批期间时限照常计算" in page
    made = world.as_(LEAD).post(f"/cases/{case}/requests/extension", json={"reason": "配件未到"}).json()
    assert "撤回申请" in browser.get(f"/cases/{number}").text
    assert "撤回申请" not in dispatcher.get(f"/cases/{number}").text
    for address in (f"/cases/{number}", "/requests?kind=extension", "/dispatch"):
        assert "批准后到" in dispatcher.get(address).text
    key = made["id"]
    refused = dispatcher.post(f"/requests/{key}/withdraw", data={"csrf": token(dispatcher)})
    assert refused.status_code == 403
    assert "只有提出申请的人可以撤回" in refused.text
    assert browser.post(f"/requests/{key}/withdraw", data={"csrf": token(browser)}).status_code == 200
    assert world.as_(LEAD).get(f"/cases/{case}").json()["requests"][0]["state"] == "withdrawn"
    again = world.as_(LEAD).post(f"/cases/{case}/requests/extension", json={"reason": "配件未到"}).json()
    assert world.as_(LEAD).post(f"/requests/{again['id']}/withdraw", json={}).json()["state"] == "withdrawn"


def test_after_a_decision_it_is_told_what_became_of_which_case(world: World) -> None:
    case, number = signed(world)
    dispatcher = signed_in(world, "dispatcher")
    for verdict, back, told in (
        ("refuse", "/requests?kind=extension", "未同意延期申请"),
        ("approve", "/dispatch", "已同意延期申请"),
    ):
        made = world.as_(LEAD).post(f"/cases/{case}/requests/extension", json={"reason": "配件未到"}).json()
        sent = {"csrf": token(dispatcher), "verdict": verdict, "text": "知悉", "back": back}
        page = dispatcher.post(f"/requests/{made['id']}/decide", data=sent)
        assert page.url.path == back.split("?")[0]
        notice = page.text.split('role="status"')[1].split("</div>")[0]
        assert told in notice
        assert f"/cases/{number}" in notice
        assert "接下来由承办单位继续办理" in notice
        assert ("时限改到" in notice) is (verdict == "approve")
        other = signed_in(world, "supervisor").get(back, params={"decided": made["id"]})
        assert told not in other.text, "told to who decided"


def test_another_units_case_is_refused_in_a_batch_and_the_rest_is_signed(world: World) -> None:
    mine, others = world.case(), world.case(unit="U002")
    browser = signed_in(world, LEAD)
    form = {"csrf": token(browser), "case": [number_of(world, others), number_of(world, mine)]}
    page = browser.post("/todo/sign", data=form).text
    assert "已签收 1 件，未签收 1 件" in page
    with world.desk.database.read() as session:
        assert [session.get_one(Case, key).state for key in (mine, others)] == ["in_progress", "dispatched"]


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_a_decision_leads_back_inside_only(world: World, back: str) -> None:
    del world
    assert own_site.inside(back) == ""
    assert own_site.inside("/requests?kind=return") == "/requests?kind=return"


def test_the_sheet_of_the_unit_that_handles_the_case_names_the_whole_place_and_a_list_the_house(world: World) -> None:
    told = wechat_text(next(NUMBERS), "石榴红小区6号楼101在砸墙，6号楼都晃")
    ticket = pipeline.take(world.desk, MAIN, told).receipts[0].ticket_id
    body = {"unit": "U001", "reason": "测试"}
    accepted = world.as_("dispatcher").post(f"/tickets/{ticket}/accept", json=body).json()
    number = number_of(world, accepted["case_id"])
    lead = signed_in(world, LEAD)
    assert lead.get(f"/cases/{number}/print").text.count("石榴红小区6号楼101在砸墙，6号楼都晃") == 2
    assert "石榴红小区**在砸墙，6号楼都晃" in lead.get("/cases").text
    auditor = signed_in(world, "auditor").get(f"/cases/{number}/print").text
    assert "6号楼101" not in auditor
    assert auditor.count("石榴红小区**在砸墙，6号楼都晃") == 2
