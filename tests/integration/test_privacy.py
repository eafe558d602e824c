"""Who reads what of a resident, on every page, answer, file and notice of a real desk: reporters of a 举报 above all."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api import pipeline
from api.app import create_app
from api.demo.payloads import letter, wechat_xml
from api.desk import Desk
from api.opening import READ
from api.setting_up import DEMO_PASSWORD
from api.settings import Settings
from api.standins.background import BackgroundServer
from casework.tables import Notice, Ticket
from channels.message import Account
from storage.audit import AuditRow
from storage.deliveries import Delivery
from tests.integration.chance import BY_CHANCE
from tests.integration.planted import CHAT, FILE, LETTER, NEIGHBOUR, ORDINARY, PERSON

UNIT, OTHER = "U001", "U002"


@dataclass
class World:
    """A desk with a 举报 of two reporters and an ordinary matter, both handled by the same unit."""

    desk: Desk
    url: str
    stack: ExitStack
    people: dict[str, httpx.Client] = field(default_factory=dict)
    report: str = ""
    second: str = ""
    case: str = ""
    ordinary: str = ""
    ordinary_case: str = ""
    attachment: str = ""

    def as_(self, login: str) -> httpx.Client:
        """The session of this user: for pages by its cookie, for the API as Bearer."""
        if login not in self.people:
            client = self.stack.enter_context(httpx.Client(base_url=self.url, timeout=60))
            entered = client.post("/login", data={"login": login, "password": DEMO_PASSWORD})
            assert entered.status_code == 303, entered.text
            token = client.cookies["yingsheng_session"]
            client.headers["authorization"] = f"Bearer {token}"
            self.people[login] = client
        return self.people[login]

    def post(self, login: str, path: str, **body: Any) -> dict[str, Any]:
        answer = self.as_(login).post(f"/api/v1{path}", json=body)
        assert answer.is_success, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def receive(self, channel: str, payload: bytes) -> str:
        """The number of the ticket a payload belongs to."""
        account = self.desk.account(channel, "demo") or Account(channel, "demo")
        (receipt,) = pipeline.take(self.desk, account, payload).receipts
        with self.desk.database.read() as session:
            return session.get_one(Ticket, receipt.ticket_id).number

    def opened_by(self, role: str) -> list[AuditRow]:
        with self.desk.database.read() as session:
            return list(session.scalars(select(AuditRow).where(AuditRow.act == READ, AuditRow.role == role)))


def _mail(text: str, subject: str, number: int, **more: Any) -> bytes:
    made = letter(
        sender=("王小明", "portal.writer@letters.example"),
        to="mayor@yuquan.example",
        subject=subject,
        text=text,
        at=datetime.now(UTC),
        message_id=f"<report-{number}@letters.example>",
        **more,
    )
    return b"Reply-To: wang.xiaoming@home.example\r\n" + made


def _chat(text: str, number: int, kind: str = "text", sender: str = PERSON["openid"]) -> bytes:
    position = (float(PERSON["latitude"]), float(PERSON["longitude"]))
    at = datetime.now(UTC)
    return wechat_xml(sender=sender, at=at, kind=kind, text=text, message_id=str(number), position=position)


def _file_report(world: World) -> None:
    """Two reporters on one case of the unit; it signs, asks for more time, answers; one is not content."""
    leaf = next(iter(world.desk.district.taxonomy.leaves)).code
    chosen = {"category": leaf, "unit": UNIT, "reason": "王小明 13800004791 举报的就是这家"}
    world.report = world.receive("mailbox", _mail(LETTER, "王小明举报楼下小作坊", 1, file=(FILE, b"a scan")))
    accepted = world.post("dispatcher", f"/tickets/{world.report}/accept", request_type="举报", **chosen)
    world.attachment = accepted["messages"][0]["attachments"][0]["id"]
    PERSON["code"] = accepted["code"]
    world.case = world.as_("dispatcher").get(f"/api/v1/cases/{accepted['case_id']}").json()["number"]
    world.second = world.receive("wechat", _chat(CHAT, 11))
    assert world.receive("wechat", _chat("北京市某路12号院3号楼1201室", 12, "location")) == world.second
    world.post("agent", f"/tickets/{world.second}/merge", case=world.case)
    assert world.receive("wechat", _chat("怎么还没人处理，我李大力，13900005678", 13)) == world.second
    move = f"/cases/{world.case}/transitions"
    world.post("lead-U001", f"{move}/sign")
    asked = world.post("lead-U001", f"/cases/{world.case}/requests/extension", reason="王小明还没配合")
    world.post("dispatcher", f"/requests/{asked['id']}/decision", approve=False, text="王小明电话13800004791催得急")
    world.post("lead-U001", f"/cases/{world.case}/requests/suspension", reason="policy", review_date="2099-01-01")
    world.post("lead-U001", f"{move}/answer", text="已依法查处，停止加工。")
    told = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied"}
    world.post("callback", f"/tickets/{world.report}/callbacks", text="王小明（13800004791）说还在加工", **told)


def _file_ordinary(world: World) -> None:
    world.ordinary = world.receive("wechat", _chat(ORDINARY, 21, sender="o_neighbour_0003"))
    leaf = next(iter(world.desk.district.taxonomy.leaves)).code
    accepted = world.post(
        "dispatcher",
        f"/tickets/{world.ordinary}/accept",
        category=leaf,
        unit=UNIT,
        request_type="投诉",
        reason="指定",
    )
    world.ordinary_case = world.as_("dispatcher").get(f"/api/v1/cases/{accepted['case_id']}").json()["number"]


@pytest.fixture(scope="module")
def world(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("privacy") / "home"))
    desk = Desk(Settings(home=home, demo=True))
    with ExitStack() as stack:
        server = stack.enter_context(BackgroundServer(create_app(desk), lifespan="on"))
        made = World(desk, server.url, stack)
        _file_report(made)
        _file_ordinary(made)
        _fail_deliveries(made)
        yield made


def _fail_deliveries(world: World) -> None:
    """As a mail server refuses: with the address in its words."""
    with world.desk.database.write.begin() as session:
        mine = select(Ticket.id).where(Ticket.number.in_((world.report, world.second)))
        for delivery in session.scalars(select(Delivery).where(Delivery.ticket_id.in_(mine))):
            delivery.state, delivery.reason = "failed", "550 <wang.xiaoming@home.example> 王小明 unknown"


def surfaces(world: World) -> Mapping[str, str]:
    """Every address under which words of the matter may come, by the name it has in a failure."""
    report, second, case = world.report, world.second, world.case
    return {
        path: path
        for path in (
            f"/tickets/{report}",
            f"/tickets/{second}",
            "/tickets",
            "/tickets?queue=1",
            "/tickets?channel=mailbox",
            f"/tickets?q={report}",
            "/tickets?q=小作坊",
            f"/tickets?done={report}",
            f"/cases/{case}",
            f"/cases/{case}/print",
            "/dispatch",
            "/cases",
            "/cases?q=小作坊",
            "/cases?state=overdue",
            "/todo",
            "/requests",
            "/callbacks",
            "/trouble",
            "/notices",
            "/rates",
            f"/rates/tickets?by=unit&key={UNIT}&rate=closure_rate&part=denominator",
            "/export/tickets.csv",
            "/export/tickets.csv?q=小作坊",
            "/export/cases.csv",
            "/export/rates.csv",
            f"/tickets/{report}/attachments/{world.attachment}",
            f"/tickets/{report}/attachments/{world.attachment}/picture",
            "/api/v1/tickets",
            "/api/v1/tickets?q=小作坊",
            f"/api/v1/tickets/{report}",
            f"/api/v1/tickets/{second}",
            "/api/v1/cases",
            f"/api/v1/cases/{case}",
            "/api/v1/requests",
            "/api/v1/notices",
            "/api/v1/rates",
        )
    }


def _read(world: World, login: str) -> dict[str, str]:
    """What each surface says to this user, with its headers, as a reader would read it."""
    client = world.as_(login)
    said = {}
    for name, path in surfaces(world).items():
        answer = client.get(path)
        assert answer.status_code < 500, (name, answer.text)
        words = html.unescape(answer.text) + json.dumps(dict(answer.headers), ensure_ascii=False)
        said[name] = re.sub(r"(?<=\S) (?=\S)", "", words)
    return said


def _places(said: Mapping[str, str], secret: str) -> list[str]:
    return [name for name, words in said.items() if secret and secret in words]


UNIT_USERS = {"lead-U001": "unit_lead", "officer-U001": "unit_officer"}
"""Users of the unit with their roles."""
MASKED_USERS = ("auditor", "supervisor", "admin", "editor")
GOES_BY = ("4791", "5678", "0134", "7F85K", "wangxm_1990", "letters.example", "home.example", "王", "李")
"""Ends that masking leaves elsewhere: to a unit that knows its neighbours they are names."""


@pytest.mark.parametrize("login", UNIT_USERS)
def test_no_byte_the_unit_reported_on_gets_shows_a_reporter(world: World, login: str) -> None:
    said = _read(world, login)
    assert {secret: where for secret, value in PERSON.items() if (where := _places(said, value))} == {}
    numbers = (world.report, world.second, world.case)
    about = {name: BY_CHANCE.sub("", words) for name, words in said.items() if any(one in name for one in numbers)}
    assert {end: where for end in GOES_BY if (where := _places(about, end))} == {}
    assert "小作坊" in said[f"/tickets/{world.report}"], "the matter itself is there to be handled"


@pytest.mark.parametrize("login", MASKED_USERS)
def test_who_has_no_business_with_the_person_reads_masked_words(world: World, login: str) -> None:
    said = _read(world, login)
    assert {secret: where for secret, value in PERSON.items() if (where := _places(said, value))} == {}
    assert "小作坊" in said[f"/tickets/{world.report}"]
    assert "138****4791" in said[f"/tickets/{world.report}"]


@pytest.mark.parametrize("login", ["agent", "dispatcher", "callback"])
def test_the_desk_that_works_with_residents_sees_them(world: World, login: str) -> None:
    said = _read(world, login)
    assert [secret for secret, value in PERSON.items() if not _places(said, value)] == []


def test_the_files_of_a_report_go_only_to_who_sees_the_person(world: World) -> None:
    address = f"/tickets/{world.report}/attachments/{world.attachment}"
    got = {login: world.as_(login).get(address).status_code for login in ("agent", *UNIT_USERS, *MASKED_USERS)}
    assert got == {"agent": 200} | dict.fromkeys((*UNIT_USERS, *MASKED_USERS), 403)
    withheld = world.as_("lead-U001").get(f"/api/v1/tickets/{world.report}").json()["messages"][0]
    assert (withheld["attachments"], withheld["attachments_withheld"], withheld["notes"]) == ([], 1, [])


def test_a_place_sent_along_is_not_finer_than_the_community_for_the_unit(world: World) -> None:
    messages = world.as_("lead-U001").get(f"/api/v1/tickets/{world.second}").json()["messages"]
    assert [set(each["place"] or {}) - {"label"} for each in messages] == [set()] * len(messages)
    seen = world.as_("agent").get(f"/api/v1/tickets/{world.second}").json()["messages"]
    assert any(each["place"] and each["place"]["latitude"] == float(PERSON["latitude"]) for each in seen)


def test_a_notice_tells_the_unit_nothing_of_the_reporter(world: World) -> None:
    with world.desk.database.read() as session:
        told = list(session.scalars(select(Notice.text).where(Notice.audience.in_(("unit", "supervisor")))))
    assert any("小作坊" in text for text in told)
    assert [text for text in told if any(value and value in text for value in PERSON.values())] == []


@pytest.mark.parametrize("login", [*UNIT_USERS, *MASKED_USERS])
@pytest.mark.parametrize("wanted", ["13800004791", "0000", "390000", "王小明", "王小", "7F85", "小明敬", "9003"])
def test_a_masked_word_is_not_found_by_asking_for_its_parts(world: World, login: str, wanted: str) -> None:
    client = world.as_(login)
    for path in ("/api/v1/tickets", "/api/v1/cases"):
        found = client.get(path, params={"q": wanted}).json()["items"]
        assert found == [], (path, wanted)
    for path in ("/export/tickets.csv", "/export/cases.csv"):
        assert len(client.get(path, params={"q": wanted}).text.splitlines()) == 1
    assert client.get("/todo", params={"q": wanted}).text.count('class="card') == 0


def test_the_desk_finds_a_resident_by_his_words(world: World) -> None:
    for login in ("agent", "dispatcher", "callback"):
        found = world.as_(login).get("/api/v1/tickets", params={"q": "王小明"}).json()["items"]
        assert [each["number"] for each in found] == [world.report]


@pytest.mark.parametrize("login", UNIT_USERS)
def test_a_unit_reaches_the_resident_of_an_ordinary_matter_and_it_is_on_record(world: World, login: str) -> None:
    client = world.as_(login)
    code = world.as_("agent").get(f"/api/v1/tickets/{world.ordinary}").json()["code"]
    assert NEIGHBOUR not in client.get("/tickets").text + client.get("/export/tickets.csv").text
    before = len(world.opened_by(UNIT_USERS[login]))
    for path in (f"/tickets/{world.ordinary}", f"/cases/{world.ordinary_case}", f"/api/v1/tickets/{world.ordinary}"):
        page = client.get(path).text
        assert (NEIGHBOUR in page, code in page) == (True, False), path  # with the code one rates, reopens, withdraws
    opened = world.opened_by(UNIT_USERS[login])[before:]
    assert sorted(row.subject for row in opened) == ["case", "ticket", "ticket"]


def test_a_unit_sees_nothing_of_anothers_case(world: World) -> None:
    other = world.as_(f"lead-{OTHER}")
    for path in (f"/tickets/{world.ordinary}", f"/cases/{world.case}", f"/api/v1/tickets/{world.report}"):
        assert other.get(path).status_code == 404
    for path in ("/api/v1/tickets", "/api/v1/cases"):
        assert other.get(path).json()["items"] == []
    for path in ("/export/tickets.csv", "/export/cases.csv"):
        assert len(other.get(path).text.splitlines()) == 1


def _csrf(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


def test_a_supervisor_opens_one_ticket_on_record_and_no_other(world: World) -> None:
    client = world.as_("supervisor")
    address = f"/tickets/{world.ordinary}"
    page = client.get(address).text
    assert "显示" in page
    assert NEIGHBOUR not in page
    before = len(world.opened_by("supervisor"))
    token, why = {"csrf": _csrf(page)}, {"reason": "complaint", "text": "居民 13800005678 投诉未联系"}
    for unfit in ({}, {"reason": "made-up", "text": "核实来电"}, {"reason": "other", "text": "看"}):
        assert client.post(f"{address}/person", data=token | unfit).status_code == 422
    assert len(world.opened_by("supervisor")) == before
    assert client.post(f"{address}/person", data=token | why).status_code == 303
    assert world.opened_by("supervisor")[-1].details == {"reason": "complaint", "words": "居民 138****5678 投诉未联系"}
    assert len(world.opened_by("supervisor")) == before + 1
    assert NEIGHBOUR in client.get(address).text
    assert NEIGHBOUR not in client.get("/tickets").text
    assert PERSON["phone"] not in client.get(f"/tickets/{world.report}").text


@pytest.mark.parametrize("login", ["auditor", "admin", "editor", *UNIT_USERS])
def test_nobody_else_has_the_person_shown(world: World, login: str) -> None:
    before = len(world.opened_by("supervisor"))
    why = {"reason": "other", "text": "核对诉求人"}
    assert world.as_(login).post(f"/api/v1/tickets/{world.report}/person", json=why).status_code == 403
    assert len(world.opened_by("supervisor")) == before


AUDITOR_TRIES: dict[str, Callable[[World], tuple[str, dict[str, Any]]]] = {
    "accept": lambda w: (f"/tickets/{w.ordinary}/accept", {}),
    "merge": lambda w: (f"/tickets/{w.ordinary}/merge", {"case": w.case}),
    "withdraw": lambda w: (f"/tickets/{w.ordinary}/transitions/withdraw", {}),
    "call back": lambda w: (f"/tickets/{w.second}/callbacks", {"reached": False}),
    "move": lambda w: (f"/cases/{w.ordinary_case}/transitions/sign", {}),
    "recall": lambda w: (f"/cases/{w.ordinary_case}/transitions/recall", {"text": "x"}),
    "ask": lambda w: (f"/cases/{w.ordinary_case}/requests/exclusion", {"reason": "malicious", "text": "x"}),
}


@pytest.mark.parametrize("what", AUDITOR_TRIES)
def test_an_auditor_reads_all_and_changes_nothing(world: World, what: str) -> None:
    path, body = AUDITOR_TRIES[what](world)
    client = world.as_("auditor")
    before = client.get(f"/api/v1/tickets/{world.ordinary}").json()
    assert client.post(f"/api/v1{path}", json=body).status_code in (403, 409)
    assert client.get(f"/api/v1/tickets/{world.ordinary}").json() == before
    with world.desk.database.read() as session:
        delivery = session.scalars(select(Delivery)).first()
        assert delivery is not None
    assert client.post(f"/trouble/deliveries/{delivery.id}/retry").status_code == 403


def test_the_residents_page_names_nobody(world: World) -> None:
    with world.desk.database.write.begin() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == world.second)).one()
        code, ticket.answer = ticket.code, "王小明（13800004791）反映属实，已查处。"
    page = httpx.get(f"{world.url}/q/{code}").text
    assert "已查处" in page
    assert [secret for secret, value in PERSON.items() if value and value != code and value in page] == []


def test_an_export_is_on_record_without_what_was_typed(world: World) -> None:
    world.as_("agent").get("/export/tickets.csv", params={"q": "王小明", "state": "on_case"})
    with world.desk.database.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.act == "export").order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert row.details["filters"] == ["q", "state"]
    assert "王小明" not in json.dumps(row.details, ensure_ascii=False)


def test_sending_again_is_on_record(world: World) -> None:
    with world.desk.database.read() as session:
        key = session.scalars(select(Delivery.id)).first()
    client = world.as_("dispatcher")
    assert (
        client.post(f"/trouble/deliveries/{key}/retry", data={"csrf": _csrf(client.get("/trouble").text)}).status_code
        == 303
    )
    with world.desk.database.read() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.act == "retry_delivery", AuditRow.subject_id == key))
        assert [row.role for row in rows] == ["dispatcher"]
