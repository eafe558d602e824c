"""The SMS provider's stand-in does what docs/standins.md says of it, over HTTP."""

from __future__ import annotations

import hmac
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.standins import STANDINS
from api.standins.background import BackgroundServer
from api.standins.sms import SmsServer
from tests.contract.desk_end import DeskEnd, until

pytestmark = pytest.mark.timeout(60)

DOCS = (Path(__file__).parents[2] / "docs" / "standins.md").read_text(encoding="utf-8")
SECRET = "demo-sms-secret-not-for-use"
PHONE = "13800000000"
TAKEN = b'{"code": 0}'
HELLO = "您好"


@pytest.fixture
def server() -> Iterator[SmsServer]:
    with SmsServer() as made:
        yield made


def sign(fields: dict[str, Any], secret: str = SECRET) -> str:
    """Written from the page, and not with the stand-in's own."""
    pairs = []
    for name in sorted(fields):
        value = fields[name]
        written = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        pairs.append(f"{name}={value if isinstance(value, str) else written}")
    return hmac.new(secret.encode(), "&".join(pairs).encode(), "sha256").hexdigest()


def call(server: BackgroundServer, path: str = "/sms/send", *, secret: str = SECRET, **given: Any) -> dict[str, Any]:
    fields = {"account": "demo", "timestamp": int(time.time()), **given}
    return httpx.post(f"{server.url}{path}", json={**fields, "sign": sign(fields, secret)}).json()


def text(server: BackgroundServer, phone: str = PHONE, said: str = HELLO, **given: Any) -> dict[str, Any]:
    return call(server, phone=phone, text=said, **given)


def meddle(server: BackgroundServer, name: str, **given: Any) -> dict[str, Any]:
    answer = httpx.post(f"{server.url}/standin/{name}", json=given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def free(server: BackgroundServer) -> None:
    meddle(server, "limits", minute=0, hour=0, day=0)


def received(server: BackgroundServer, to: str = PHONE) -> list[dict[str, Any]]:
    return httpx.get(f"{server.url}/standin/sent", params={"to": to}).json()["sent"]


def test_the_page_s_example_of_a_signature_is_right(server: SmsServer) -> None:
    body, line, digest = re.search(r"```\n(\{.*\})\n(account=.*)\nsign = (\w+)\n```", DOCS).groups()
    assert hmac.new(SECRET.encode(), line.encode(), "sha256").hexdigest() == digest
    assert sign(json.loads(body)) == digest
    assert httpx.post(f"{server.url}/sms/send", json={**json.loads(body), "sign": digest}).json()["code"] == 1003


def test_the_command_s_stand_in_sends_a_text_with_the_account_s_heading() -> None:
    with BackgroundServer(STANDINS["sms"]()) as server:
        answer = text(server)
        assert (answer["code"], answer["parts"], answer["balance"]) == (0, 1, 999)
        (row,) = received(server)
        assert (row["to"], row["kind"], row["text"]) == (PHONE, "sms", "【应声】您好")
        assert row["message_id"] == answer["message_id"]


def test_a_template_is_sent_with_its_places_filled(server: SmsServer) -> None:
    answer = call(server, phone=PHONE, template_id="SMS_1001", params={"code": "4821", "minutes": "5"})
    assert answer["code"] == 0
    assert server.sent(PHONE) == ["【应声】您的验证码是4821，5分钟内有效，请勿告诉他人。"]


def test_a_wrong_signature_account_or_time_is_refused(server: SmsServer) -> None:
    assert text(server, secret="guessed")["code"] == 1001
    assert text(server, account="nobody")["code"] == 1002
    assert text(server, timestamp=int(time.time()) - 301)["code"] == 1003
    assert text(server, timestamp=int(time.time()) + 305)["code"] == 1003
    fields = {"account": "demo", "timestamp": int(time.time()), "phone": PHONE, "text": HELLO}
    changed = {**fields, "sign": sign(fields), "text": "别的"}
    assert httpx.post(f"{server.url}/sms/send", json=changed).json()["code"] == 1001
    assert received(server) == []


@pytest.mark.parametrize("field", ["account", "timestamp", "sign", "phone", "text"])
def test_a_missing_field_is_named(server: SmsServer, field: str) -> None:
    fields = {"account": "demo", "timestamp": int(time.time()), "phone": PHONE, "text": HELLO}
    fields = {name: value for name, value in fields.items() if name != field}
    body = {**fields, "sign": sign(fields)}
    body = {name: value for name, value in body.items() if name != field}
    answer = httpx.post(f"{server.url}/sms/send", json=body).json()
    assert (answer["code"], answer["message"].endswith(field)) == (1004, True)


@pytest.mark.parametrize("body", [b"", b"[]", b"not JSON", b"[" * 100_000], ids=["empty", "list", "text", "deep"])
def test_a_body_that_is_no_object_lacks_its_fields(server: SmsServer, body: bytes) -> None:
    assert httpx.post(f"{server.url}/sms/send", content=body).json()["code"] == 1004


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"phone": "12345", "text": HELLO}, 2001),
        ({"phone": "23800000000", "text": HELLO}, 2001),
        ({"phone": PHONE, "template_id": "SMS_9999", "params": {}}, 2003),
        ({"phone": PHONE, "template_id": "SMS_1001", "params": {"code": "1"}}, 2004),
        ({"phone": PHONE, "template_id": "SMS_1001", "params": {"code": "1", "minutes": ""}}, 2004),
        ({"phone": PHONE, "template_id": "SMS_1001", "params": {"code": "1", "minutes": "5", "name": "张"}}, 2004),
        ({"phone": PHONE, "template_id": "SMS_1002", "params": {"number": "1", "text": "好" * 65}}, 2004),
        ({"phone": PHONE, "text": "  "}, 2005),
        ({"phone": PHONE, "text": "好" * 497}, 2006),
        ({"phone": PHONE, "text": HELLO, "template_id": "SMS_1001"}, 1004),
        ({"phone": PHONE, "text": HELLO, "reference": "r" * 65}, 1004),
    ],
)
def test_what_does_not_fit_is_refused_and_costs_nothing(server: SmsServer, given: dict[str, Any], code: int) -> None:
    assert call(server, **given)["code"] == code
    assert call(server, "/sms/balance")["balance"] == 1000
    assert received(server) == []


@pytest.mark.parametrize("phone", [PHONE, f"+86{PHONE}", f"86{PHONE}"])
def test_a_number_may_have_the_country_before_it(server: SmsServer, phone: str) -> None:
    assert text(server, phone)["code"] == 0
    assert received(server)[0]["to"] == PHONE


@pytest.mark.parametrize(
    ("said", "parts"),
    [("好" * 66, 1), ("好" * 67, 2), ("好" * 130, 2), ("好" * 131, 3), ("😀" * 33, 1), ("😀" * 34, 2)],
)
def test_seventy_units_are_one_part_and_a_longer_text_goes_in_parts_of_67(
    server: SmsServer, said: str, parts: int
) -> None:
    answer = text(server, said=said)
    assert (answer["parts"], answer["balance"]) == (parts, 1000 - parts)


def test_a_number_takes_one_a_minute_five_an_hour_and_ten_a_day(server: SmsServer) -> None:
    moved = 0

    def at(seconds: int) -> dict[str, Any]:
        nonlocal moved
        meddle(server, "clock", seconds=seconds)
        moved += seconds
        return text(server, timestamp=int(time.time()) + moved)

    assert at(0)["code"] == 0
    second = at(1)
    assert (second["code"], 55 <= second["retry_after"] <= 60) == (3001, True)
    assert text(server, "13900000000", timestamp=int(time.time()) + moved)["code"] == 0
    assert [at(60)["code"] for _ in range(4)] == [0, 0, 0, 0]
    hour = at(60)
    assert (hour["code"], 3000 <= hour["retry_after"] <= 3600) == (3002, True)


def test_ten_a_day_of_shanghai_are_the_most_for_one_number(server: SmsServer) -> None:
    meddle(server, "limits", minute=0, hour=0)
    codes = [text(server)["code"] for _ in range(11)]
    assert codes == [0] * 10 + [3003]
    meddle(server, "clock", seconds=86400)
    assert text(server, timestamp=int(time.time()) + 86400)["code"] == 0


def test_a_refused_message_does_not_count(server: SmsServer) -> None:
    assert [text(server, said=" ")["code"] for _ in range(3)] == [2005] * 3
    assert text(server)["code"] == 0


def test_the_balance_pays_by_the_part(server: SmsServer) -> None:
    free(server)
    meddle(server, "accounts", account="demo", balance=2)
    assert text(server, said="好" * 131)["code"] == 4001
    assert text(server, said="好" * 67)["balance"] == 0
    assert text(server)["code"] == 4001
    assert call(server, "/sms/balance") == {"code": 0, "message": "ok", "balance": 0}


def test_an_account_may_be_for_templates_only(server: SmsServer) -> None:
    meddle(server, "accounts", account="strict", secret="s-2", heading="某区", free_text=False)
    meddle(server, "templates", template_id="SMS_2001", text="{name}，您好")
    assert text(server, account="strict", secret="s-2")["code"] == 1005
    given = {"template_id": "SMS_2001", "params": {"name": "张先生"}}
    assert call(server, account="strict", secret="s-2", phone=PHONE, **given)["code"] == 0
    assert server.sent(PHONE) == ["【某区】张先生，您好"]


def test_the_same_reference_within_a_day_is_sent_once(server: SmsServer) -> None:
    first = text(server, reference="case-1")
    assert text(server, reference="case-1") == {**first, "repeated": True}
    assert (len(received(server)), call(server, "/sms/balance")["balance"]) == (1, 999)
    meddle(server, "clock", seconds=86401)
    assert "repeated" not in text(server, reference="case-1", timestamp=int(time.time()) + 86401)


def items(desk: DeskEnd, kind: str) -> list[dict[str, Any]]:
    found = []
    for came in desk.came:
        body = json.loads(came.body)
        given = body.pop("sign")
        assert (sign(body), body["account"], abs(body["timestamp"] - time.time()) < 60) == (given, "demo", True)
        found += body["items"] if body["kind"] == kind else []
    return found


def test_a_receipt_is_posted_signed(server: SmsServer) -> None:
    with DeskEnd(TAKEN) as desk:
        meddle(server, "callback", receipts=desk.url)
        answer = text(server, reference="case-1")
        until(lambda: desk.came)
        (item,) = items(desk, "receipts")
        at = item.pop("at")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", at)
        expected = {"message_id": answer["message_id"], "phone": PHONE, "status": "DELIVRD", "parts": 1}
        assert item == {**expected, "reference": "case-1"}


@pytest.mark.parametrize("status", ["UNDELIV", "REJECTD", "EXPIRED", "UNKNOWN", "BLACKED", "MK:0001"])
def test_what_becomes_of_a_message_can_be_told(server: SmsServer, status: str) -> None:
    with DeskEnd(TAKEN) as desk:
        meddle(server, "callback", receipts=desk.url)
        meddle(server, "delivery", to=PHONE, status=status)
        text(server)
        until(lambda: desk.came)
        assert [each["status"] for each in items(desk, "receipts")] == [status]


def test_more_than_one_receipt_or_none_can_come(server: SmsServer) -> None:
    free(server)
    with DeskEnd(TAKEN) as desk:
        meddle(server, "callback", receipts=desk.url)
        meddle(server, "delivery", to=PHONE, status="")
        meddle(server, "delivery", to="13900000000", status=["UNKNOWN", "DELIVRD"])
        text(server)
        text(server, "13900000000")
        until(lambda: len(items(desk, "receipts")) >= 2)
        assert [(each["phone"], each["status"]) for each in items(desk, "receipts")] == [
            ("13900000000", "UNKNOWN"),
            ("13900000000", "DELIVRD"),
        ]


def test_receipts_of_many_messages_come_together_and_none_is_missing(server: SmsServer) -> None:
    free(server)
    with DeskEnd(TAKEN) as desk:
        meddle(server, "callback", receipts=desk.url)
        sent = [text(server)["message_id"] for _ in range(20)]
        until(lambda: len(items(desk, "receipts")) == 20)
        assert sorted(each["message_id"] for each in items(desk, "receipts")) == sorted(sent)


@pytest.mark.parametrize("refusal", [(500, b""), (200, b'{"code": 1}'), (200, b"success")], ids=["500", "1", "text"])
def test_a_callback_that_is_not_taken_comes_again_with_the_same_items(
    server: SmsServer, refusal: tuple[int, bytes]
) -> None:
    with DeskEnd(TAKEN, refusal, refusal) as desk:
        meddle(server, "callback", receipts=desk.url)
        text(server)
        until(lambda: len(desk.came) == 3)
        first, *others = items(desk, "receipts")
        assert others == [first, first]
        time.sleep(1)
        assert len(desk.came) == 3


def test_what_a_resident_answers_is_posted(server: SmsServer) -> None:
    with DeskEnd(TAKEN) as desk:
        meddle(server, "callback", receipts=desk.url, replies=desk.url)
        told = meddle(server, "act", who=PHONE, act="reply", text="还没有人来")
        until(lambda: desk.came)
        (item,) = items(desk, "replies")
        assert (item["reply_id"], item["phone"], item["text"]) == (told["reply_id"], PHONE, "还没有人来")


@pytest.mark.parametrize("said", ["T", "td", " TD "])
def test_who_answers_t_is_on_the_blacklist_until_he_is_taken_off(server: SmsServer, said: str) -> None:
    server.reply(PHONE, said)
    assert text(server)["code"] == 2002
    meddle(server, "act", who=PHONE, act="unlist")
    assert text(server)["code"] == 0
    meddle(server, "act", who="13900000000", act="blacklist")
    assert text(server, "13900000000")["code"] == 2002


@pytest.mark.parametrize("code", [5000, 1001, 3001, 4001])
def test_a_code_can_be_had_for_so_many_calls(server: SmsServer, code: int) -> None:
    free(server)
    meddle(server, "faults", fault=f"code {code}", times=2)
    assert [text(server)["code"] for _ in range(3)] == [code, code, 0]
    assert len(received(server)) == 1


def test_the_line_breaks_as_it_is_told_until_it_is_mended(server: SmsServer) -> None:
    free(server)
    fields = {"account": "demo", "timestamp": int(time.time()), "phone": PHONE, "text": HELLO}
    body = {**fields, "sign": sign(fields)}
    meddle(server, "faults", fault="http 502")
    assert [httpx.post(f"{server.url}/sms/send", json=body).status_code for _ in range(2)] == [502, 502]
    meddle(server, "faults", fault="garbage")
    assert httpx.post(f"{server.url}/sms/send", json=body).text.startswith("<html>")
    assert received(server) == []
    meddle(server, "faults", fault="cut")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.post(f"{server.url}/sms/send", json=body)
    assert len(received(server)) == 1
    meddle(server, "faults", fault="hang", times=1)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{server.url}/sms/send", json=body, timeout=0.3)
    assert (len(received(server)), text(server)["code"]) == (2, 0)
    meddle(server, "faults", fault="http 500", at="balance")
    meddle(server, "faults", fault="", at="balance")
    assert call(server, "/sms/balance")["code"] == 0


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("act", {"who": PHONE, "act": "sing"}),
        ("act", {"act": "reply", "text": "x"}),
        ("act", {"who": "12345", "act": "reply", "text": "x"}),
        ("act", {"who": PHONE, "act": "reply", "text": "x", "account": "nobody"}),
        ("clock", {"seconds": -1}),
        ("clock", {}),
        ("faults", {"fault": "explode"}),
        ("faults", {"fault": "code 9999"}),
        ("faults", {"fault": "cut", "at": "nowhere"}),
        ("faults", {"fault": "cut", "times": 0}),
        ("limits", {"minute": "many"}),
        ("delivery", {"to": PHONE, "status": "LOST"}),
        ("callback", {"account": "nobody", "receipts": "http://127.0.0.1/"}),
        ("accounts", {"account": "new"}),
        ("templates", {"template_id": "SMS_3"}),
    ],
)
def test_an_order_that_does_not_fit_is_refused(server: SmsServer, name: str, given: dict[str, Any]) -> None:
    answer = httpx.post(f"{server.url}/standin/{name}", json=given)
    assert (answer.status_code, bool(answer.json()["error"])) == (422, True)


def test_every_code_of_the_page_is_one_of_the_provider_s(server: SmsServer) -> None:
    section = DOCS.split("## SMS provider")[1].split("\n## ")[0]
    named = {int(code) for row in re.findall(r"^\| ([0-9, ]+) \|", section, re.MULTILINE) for code in row.split(", ")}
    assert len(named) == 16
    for code in named:
        meddle(server, "faults", fault=f"code {code}", times=1)
        assert text(server)["code"] == code
