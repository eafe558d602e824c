"""The official account's callback over real HTTP, with a real desk behind it and WeChat's API stood in for."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api import pipeline
from api.app import create_app
from api.desk import Desk
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.standins.wechat import Signer, WeChatServer
from channels.message import WebhookRequest
from storage.deliveries import DeliveryAttempt
from storage.quarantine import Quarantined
from tests.integration.callbacks import (
    ACCOUNTS,
    KEY,
    MODES,
    NUMBERS,
    OTHER_KEY,
    WITHIN,
    Served,
    event,
    signed,
    slow_triage,
    text,
    until,
)


@pytest.fixture(scope="module")
def served(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One desk for all tests here: each test is another resident."""
    home = Path(shutil.copytree(set_up_home, tmp_path_factory.mktemp("webhook") / "home"))
    with WeChatServer() as wechat:
        accounts = {name: settings | {"api_base": wechat.url} for name, settings in ACCOUNTS.items()}
        desk = Desk(Settings(home=home, accounts={"wechat": accounts}))
        desk.warm_up()
        with BackgroundServer(create_app(desk), lifespan="on") as server:
            yield Served(desk, server.url, wechat)


@pytest.fixture
def resident() -> str:
    return f"o_webhook_{next(NUMBERS):04d}"


@pytest.mark.parametrize("mode", MODES)
def test_the_echo_check_is_answered_with_its_own_words(served: Served, mode: str) -> None:
    asked = Signer(ACCOUNTS[mode]).echo("5920461837264")
    answer = httpx.get(f"{served.url}/channels/wechat/{mode}", params=dict(asked.query))
    assert (answer.status_code, answer.content) == (200, b"5920461837264")


def test_an_echo_check_with_another_token_is_refused(served: Served) -> None:
    asked = Signer(ACCOUNTS["plain"] | {"token": "another"}).echo("5920461837264")
    answer = httpx.get(f"{served.url}/channels/wechat/plain", params=dict(asked.query))
    assert answer.status_code == 401
    assert b"5920461837264" not in answer.content


def _forged(mode: str, how: str, payload: bytes) -> WebhookRequest:
    genuine = signed(mode, payload)
    query, body = dict(genuine.query), genuine.body
    if how == "another token":
        return Signer(ACCOUNTS[mode] | {"token": "another"}).request(payload)
    if how == "another account's":
        return Signer(ACCOUNTS[mode] | {"token": ACCOUNTS["plain" if mode != "plain" else "aes"]["token"]}).request(
            payload
        )
    if how == "an hour old":
        return signed(mode, payload, at=datetime.now(UTC) - timedelta(hours=1))
    if how == "an hour ahead":
        return signed(mode, payload, at=datetime.now(UTC) + timedelta(hours=1))
    if how == "no signature":
        query = {key: value for key, value in query.items() if "signature" not in key}
    if how == "empty signature":
        query |= {key: "" for key in query if "signature" in key}
    if how == "another time":
        query["timestamp"] = str(int(query["timestamp"]) - 1)
    return WebhookRequest("POST", query, {}, body)


FORGERIES = (
    "another token", "another account's", "an hour old", "an hour ahead", "no signature", "empty signature", "another time"
)  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
@pytest.mark.parametrize("mode", MODES)
def test_a_forged_callback_is_refused_and_nothing_of_it_is_kept(
    served: Served, resident: str, mode: str, how: str
) -> None:
    before = served.kept()
    answer = served.post(mode, _forged(mode, how, text(resident)))
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert served.kept() == before


@pytest.mark.parametrize("mode", ["compatible", "aes"])
def test_a_signature_does_not_cover_another_envelope(served: Served, resident: str, mode: str) -> None:
    genuine, other = signed(mode, text(resident)), signed(mode, text(resident, "换成别的内容，也要建工单"))
    before = served.kept()
    answer = served.post(mode, WebhookRequest("POST", genuine.query, {}, other.body))
    assert answer.status_code == 401
    assert served.kept() == before


@pytest.mark.parametrize("mode", ["compatible", "aes"])
def test_an_envelope_for_another_app_is_refused(served: Served, resident: str, mode: str) -> None:
    before = served.kept()
    for_another = Signer(ACCOUNTS[mode] | {"app_id": "wx00000000another"}).request(text(resident))
    assert served.post(mode, for_another).status_code == 401
    assert served.kept() == before


def test_an_account_in_aes_mode_takes_nothing_in_clear(served: Served, resident: str) -> None:
    in_clear = Signer(ACCOUNTS["aes"] | {"mode": "plain"}).request(text(resident))
    before = served.kept()
    assert served.post("aes", in_clear).status_code == 401
    assert served.kept() == before


@pytest.mark.parametrize("mode", MODES)
def test_a_message_is_answered_in_the_response_with_its_ticket_number(served: Served, resident: str, mode: str) -> None:
    began = time.monotonic()
    answer = served.post(mode, signed(mode, text(resident)))
    assert time.monotonic() - began < WITHIN
    assert answer.status_code == 200
    assert (b"<Encrypt>" in answer.content) == (mode != "plain")
    (ticket,) = served.tickets(resident)
    assert ticket.number in (Signer(ACCOUNTS[mode]).shown(answer.content) or "")
    (delivery,) = served.deliveries(resident)
    assert delivery.state == "sent"
    served.send_due(resident)
    assert served.wechat.sent(resident) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_redelivery_gets_the_same_bytes_and_opens_nothing(served: Served, resident: str, mode: str) -> None:
    payload = text(resident)
    first = served.post(mode, signed(mode, payload))
    again = [served.post(mode, signed(mode, payload)) for _ in range(2)]
    assert [each.content for each in again] == [first.content] * 2
    assert [each.headers["content-type"] for each in again] == [first.headers["content-type"]] * 2
    assert len(served.tickets(resident)) == len(served.deliveries(resident)) == 1


def test_a_redelivery_while_the_first_is_thought_about_gets_the_empty_answer(served: Served, resident: str) -> None:
    payload = text(resident)
    with slow_triage(served, budget=4.5) as gate, ThreadPoolExecutor() as pool:
        first = pool.submit(served.post, "aes", signed("aes", payload))
        until(lambda: served.tickets(resident))
        assert served.post("aes", signed("aes", payload)).content == b"success"
        gate.set()
        answered = first.result().content
    (ticket,) = served.tickets(resident)
    assert ticket.number in (Signer(ACCOUNTS["aes"]).shown(answered) or "")
    assert served.post("aes", signed("aes", payload)).content == answered


def test_beyond_the_budget_the_same_delivery_goes_as_a_customer_service_message_exactly_once(
    served: Served, resident: str
) -> None:
    payload = text(resident)
    with slow_triage(served, budget=0.4) as gate:
        began = time.monotonic()
        answer = served.post("aes", signed("aes", payload))
        assert time.monotonic() - began < WITHIN
        assert answer.content == b"success"
        assert served.deliveries(resident) == []
        gate.set()
        until(lambda: [each for each in served.deliveries(resident) if each.state == "queued"])
    with ThreadPoolExecutor() as pool:
        for _ in range(4):
            list(pool.map(served.send_due, [resident] * 4))
    (ticket,) = served.tickets(resident)
    (said,) = served.wechat.sent(resident)
    assert ticket.number in said
    (delivery,) = served.deliveries(resident)
    assert delivery.state == "sent"
    with served.desk.database.read() as session:
        attempts = session.scalars(select(DeliveryAttempt.outcome).where(DeliveryAttempt.delivery_id == delivery.id))
        assert list(attempts) == ["sent"]
    assert served.post("aes", signed("aes", payload)).content == b"success"


def test_a_stuck_triage_holds_up_no_acknowledgement(served: Served, resident: str) -> None:
    people = [f"{resident}_{number}" for number in range(60)]
    first, then = people[:45], people[45:]  # the first alone are more than the threads that serve requests

    def write(person: str) -> float:
        began = time.monotonic()
        assert served.post("plain", signed("plain", text(person))).content == b"success"
        return time.monotonic() - began

    with slow_triage(served, budget=0.5) as gate, ThreadPoolExecutor(len(first)) as pool:
        slowest = max([*list(pool.map(write, first)), *pool.map(write, then)])
        gate.set()
        until(lambda: all(ticket.assessed_at for person in people for ticket in served.tickets(person)))
    assert slowest < WITHIN
    assert all(len(served.tickets(person)) == 1 for person in people)


def test_a_failing_triage_costs_neither_message_nor_acknowledgement(served: Served, resident: str) -> None:
    class Broken:
        def assess_all(self, asked: Any) -> Any:
            raise RuntimeError("no model")

    engine = served.desk.engine
    served.desk.serving_model.use(Broken())  # type: ignore[arg-type]
    try:
        answer = served.post("plain", signed("plain", text(resident)))
    finally:
        served.desk.serving_model.use(engine)
    assert (answer.status_code, answer.content) == (200, b"success")
    (ticket,) = served.tickets(resident)
    assert ticket.assess_failures == 1
    assert ticket.assessed_at is None


def test_a_resident_s_direction_marks_turn_none_of_our_words_round(served: Served, resident: str) -> None:
    answer = served.post("aes", signed("aes", text(resident, "\u202e光明路的路灯坏了三天\u2066没人修")))
    shown = Signer(ACCOUNTS["aes"]).shown(answer.content) or ""
    assert "“光明路的路灯坏了三天没人修”" in shown
    assert "\u202e" in served.tickets(resident)[0].text


def test_a_picture_alone_waits_for_its_words_and_is_answered_in_a_whole_sentence(served: Served, resident: str) -> None:
    picture = text(resident).replace(b"[text]", b"[image]").replace(b"<MsgId>", b"<MediaId>m-1</MediaId><MsgId>")
    assert not Signer(ACCOUNTS["aes"]).shown(served.post("aes", signed("aes", picture)).content)
    ends = time.monotonic() + 20
    while not (said := served.deliveries(resident)) and time.monotonic() < ends:
        time.sleep(0.2)
    assert served.tickets(resident)[0].number in said[0].text
    assert "“”" not in said[0].text


def test_a_follower_is_welcomed_in_the_response(served: Served, resident: str) -> None:
    payload = event(resident, "subscribe")
    answer = served.post("compatible", signed("compatible", payload))
    (delivery,) = served.deliveries(resident)
    assert Signer(ACCOUNTS["compatible"]).shown(answer.content) == delivery.text
    assert served.post("compatible", signed("compatible", payload)).content == answer.content
    assert len(served.deliveries(resident)) == 1
    assert served.tickets(resident) == []


@pytest.mark.parametrize("name", ["CLICK", "unsubscribe", "TEMPLATESENDJOBFINISH", "some_new_event"])
def test_other_events_are_acknowledged_and_open_no_ticket(served: Served, resident: str, name: str) -> None:
    answer = served.post("aes", signed("aes", event(resident, name)))
    assert (answer.status_code, answer.content) == (200, b"success")
    assert served.tickets(resident) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "garbage",
    [b"not XML at all", b"<xml><MsgType>text</MsgType>", b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>', b"\0\0\0"],
    ids=["text", "truncated", "entities", "nul"],
)
def test_a_genuine_callback_that_cannot_be_read_is_quarantined_with_its_bytes(
    served: Served, mode: str, garbage: bytes
) -> None:
    garbage += f"<!-- {mode} {next(NUMBERS)} -->".encode()
    messages, quarantined, _ = served.kept()
    answers = [served.post(mode, signed(mode, garbage)) for _ in range(3)]
    assert [(each.status_code, each.content) for each in answers] == [(200, b"success")] * 3
    assert served.kept()[:2] == (messages, quarantined + 1)
    with served.desk.database.read() as session:
        row = session.scalars(select(Quarantined).order_by(Quarantined.id.desc()).limit(1)).one()
        assert (row.channel, row.account, row.attempts) == ("wechat", mode, 3)
        assert row.where
        assert row.why
        assert served.desk.blobs.get(row.blob) == garbage


def test_a_callback_under_a_key_the_desk_does_not_know_is_kept_until_the_key_is_mended(
    served: Served, resident: str
) -> None:
    with_new_key = Signer(ACCOUNTS["aes"] | {"encoding_aes_key": OTHER_KEY}).request(text(resident))
    assert served.post("aes", with_new_key).content == b"success"
    with served.desk.database.read() as session:
        row = session.scalars(select(Quarantined).order_by(Quarantined.id.desc()).limit(1)).one()
    assert "encoding_aes_key" in row.why
    assert served.desk.blobs.get(row.blob) == with_new_key.body
    served.desk.place("wechat", "aes", encoding_aes_key=OTHER_KEY, previous_encoding_aes_key=KEY)
    try:
        assert pipeline.retry_quarantined(served.desk, row.id).held is None
        assert len(served.tickets(resident)) == 1
        under_the_old_key = served.post("aes", signed("aes", text(f"{resident}_b")))
        assert served.tickets(f"{resident}_b")[0].number in (
            Signer(ACCOUNTS["aes"]).shown(under_the_old_key.content) or ""
        )
    finally:
        served.desk.place("wechat", "aes")


def test_an_unknown_account_is_not_found_and_nothing_is_kept(served: Served, resident: str) -> None:
    before = served.kept()
    assert served.post("nobody", signed("plain", text(resident))).status_code == 404
    assert served.kept() == before


@pytest.mark.parametrize("declared", [True, False], ids=["with its length", "in chunks"])
def test_a_body_beyond_the_limit_is_refused(served: Served, resident: str, declared: bool) -> None:
    request = signed("plain", text(resident, "路" * 340_000))
    chunks = (request.body[start : start + 65_536] for start in range(0, len(request.body), 65_536))
    before = served.kept()
    answer = httpx.post(
        f"{served.url}/channels/wechat/plain",
        params=dict(request.query),
        content=request.body if declared else chunks,
        timeout=30,
    )
    assert answer.status_code == 413
    assert served.kept() == before


def test_a_caller_who_hangs_up_leaves_nothing_behind(
    served: Served, resident: str, caplog: pytest.LogCaptureFixture
) -> None:
    request = signed("plain", text(resident))
    address = httpx.URL(f"{served.url}/channels/wechat/plain", params=dict(request.query))
    before = served.kept()
    with socket.create_connection((address.host, address.port or 80), timeout=5) as line:
        head = f"POST {address.raw_path.decode()} HTTP/1.1\r\nHost: desk\r\nContent-Length: {len(request.body)}\r\n\r\n"
        line.sendall(head.encode() + request.body[:40])
        time.sleep(0.2)
    time.sleep(0.2)
    assert served.post("plain", signed("plain", text(resident))).status_code == 200
    assert served.kept()[0] == before[0] + 1
    assert not [record for record in caplog.records if record.exc_info]


def test_accounts_keep_apart(served: Served, resident: str) -> None:
    number = 8_900_000_000 + next(NUMBERS)
    for mode in MODES:
        answer = served.post(mode, signed(mode, text(resident, number=number)))
        assert answer.status_code == 200
    tickets = served.tickets(resident)
    assert sorted(ticket.account for ticket in tickets) == sorted(MODES)
    assert len({ticket.resident_id for ticket in tickets}) == len(MODES)
    assert len({ticket.number for ticket in tickets}) == len(MODES)


def test_a_yes_to_the_summary_is_answered_in_the_response_though_triage_is_stuck(served: Served, resident: str) -> None:
    served.post("aes", signed("aes", text(resident, "家门口那条路晚上路灯全灭了，黑得看不清台阶，请派人修")))
    served.post("aes", signed("aes", text(resident, "玉华路15号门口")))
    with slow_triage(served, budget=2.0):
        answer = served.post("aes", signed("aes", text(resident, "没有问题")))
        shown = Signer(ACCOUNTS["aes"]).shown(answer.content)
    assert shown is not None
    assert shown.startswith("好的，马上转办")
    (ticket,) = served.tickets(resident)
    until(lambda: served.tickets(resident)[0].assessed_at)  # judged all the same
    assert [row.state for row in served.deliveries(resident) if row.text == shown] == ["sent"]
    assert ticket.number in shown
