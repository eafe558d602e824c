"""Files of cases through the interface and the pages: what is let in, who gets what, and how it is given out."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from api.clamd import Result
from api.jobs import upkeep
from casework import rules
from casework.case_file_tables import CaseFile
from casework.tables import Case
from storage.audit import AuditRow
from storage.blobs import digest_of
from tests.integration import photographs
from tests.integration.interface import World, csrf, problem, signed_in, world

__all__ = ["world"]
pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
PDF, PNG = photographs.pdf(), photographs.png()
LEAD, STRANGER = "lead-U001", "lead-U002"


def put(world: World, case: str, name: str = "现场.png", content: bytes = PNG, login: str = LEAD) -> httpx.Response:
    return world.as_(login).post(f"/cases/{case}/files", files={"file": (name, content)})


def signed(world: World) -> str:
    """A case that its lead has signed; its id."""
    case = world.case()
    assert world.as_(LEAD).post(f"/cases/{case}/transitions/sign", json={}).status_code == 200
    return case


def number_of(world: World, case: str) -> str:
    with world.desk.database.read() as session:
        return session.get_one(Case, case).number


@pytest.fixture
def needing(world: World) -> Any:
    """The desk with a workflow in which contact, answer and exclusion need a file, while the test runs."""
    before = world.desk.district
    data = before.workflow.model_dump(mode="json", by_alias=True)
    for each in (*data["case"]["transitions"], *data["requests"]):
        if each["name"] in ("contact", "answer", "exclusion"):
            each["needs"] = [*each["needs"], "attachment"]
    workflow = type(before.workflow).model_validate(data)
    world.desk.district = replace(before, workflow=workflow, rule_version="with-files")
    with world.desk.database.write.begin() as session:
        rules.keep(session, world.desk.district, now=world.desk.now())
    yield world
    world.desk.district = before


def test_a_file_is_put_on_a_case_listed_and_given_out_sealed_and_on_record(world: World) -> None:
    case = signed(world)
    told = put(world, case, "../现 场.exe").json()
    assert (told["name"], told["size"]) == ("现 场.png", len(PNG))
    for login in (LEAD, "supervisor", "dispatcher"):
        (listed,) = world.as_(login).get(f"/cases/{case}").json()["files"]
        assert (listed["id"], listed["media_type"], listed["erased"]) == (told["id"], "image/png", False)
        got = world.as_(login).get(f"/cases/{case}/files/{told['id']}")
        assert got.content == PNG
        assert got.headers["content-disposition"].startswith("attachment;")
        assert got.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in got.headers["content-security-policy"]
    reads = select(func.count(AuditRow.id)).where(AuditRow.act == "read_case_file", AuditRow.subject_id == case)
    assert world.count(reads) == 3


def test_an_idempotency_key_puts_a_file_once(world: World) -> None:
    case = signed(world)
    sent = {"files": {"file": ("a.png", PNG)}, "headers": {"idempotency-key": f"file-{case}"}}
    first, again = (world.as_(LEAD).post(f"/cases/{case}/files", **sent) for _ in range(2))  # type: ignore[arg-type]
    assert first.json() == again.json()
    assert world.count(select(func.count(CaseFile.id)).where(CaseFile.case_id == case)) == 1


@pytest.mark.parametrize(
    ("name", "content"), [("空.pdf", b""), ("页.png", b"<html><script>1</script>"), ("程序.pdf", b"MZ" + bytes(90))]
)
def test_what_a_file_may_not_be_is_refused_and_leaves_nothing(world: World, name: str, content: bytes) -> None:
    case = signed(world)
    assert name in problem(put(world, case, name, content), 422, "unfit-attachment")["detail"]
    assert world.as_(LEAD).get(f"/cases/{case}").json()["files"] == []
    assert not world.desk.blobs.path(digest_of(content)).exists()


def test_a_file_above_the_limit_is_refused(world: World) -> None:
    too_much = PDF + bytes(world.desk.settings.max_body)
    assert put(world, signed(world), "大.pdf", too_much).status_code == 413


def test_another_unit_neither_puts_finds_nor_gets_a_file(world: World) -> None:
    case = signed(world)
    file = put(world, case).json()["id"]
    content = photographs.pdf("别的单位")
    problem(put(world, case, "a.pdf", content, STRANGER), 404, "unknown-case")
    assert not world.desk.blobs.path(digest_of(content)).exists()
    problem(world.as_(STRANGER).get(f"/cases/{case}/files/{file}"), 404, "unknown-case")
    assert signed_in(world, STRANGER).get(f"/cases/{case}/files/{file}").status_code == 404
    problem(world.as_("auditor").get(f"/cases/{case}/files/{file}"), 403, "not-allowed")
    problem(put(world, case, login="auditor"), 403, "not-allowed")


def test_a_file_is_not_given_out_by_the_address_of_another_case(world: World) -> None:
    case, other = signed(world), signed(world)
    file = put(world, case).json()["id"]
    problem(world.as_(LEAD).get(f"/cases/{other}/files/{file}"), 404, "unknown-case-file")
    given = {"reason": "malicious", "text": "恶意重复", "attachment": file}
    problem(world.as_(LEAD).post(f"/cases/{other}/requests/exclusion", json=given), 404, "unknown-case-file")
    assert world.as_(LEAD).get(f"/cases/{other}").json()["requests"] == []


def test_a_move_that_needs_a_file_is_refused_without_and_made_with_one(needing: World) -> None:
    case = signed(needing)
    lead = needing.as_(LEAD)
    told = problem(lead.post(f"/cases/{case}/transitions/contact", json={"text": "已联系"}), 422, "need-missing")
    assert "附件" in told["detail"]
    given = {"text": "已联系", "attachment": put(needing, case).json()["id"]}
    done = lead.post(f"/cases/{case}/transitions/contact", json=given)
    assert done.status_code == 200, done.text
    assert done.json()["files"][0]["step"]


def test_the_form_of_a_request_sends_its_file_along_and_the_decider_finds_it(needing: World) -> None:
    case = signed(needing)
    number, browser = number_of(needing, case), signed_in(needing, LEAD)
    page = browser.get(f"/cases/{number}").text
    form = re.search(rf'<form[^>]*action="/cases/{number}/ask/exclusion"[^>]*>.*?</form>', page, re.DOTALL)
    assert form is not None
    assert 'enctype="multipart/form-data"' in form[0]
    assert 'type="file" name="attachment"' in form[0]
    given = {"csrf": csrf(page), "reason": "malicious", "text": "恶意重复"}
    refused = browser.post(f"/cases/{number}/ask/exclusion", data=given, files={"attachment": ("", b"")})
    assert refused.status_code == 422
    sent = browser.post(f"/cases/{number}/ask/exclusion", data=given, files={"attachment": ("证明.pdf", PDF)})
    assert sent.status_code == 200, sent.text
    (file,) = needing.as_(LEAD).get(f"/cases/{case}").json()["files"]
    (asked,) = needing.as_(LEAD).get(f"/cases/{case}").json()["requests"]
    assert file["request"] == asked["id"]
    address = f"/cases/{number}/files/{file['id']}"
    decider = signed_in(needing, "supervisor")
    assert decider.get(f"/cases/{number}").text.count(f'href="{address}" download>证明.pdf</a>') == 2
    assert decider.get(address).content == PDF


def test_a_move_that_is_refused_puts_no_file_on_the_case(needing: World) -> None:
    case = signed(needing)
    number, browser = number_of(needing, case), signed_in(needing, LEAD)
    token = csrf(browser.get(f"/cases/{number}").text)
    sent = browser.post(f"/cases/{number}/do/contact", data={"csrf": token}, files={"attachment": ("a.png", PNG)})
    assert sent.status_code == 422, "it lacks its text"
    assert needing.as_(LEAD).get(f"/cases/{case}").json()["files"] == []


def test_an_answer_that_is_asked_for_once_more_keeps_its_file(needing: World) -> None:
    case = signed(needing)
    number, browser = number_of(needing, case), signed_in(needing, LEAD)
    before = browser.get(f"/cases/{number}").text
    version = re.search(r'name="seen" value="([^"]+)"', before)
    assert version is not None
    given = {"csrf": csrf(before), "seen": version[1], "text": "好"}
    page = browser.post(f"/cases/{number}/do/answer", data=given, files={"attachment": ("a.png", PNG)}).text
    found = re.search(r'name="attachment" value="([^"]+)"', page)
    assert found is not None, page
    despite = re.search(r'name="despite" value="([^"]*)"', page)
    assert despite is not None
    again = given | {"attachment": found[1], "despite": despite[1]}
    assert browser.post(f"/cases/{number}/do/answer", data=again).status_code == 200
    told = needing.as_(LEAD).get(f"/cases/{case}").json()
    assert told["state"] == "answered"
    assert [bool(each["step"]) for each in told["files"]] == [True]


def test_the_page_of_a_case_lists_files_and_takes_one_more(world: World) -> None:
    case = signed(world)
    number, browser = number_of(world, case), signed_in(world, LEAD)
    token = csrf(browser.get(f"/cases/{number}").text)
    page = browser.post(f"/cases/{number}/files", data={"csrf": token}, files={"attachment": ("<b>.png", PNG)}).text
    assert re.search(rf'href="/cases/{number}/files/[^"]+" download>[^<]*b[^<]*\.png</a>', page)
    none = browser.post(f"/cases/{number}/files", data={"csrf": token}, files={"attachment": ("", b"")})
    assert none.status_code == 422
    forged = browser.post(f"/cases/{number}/files", data={"csrf": "x"}, files={"attachment": ("a.png", PNG)})
    assert forged.status_code == 403
    auditors = signed_in(world, "auditor").get(f"/cases/{number}").text
    assert "未向您开放" in auditors
    assert f"/cases/{number}/files" not in auditors


class Finds:
    """A scanner that finds something in every file."""

    def scan(self, _content: bytes) -> Result:
        return Result("infected", "Eicar")


def test_an_infected_file_is_neither_taken_nor_served(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    case = signed(world)
    content = photographs.pdf("早先的")
    file = put(world, case, "早先.pdf", content).json()["id"]
    monkeypatch.setattr(world.desk, "scanner", Finds())
    refused = problem(put(world, case, "毒.pdf", photographs.pdf("毒")), 422, "unfit-attachment")
    assert "病毒" in refused["detail"]
    problem(world.as_(LEAD).get(f"/cases/{case}/files/{file}"), 403)
    page = signed_in(world, LEAD).get(f"/cases/{number_of(world, case)}").text
    assert "早先.pdf 查出病毒" in page
    reads = select(func.count(AuditRow.id)).where(AuditRow.act == "read_case_file", AuditRow.subject_id == case)
    assert world.count(reads) == 0


def test_the_sweep_keeps_what_a_case_names_and_takes_what_none_does(world: World) -> None:
    case = signed(world)
    content, loose = photographs.pdf("留"), photographs.pdf("去")
    file = put(world, case, "留.pdf", content).json()["id"]
    world.desk.blobs.put(loose)
    for each in (content, loose):
        path = world.desk.blobs.path(digest_of(each))
        os.utime(path, (1, 1))
    upkeep.sweep_blobs(world.desk)
    assert world.as_(LEAD).get(f"/cases/{case}/files/{file}").content == content
    assert not world.desk.blobs.path(digest_of(loose)).exists()
