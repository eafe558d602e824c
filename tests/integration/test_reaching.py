"""The edge follows a final failure in the same transaction, and finds what somebody left unfollowed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from api.desk import Desk
from api.jobs import reaching, sending
from api.settings import Settings
from casework import asking_back, intake, rules
from casework.actors import Actor
from casework.resident_tables import Identity
from casework.tables import Notice, Ticket
from channels.base import Channel
from channels.errors import SendDelayed, SendFailed
from channels.message import InboundMessage, Sender
from district.schemas import Role
from storage import deliveries
from storage.database import Database
from storage.deliveries import Delivery

from .test_sending import Line

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
AGENT = Actor("u-agent", "坐席", Role.AGENT)


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    url = SecretStr(database.url)
    made = Desk(
        Settings(
            home=tmp_path / "desk", database_url=url, accounts={"wechat": {"main": {"token": "t"}}}, _env_file=None
        )
    )
    made.now = lambda: NOW
    with made.database.write.begin() as session:
        rules.keep(session, made.district, now=NOW)
    yield made
    made.close()


def asked(desk: Desk) -> str:
    """A question to a resident of whom a second name is known; its delivery's id."""
    message = InboundMessage(
        "wechat", "main", "1", "text", Sender("o-1", "刘先生"), "1", text="光明路的路灯坏了三天没人修"
    )
    with desk.database.write.begin() as session:
        receipt = intake.receive(session, desk.district, message, blob="b" * 64, now=NOW)
        ticket = session.get_one(Ticket, receipt.ticket_id)
        session.add(Identity(resident_id=ticket.resident_id, channel="telegram", account="main", external="77"))
        asking_back.ask(session, desk.district, ticket, "哪一盏？", actor=AGENT, now=NOW)
        return str(session.scalars(select(Delivery.id).where(Delivery.template == "asked_back")).one())


def rows(desk: Desk) -> list[Delivery]:
    with desk.database.read() as session:
        query = select(Delivery).where(Delivery.template == "asked_back").order_by(Delivery.created_at, Delivery.id)
        return list(session.scalars(query))


def test_a_refused_message_is_sent_on_in_the_transaction_that_says_so(desk: Desk) -> None:
    line: dict[str, Channel] = {"wechat": Line(SendFailed("超出 48 小时"))}
    assert sending.send(desk, asked(desk), by="slot-0", channels=line) == "failed"
    first, second = rows(desk)
    assert (first.state, first.reason, first.followed) == ("failed", "超出 48 小时", "way")
    assert (second.channel, second.recipient, second.fallback_of) == ("telegram", "77", first.id)


def test_a_message_that_died_of_many_tries_is_sent_on(desk: Desk) -> None:
    key = asked(desk)
    line: dict[str, Channel] = {"wechat": Line(SendDelayed("平台忙", retry_after=1))}
    for _ in range(deliveries.MAX_ATTEMPTS):
        assert len(rows(desk)) == 1
        at = desk.now() + timedelta(seconds=2)
        desk.now = lambda at=at: at  # type: ignore[misc]
        sending.send(desk, key, by="slot-0", channels=line)
    assert [(each.channel, each.state) for each in rows(desk)] == [("wechat", "dead"), ("telegram", "waiting")]


def test_a_process_that_died_between_failure_and_next_way_leaves_nothing_forgotten(desk: Desk) -> None:
    key = asked(desk)
    with desk.database.write.begin() as session:
        deliveries.lease(session, key, by="x", now=NOW)
        deliveries.mark_failed(session, key, by="x", reason="超出 48 小时", now=NOW)
    assert [reaching.follow_failed(desk) for _ in range(2)] == [1, 0]
    assert [each.channel for each in rows(desk)] == ["wechat", "telegram"]


def test_what_waits_is_queued_by_the_job_when_it_is_due(desk: Desk) -> None:
    key = asked(desk)
    line: dict[str, Channel] = {"wechat": Line(SendFailed("超出 48 小时"))}
    sending.send(desk, key, by="slot-0", channels=line)
    assert [reaching.release_waiting(desk) for _ in range(2)] == [1, 0]
    assert rows(desk)[-1].state == "queued"


def test_without_an_account_for_sms_there_is_no_way_by_it(desk: Desk) -> None:
    assert desk.first_account("sms") == ""


def test_nobody_left_to_write_to_is_on_the_list_of_those_to_be_told(desk: Desk) -> None:
    key = asked(desk)
    with desk.database.write.begin() as session:
        session.execute(Identity.__table__.update().values(reachable=False))  # type: ignore[attr-defined]
    sending.send(desk, key, by="slot-0", channels={"wechat": Line(SendFailed("对方已拉黑"))})
    first, second = rows(desk)
    assert (first.followed, second.state) == ("desk", "to_tell")
    with desk.database.read() as session:
        assert session.scalars(select(Notice.template)).all() == ["undelivered"]
