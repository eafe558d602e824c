"""Whatever a send ends in is put on record: no error is tried for ever, none is taken for sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.desk import Desk
from api.jobs import runner, sending
from api.settings import Settings
from channels.base import Channel, ChannelState
from channels.errors import SendDelayed
from channels.message import Account, OutboundMessage, Parsed
from storage import deliveries, migrate
from storage.deliveries import Delivery

ACCOUNTS = {
    "wechat": {"main": {"token": "t", "app_id": "wx1", "app_secret": "s", "mode": "plain"}},
    "mailbox": {"main": {"address": "mayor@example.com", "smtp_host": "127.0.0.1", "smtp_port": "abc"}},
}


class Line:
    """A channel whose every send ends in ``problem``, or never."""

    name, label = "wechat", "替身"

    def __init__(self, problem: Exception | None, *, safe: bool = False) -> None:
        self.problem = problem
        self.resend_is_safe = safe

    def parse(self, payload: bytes, account: Account) -> list[Parsed]:
        raise NotImplementedError

    async def send(self, message: OutboundMessage, account: Account, state: ChannelState, *, now: datetime) -> str:
        if self.problem is not None:
            raise self.problem
        await asyncio.sleep(60)
        return "sent after all"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=tmp_path, accounts=ACCOUNTS, _env_file=None))  # type: ignore[call-arg]
    migrate.upgrade(made.database)
    yield made
    made.close()


def queue(desk: Desk, channel: str = "wechat") -> str:
    with desk.database.write.begin() as session:
        return deliveries.queue(
            session,
            purpose="p",
            channel=channel,
            account="main",
            recipient="r@example.com",
            text="您好",
            now=desk.now(),
        ).id


def row(desk: Desk, key: str) -> Delivery:
    with desk.database.read() as session:
        return deliveries.get(session, key)


def test_a_setting_that_is_no_number_is_told_and_the_letter_waits_for_it(desk: Desk) -> None:
    key = queue(desk, "mailbox")
    assert sending.send(desk, key, by="slot-0") == "delayed"
    found = row(desk, key)
    assert (found.state, found.attempts) == ("queued", 1)
    assert "smtp_port" in found.reason


def test_an_error_nobody_foresaw_is_tried_again_ever_later_and_then_given_up(desk: Desk) -> None:
    key = queue(desk)
    started = desk.now()
    ahead = timedelta()
    desk.now = lambda: started + ahead
    waits = []
    line: dict[str, Channel] = {"wechat": Line(ValueError("o-openid: 您好"))}
    for _ in range(deliveries.MAX_ATTEMPTS):
        assert sending.send(desk, key, by="slot-0", channels=line) == "delayed"
        found = row(desk, key)
        waits.append(found.due_at - desk.now())
        ahead += max(timedelta(), waits[-1])
    assert found.state == "dead"
    assert found.reason == "发送出错（ValueError）"
    assert waits[:-1] == sorted(set(waits[:-1]))


@pytest.mark.parametrize(
    ("safe", "outcome", "state"),
    [(True, "delayed", "queued"), (False, "perhaps_sent", "perhaps_sent")],
)
def test_a_send_without_end_is_cut_before_its_lease_is_over(desk: Desk, safe: bool, outcome: str, state: str) -> None:
    key = queue(desk)
    line: dict[str, Channel] = {"wechat": Line(None, safe=safe)}
    assert sending.send(desk, key, by="slot-0", within=timedelta(seconds=0.05), channels=line) == outcome
    assert row(desk, key).state == state
    assert sending.WITHIN < deliveries.LEASE


def test_a_channel_that_is_no_more_keeps_its_deliveries_for_a_person(desk: Desk) -> None:
    key = queue(desk)
    assert sending.send(desk, key, by="slot-0", channels={}) == "delayed"
    assert row(desk, key).state == "queued"


def test_a_delivery_whose_job_failed_is_enqueued_once_more_each_minute(desk: Desk) -> None:
    found = row(desk, queue(desk))
    ids = [runner.workflow_id(found, found.due_at + timedelta(seconds=after)) for after in (0, 30, 59, 61, 150)]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == 3


def test_each_attempt_is_a_job_of_its_own(desk: Desk) -> None:
    key = queue(desk)
    before = runner.workflow_id(row(desk, key), desk.now())
    line: dict[str, Channel] = {"wechat": Line(SendDelayed("忙", 0))}
    assert sending.send(desk, key, by="slot-0", channels=line) == "delayed"
    assert runner.workflow_id(row(desk, key), desk.now()) != before
