"""A resident's way by SMS, whole: his text by the provider's call, the answer on his telephone, the receipt on record."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.app import create_app
from api.desk import Desk
from api.jobs import sending
from api.settings import Settings
from api.standins.background import BackgroundServer
from api.standins.sms import SmsServer
from casework.message_tables import Message
from casework.tables import Ticket
from casework.writing_back import Name, say
from storage.deliveries import Delivery
from tests.contract.faults_sms import SETTINGS

PHONE = "13800000077"


@pytest.fixture
def provider() -> Iterator[SmsServer]:
    with SmsServer() as server:
        yield server


@pytest.fixture
def desk(home: Path, provider: SmsServer) -> Iterator[Desk]:
    account = {**SETTINGS, "url": f"{provider.url}/sms/send", "timeout_seconds": 2}
    made = Desk(Settings(home=home, accounts={"sms": {"main": account}}, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


@pytest.fixture
def served(desk: Desk, provider: SmsServer) -> Iterator[str]:
    with BackgroundServer(create_app(desk)) as server:
        callback = f"{server.url}/channels/sms/main"
        control(provider, "callback", {"account": "demo", "receipts": callback, "replies": callback})
        control(provider, "limits", {"minute": 0, "hour": 0, "day": 0})
        yield server.url


def control(provider: SmsServer, path: str, given: dict[str, Any]) -> None:
    httpx.post(f"{provider.url}/standin/{path}", json=given, trust_env=False).raise_for_status()


def until(holds: Callable[[], Any]) -> Any:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError("waited for 30 s")


def one(desk: Desk, query: Any) -> Any:
    with desk.database.read() as session:
        return session.scalars(query).first()


def queued(desk: Desk, template: str, **fields: str) -> str:
    with desk.database.write.begin() as session:
        to = Name("sms", "main", PHONE)
        return say(session, desk.district, to, template, purpose=f"t:{template}", now=desk.now(), fields=fields)


def test_a_text_opens_a_ticket_is_answered_on_the_telephone_and_the_receipt_is_on_record(
    desk: Desk, provider: SmsServer, served: str
) -> None:
    provider.reply(PHONE, "柳荫巷口的下水井盖松动，走路会响，请派人来修")
    ticket = until(lambda: one(desk, select(Ticket).where(Ticket.channel == "sms")))
    assert ticket.sender == PHONE
    delivery = until(lambda: one(desk, select(Delivery).where(Delivery.template == "received")))
    assert sending.send(desk, delivery.id, by="test") == "sent"
    (shown,) = provider.sent(PHONE)
    assert shown.startswith("【应声】")
    assert ticket.number in shown
    note = until(lambda: one(desk, select(Delivery.reason).where(Delivery.id == delivery.id)))
    assert note == "已送达手机（DELIVRD）"


def test_not_delivered_is_failed_in_the_operator_s_words(desk: Desk, provider: SmsServer, served: str) -> None:
    control(provider, "delivery", {"to": PHONE, "status": "EXPIRED"})
    delivery_id = queued(desk, "phone_code", code="482113", minutes="10")
    sending.send(desk, delivery_id, by="test")
    until(lambda: one(desk, select(Delivery.state).where(Delivery.id == delivery_id)) == "failed")
    reason = one(desk, select(Delivery.reason).where(Delivery.id == delivery_id))
    assert reason == "手机长时间关机或无信号，已超过有效期（EXPIRED）"


def test_a_forged_call_leaves_nothing(desk: Desk, served: str) -> None:
    body = {"account": "demo", "timestamp": 1, "kind": "replies", "sign": "0" * 64, "items": [{"reply_id": "x"}]}
    answer = httpx.post(f"{served}/channels/sms/main", json=body, trust_env=False)
    assert answer.status_code == 401
    assert one(desk, select(Message)) is None
