"""Calls and visits registered on pages: by the channel's own way, once, as whoever registers them decided."""

from __future__ import annotations

import io
import json
import re
import secrets
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import func, select

from casework.message_tables import Message
from casework.registration_tables import Registration
from casework.tables import Correction, Step, Ticket
from channels.message import Account, InboundMessage, Refused
from channels.registry import CHANNELS
from storage.audit import AuditRow
from storage.quarantine import Quarantined
from tests.integration.calls_on_line import GAS, LIGHTS, TOKEN, OnLine, call
from tests.integration.interface import World, csrf, signed_in, world

__all__ = ["call", "world"]
HOST = "records.example.test"
IDENTITY = "110101199003074514"


@pytest.fixture(autouse=True)
def account(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = {"line": {"token": TOKEN, "recording_hosts": [HOST]}}
    monkeypatch.setitem(world.desk.settings.accounts, "hotline", lines)
    monkeypatch.setitem(world.desk.settings.accounts, "walk_in", {"hall": {}})


class Desk:
    """A member of the desk in front of the form."""

    def __init__(self, world: World, login: str = "agent") -> None:
        self.world, self.browser = world, signed_in(world, login)

    def form(self, path: str = "/register", **query: str) -> dict[str, Any]:
        """The hidden fields of an empty form."""
        page = self.browser.get(path, params=query)
        assert page.status_code == 200, page.text[:300]
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text)
        return dict(hidden)

    def send(self, path: str = "/register", **fields: Any) -> httpx.Response:
        """Fill in a fresh form and send it."""
        return self.browser.post(path, data=self.form(path) | fields)

    def register(self, path: str = "/register", **fields: Any) -> list[Ticket]:
        """The tickets that came of a form."""
        done = self.send(path, **fields)
        assert done.url.path == "/register/done", done.text[:2000]
        return self.tickets(done)

    def tickets(self, done: httpx.Response) -> list[Ticket]:
        with self.world.desk.database.read() as session:
            numbers = done.url.params.get_list("t")
            found = {each.number: each for each in session.scalars(select(Ticket).where(Ticket.number.in_(numbers)))}
            return [found[each] for each in numbers]


@pytest.fixture(scope="module")
def desk(world: World) -> Desk:
    return Desk(world)


def number() -> str:
    return f"139{secrets.randbelow(10**8):08d}"


def test_a_call_that_is_written_down_is_a_message_of_the_line_with_its_payload(desk: Desk) -> None:
    phone = number()
    (ticket,) = desk.register(
        phone=phone, name="王女士", text=f"{LIGHTS}\n已经三天了", time="三天前", place="3号楼东门"
    )
    assert (ticket.channel, ticket.account, ticket.sender) == ("hotline", "line", phone)
    assert ticket.text == f"{LIGHTS}\n已经三天了\n坐席记录 地点：3号楼东门\n坐席记录 时间：三天前"
    assert ticket.state == "assessed"
    with desk.world.desk.database.read() as session:
        (message,) = session.scalars(select(Message).where(Message.ticket_id == ticket.id))
        assert json.loads(desk.world.desk.blobs.get(message.blob))["caller"] == phone
        row = session.scalars(
            select(AuditRow).where(AuditRow.act == "register", AuditRow.subject_id == ticket.id)
        ).one()
    assert phone not in json.dumps(row.details)


def test_what_the_agent_chose_stands_on_the_ticket_and_teaches(desk: Desk) -> None:
    (ticket,) = desk.register(
        text=LIGHTS, category="100103 x", request_type="投诉", urgency="urgent", confidential="true"
    )
    assert (ticket.category, ticket.request_type, ticket.urgency) == ("100103", "投诉", "urgent")
    assert ticket.confidential
    assert not ticket.needs_review
    with desk.world.desk.database.read() as session:
        fields = set(session.scalars(select(Correction.field).where(Correction.ticket_id == ticket.id)))
        taken = session.get_one(Registration, ticket.id)
    assert {"category", "urgency"} <= fields
    assert taken.taken_at is not None


def test_an_emergency_that_only_the_agent_hears_alerts_the_desk(desk: Desk) -> None:
    (ticket,) = desk.register(text="有人在楼顶上站着不下来，请快来人", urgency="emergency")
    assert ticket.urgency == "emergency"
    assert ticket.case_id is not None, "its case is opened at once"


def test_a_form_sent_twice_is_registered_once(desk: Desk) -> None:
    filled = desk.form() | {"phone": number(), "text": LIGHTS}
    once, again = (desk.browser.post("/register", data=filled) for _ in range(2))
    assert [each.id for each in desk.tickets(once)] == [each.id for each in desk.tickets(again)]


def test_what_is_wrong_is_said_on_the_form_and_nothing_typed_is_lost(desk: Desk) -> None:
    before = desk.world.count(select(func.count(Ticket.id)))
    answer = desk.send(phone="12", text="")
    assert answer.status_code == 422
    assert "请写诉求内容" in answer.text
    assert "“12”不是电话号码" in answer.text
    unknown = desk.send(text=LIGHTS, category="999999")
    assert unknown.status_code == 422
    assert LIGHTS in unknown.text
    assert desk.world.count(select(func.count(Ticket.id))) == before


def test_the_form_fills_itself_and_asks_for_what_is_missing(desk: Desk) -> None:
    beside = desk.browser.post("/register/look", data=desk.form() | {"text": "路灯不亮，晚上看不清路，都好几天了"}).text
    asked = desk.world.desk.district.ask_words
    assert beside.index(asked.place) < beside.index(asked.contact)
    assert "路灯不亮" in beside
    filled = desk.send(act="look", text=f"昨天晚上{LIGHTS}").text
    assert re.search(r'id="place" name="place" value="惠风里[^"]*"', filled), "without scripts, too"
    kept = desk.send(act="look", text=LIGHTS, place="5号楼").text
    assert 'id="place" name="place" value="5号楼"' in kept, "what somebody wrote stays"


def test_a_callers_matters_stand_beside_and_one_that_fits_is_urged_instead(desk: Desk) -> None:
    phone = number()
    (ticket,) = desk.register(phone=phone, name="赵先生", text=LIGHTS)
    shown = desk.browser.post(
        "/register/look", data=desk.form() | {"phone": f"{phone[:3]} {phone[3:]}", "text": LIGHTS}
    ).text
    assert ticket.number in shown
    assert "像是同一件事" in shown
    assert 'data-name="赵先生"' in shown, "he need not be asked again"
    other = desk.browser.post("/register/look", data=desk.form() | {"phone": phone, "text": "楼上装修噪音太大"}).text
    assert ticket.number in other
    assert "像是同一件事" not in other
    done = desk.browser.post("/register/urge", data=desk.form() | {"ticket": ticket.number, "text": "还没有人来"})
    assert done.url.path == "/register/done"
    with desk.world.desk.database.read() as session:
        assert session.get_one(Ticket, ticket.id).urgings == 1
        told = session.scalars(select(Step.text).where(Step.ticket_id == ticket.id, Step.move == "urge")).one()
    assert told == "还没有人来"


def test_several_matters_become_a_ticket_each_in_one_go(desk: Desk) -> None:
    parts = [LIGHTS, "小区门口的垃圾桶满了没有人清"]
    fields = {
        "phone": number(),
        "text": "。".join(parts),
        "split": "true",
        "part": parts,
        "part_category": ["100101", ""],
    }
    one, other = desk.register(**fields)
    assert (one.text, other.text) == tuple(parts)
    assert one.category == "100101"
    assert one.resident_id == other.resident_id
    single = desk.register(phone=number(), text="。".join(parts), part=parts)
    assert len(single) == 1, "unless it is ticked"


def test_a_matter_answered_on_the_spot_is_closed_with_its_answer(desk: Desk) -> None:
    (ticket,) = desk.register(phone=number(), text="请问怎么办理健身卡？", answer="带身份证到街道文体中心办理。")
    assert ticket.answer == "带身份证到街道文体中心办理。"
    assert ticket.state in ("answered_directly", "closed")


def test_a_running_call_fills_the_form_and_has_its_ticket_before_it_is_over(call: OnLine, desk: Desk) -> None:
    call.say("您好，请讲", speaker="坐席")
    call.say(LIGHTS)
    named = f"line/{call.call_id}"
    page = desk.browser.get("/register", params={"call": named})
    assert f'value="{call.phone}"' in page.text
    assert f">{LIGHTS}</textarea>" in page.text
    fields = desk.form(call=named) | {
        "phone": call.phone,
        "text": "路灯坏了三天，要求尽快修",
        "place": "惠风里小区3号楼",
    }
    done = desk.browser.post("/register", data=fields | {"category": "100103"})
    (ticket,) = desk.tickets(done)
    assert ticket.text.startswith(f"{LIGHTS}\n坐席记录 诉求：路灯坏了三天，要求尽快修")
    assert ticket.category == "100103"
    assert call.read()["state"] == "running"
    call.say("还有，树枝挡住了灯")
    assert call.hang_up() == ticket.number, "what is said after it goes on the same ticket"
    later = call.ticket(ticket.number)
    assert "树枝挡住了灯" in later.text
    assert later.category == "100103"
    follow = desk.browser.get("/register", params={"call": named})
    assert follow.url.path == f"/tickets/{ticket.number}"


def test_a_finished_call_without_a_ticket_is_registered_anew_under_its_number(call: OnLine, desk: Desk) -> None:
    assert call.hang_up() == ""
    form = desk.form(call=f"line/{call.call_id}")
    done = desk.browser.post("/register", data=form | {"phone": call.phone, "text": LIGHTS})
    (ticket,) = desk.tickets(done)
    assert ticket.sender == call.phone


def test_a_visit_is_a_record_of_the_counter_and_the_identity_number_is_masked(desk: Desk) -> None:
    (ticket,) = desk.register(
        "/counter", name="李先生", phone=number(), id_number=IDENTITY, text=LIGHTS, place="惠风里"
    )
    assert (ticket.channel, ticket.account) == ("walk_in", "hall")
    with desk.world.desk.database.read() as session:
        (message,) = session.scalars(select(Message).where(Message.ticket_id == ticket.id))
    told = " ".join(map(str, message.notes))
    assert "110101********4514" in told
    assert IDENTITY not in told + message.text + message.full_text
    wrong = desk.send("/counter", id_number="123", text=LIGHTS)
    assert wrong.status_code == 422
    assert "身份证号应为 18 位" in wrong.text


@pytest.mark.parametrize("login", ["supervisor", "officer-U001", "callback", "auditor"])
def test_nobody_else_registers(world: World, login: str) -> None:
    browser = signed_in(world, login)
    for path in ("/register", "/counter", "/register/places?q=惠风", "/counter/sheet", "/counter/template.xlsx"):
        assert browser.get(path).status_code == 403, path


def test_places_are_found_by_what_is_typed_of_them(desk: Desk) -> None:
    found = desk.browser.get("/register/places", params={"q": "惠风里3号楼"}).json()
    assert found[0]["written"].startswith("惠风里")
    assert "社区" in found[0]["where"]
    assert desk.browser.get("/register/places", params={"q": "查无此地"}).json() == []


def transcript(call_id: str, phone: str, recording: str) -> bytes:
    turns = [{"speaker": "市民", "text": LIGHTS}]
    return json.dumps({"call_id": call_id, "caller": phone, "turns": turns, "recording_url": recording}).encode()


@pytest.mark.parametrize(
    ("address", "linked"),
    [
        (f"https://{HOST}/a.wav?x=1", True),
        (f"https://{HOST}@evil.test/a.wav", False),
        ("https://evil.test/a.wav", False),
        ("javascript:alert(1)", False),
        (f"ftp://{HOST}/a.wav", False),
    ],
)
def test_a_recording_is_linked_to_on_hosts_the_desk_named_alone(desk: Desk, address: str, linked: bool) -> None:
    phone = number()
    posted = httpx.post(
        f"{desk.world.url}/channels/hotline/transcripts",
        content=transcript(secrets.token_hex(6), phone, address),
        headers={"authorization": f"Bearer {TOKEN}"},
        timeout=30,
    )
    ticket = posted.json()["tickets"][0]["number"]
    page = desk.browser.get(f"/tickets/{ticket}").text
    assert f'href="tel:{phone}"' in page
    assert ("听录音" in page) is linked
    assert ("evil" in page) is False


def test_what_is_typed_is_escaped_wherever_it_comes_back(desk: Desk) -> None:
    answer = desk.send(act="look", text='<script>alert("x")</script>', place='"><img src=x>', phone="<b>")
    assert "<script>alert" not in answer.text
    assert "<img src=x>" not in answer.text
    assert quote("<b>") not in answer.text


def test_gas_is_told_at_once_beside_the_form(desk: Desk) -> None:
    beside = desk.browser.post("/register/look", data=desk.form() | {"text": GAS}).text
    assert "请先说" in beside
    assert csrf(desk.browser.get("/register").text)


SHEET = """日期,时间,姓名,联系电话,诉求内容
2026-03-05,09:10,李先生,{phone},惠风里小区路灯不亮
2026-03-05,09:20,王女士,,楼道里堆了旧家具
2026-02-30,09:30,周先生,12,垃圾没人清
"""


def upload(desk: Desk, content: bytes, name: str = "三月.csv") -> httpx.Response:
    token = csrf(desk.browser.get("/counter/sheet").text)
    return desk.browser.post("/counter/sheet", data={"csrf": token}, files={"file": (name, content)})


def begin(desk: Desk, shown: httpx.Response) -> str:
    """Give the word and wait for the end; what the page says then."""
    address = shown.url.path
    assert desk.browser.post(address, data={"csrf": csrf(shown.text)}).status_code == 200
    for _ in range(600):
        told = desk.browser.get(f"{address}/progress").text
        if "every 1s" not in told:
            return told
        time.sleep(0.05)
    raise AssertionError(told)


def test_a_sheet_is_stored_when_the_word_is_given_and_no_sooner(desk: Desk) -> None:
    sheet = SHEET.format(phone=number()).encode("utf-8-sig")
    tickets, held = select(func.count(Ticket.id)), select(func.count(Quarantined.id))
    before, quarantined = desk.world.count(tickets), desk.world.count(held)
    shown = upload(desk, sheet)
    assert shown.url.path.startswith("/counter/sheet/")
    assert re.search(r"第 4 行</td><td>联系电话、日期</td>", shown.text)
    assert "没有“2026-02-30”这一天" in shown.text
    assert desk.world.count(tickets) == before
    told = begin(desk, shown)
    assert "已登记 2 行" in told
    assert desk.world.count(tickets) == before + 2
    made = re.findall(r'href="/tickets/([\d-]+)"', told)
    assert len(set(made)) == 2
    assert [desk.browser.get(f"/tickets/{each}").status_code for each in made] == [200, 200]
    assert "楼道里堆了旧家具" in told
    assert desk.world.count(held) == quarantined, "whoever brought it has the rows to mend"
    (refused,) = CHANNELS["walk_in"].parse(
        desk.browser.get(f"{shown.url.path}/rejects").content, Account("walk_in", "hall")
    )
    assert isinstance(refused, Refused)
    again = upload(desk, sheet)
    assert "以前登记过" in again.text
    told = begin(desk, again)
    assert "2 行以前登记过" in told
    assert re.findall(r'href="/tickets/([\d-]+)"', told) == made
    assert desk.world.count(tickets) == before + 2


def test_a_sheet_is_its_uploaders_alone(desk: Desk, world: World) -> None:
    shown = upload(desk, SHEET.format(phone=number()).encode())
    other = Desk(world, "dispatcher")
    for path in ("", "/progress", "/rejects"):
        assert other.browser.get(f"{shown.url.path}{path}").status_code == 404
    assert (
        other.browser.post(shown.url.path, data={"csrf": csrf(other.browser.get("/counter").text)}).status_code == 404
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "空的"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, ""),
        ("只有,一行\n".encode(), "诉求内容"),
        (b"PK\x03\x04x", ""),
    ],
    ids=["empty", "picture", "no heading", "broken"],
)
def test_what_is_no_sheet_is_told_and_not_kept(desk: Desk, content: bytes, told: str) -> None:
    kept = len(list((desk.world.desk.home / "imports").glob("*")))
    answer = upload(desk, content)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert told in answer.text
    assert len(list((desk.world.desk.home / "imports").glob("*"))) == kept


def test_the_empty_sheet_to_fill_in_is_read_as_it_is(desk: Desk) -> None:
    book = load_workbook(io.BytesIO(desk.browser.get("/counter/template.xlsx").content))
    book.active.append(
        ["2026-03-05", "09:10", "李先生", number(), "路灯不亮", "惠风里", "求助", "电话", "3 号窗口", "王芳"]
    )
    filled = io.BytesIO()
    book.save(filled)
    (read,) = CHANNELS["walk_in"].parse(filled.getvalue(), Account("walk_in", "hall"))
    assert isinstance(read, InboundMessage)
    assert (read.text, len(read.notes)) == ("路灯不亮\n地点：惠风里", 4), "every column is known"
