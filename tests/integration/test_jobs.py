"""What the desk does by itself, and what becomes of it when a process dies or a second one comes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, update

from api import pipeline
from api.desk import Desk
from api.jobs import sending, upkeep
from api.jobs.runner import JobRunner
from api.settings import Settings
from api.standins.wechat import WeChatServer
from casework import desk_work, rules
from casework.actors import Actor
from casework.deadline_tables import ClockWarning
from casework.filing import MAX_ASSESS_FAILURES
from casework.message_tables import Message
from casework.tables import Clock, Notice, Ticket
from channels.message import Account
from district.schemas import Role
from drills.payloads import wechat_text
from drills.served import Served, Working
from storage import audit, deliveries, migrate
from storage.audit import AuditRow
from storage.database import Database, new_id
from storage.deliveries import LEASE, Delivery, DeliveryAttempt
from storage.errors import AuditBroken

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
"""Tuesday 09:30 in China: an ordinary working day."""

WECHAT = {"token": "t", "app_id": "wx00000000000jobs", "app_secret": "s", "mode": "plain"}
MAIN = Account("wechat", "main")
DISPATCHER = Actor("u-dispatcher", "派单员", Role.DISPATCHER)


def desk_on(home: Path, **more: Any) -> Desk:
    return Desk(Settings(home=home, _env_file=None, **more))


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    """A desk without a model, on each database; it is 09:30 of an ordinary day."""
    made = desk_on(tmp_path / "desk", database_url=SecretStr(database.url), accounts={"wechat": {"main": WECHAT}})
    made.now = lambda: NOW
    with made.database.write.begin() as session:
        rules.keep(session, made.district, now=NOW)
    yield made
    made.close()


def later(desk: Desk, by: timedelta) -> None:
    at = desk.now() + by
    desk.now = lambda: at


def queue(desk: Desk, number: int = 1, *, channel: str = "wechat", recipient: str = "") -> str:
    """A delivery to a resident who has just written: a channel may not write to others."""
    who = recipient or f"o-{number}"
    with desk.database.write.begin() as session:
        wrote = {"channel": channel, "account": "main", "sender": who, "received_at": desk.now()}
        session.add(Message(delivery_id=new_id(), kind="text", **wrote))
        return deliveries.queue(
            session,
            purpose=f"{channel}:{number}",
            channel=channel,
            account="main",
            recipient=who,
            text=f"您好，第 {number} 件。",
            now=desk.now(),
        ).id


def delivery(desk: Desk, key: str) -> Delivery:
    with desk.database.read() as session:
        return deliveries.get(session, key)


def sent(desk: Desk) -> int:
    with desk.database.read() as session:
        return len(session.scalars(select(Delivery.id).where(Delivery.state == "sent")).all())


def until_sent(desk: Desk, number: int, *, within: float = 60.0) -> None:
    ends = time.monotonic() + within
    while sent(desk) < number:
        assert time.monotonic() < ends, f"{sent(desk)} of {number} sent"
        time.sleep(0.1)


def receive(desk: Desk, number: int = 1) -> str:
    """A message stored and not yet judged, as a crash leaves it; its ticket's id."""
    return pipeline.receive(desk, MAIN, wechat_text(number)).receipts[0].ticket_id


def ticket(desk: Desk, key: str) -> Ticket:
    with desk.database.read() as session:
        return session.get_one(Ticket, key)


def said(desk: Desk, key: str) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(select(Delivery.template).where(Delivery.ticket_id == key)))


# Sending


def test_what_is_swept_twice_is_sent_once(tmp_path: Path) -> None:
    with WeChatServer() as wechat:
        accounts = {"wechat": {"main": WECHAT | {"api_base": wechat.url}}}
        desk = desk_on(tmp_path / "home", accounts=accounts, jobs_poll_seconds=0.05)
        migrate.upgrade(desk.database)
        runner = JobRunner(desk)
        runner.start()
        try:
            keys = [queue(desk, number) for number in range(6)]
            for _ in range(3):
                runner.enqueue_due()
            until_sent(desk, len(keys))
            assert [wechat.sent(f"o-{number}") for number in range(6)] == [[f"您好，第 {n} 件。"] for n in range(6)]
            with desk.database.read() as session:
                assert len(session.scalars(select(DeliveryAttempt.id)).all()) == len(keys)
        finally:
            runner.stop()
            desk.close()


@pytest.mark.postgres
def test_two_workers_share_the_deliveries_and_send_each_once(home: Path, postgres_url: str) -> None:
    for name in ("index", "blobs"):
        shutil.rmtree(home / name, ignore_errors=True)
    with WeChatServer() as wechat:
        accounts = {"wechat": {"main": WECHAT | {"api_base": wechat.url}}}
        desk = desk_on(home, database_url=SecretStr(postgres_url), accounts=accounts)
        migrate.upgrade(desk.database)
        for number in range(40):
            queue(desk, number)
        where = {"YINGSHENG_DATABASE_URL": postgres_url}
        first, second = Working(home, accounts, **where), Working(home / "second", accounts, **where)
        shutil.copytree(home / "models", home / "second" / "models")
        try:
            with first, second:
                until_sent(desk, 40)
            assert [len(wechat.sent(f"o-{number}")) for number in range(40)] == [1] * 40
        finally:
            desk.close()


def test_deliveries_to_one_resident_keep_their_order(tmp_path: Path) -> None:
    with WeChatServer() as wechat:
        accounts = {"wechat": {"main": WECHAT | {"api_base": wechat.url}}}
        desk = desk_on(tmp_path / "home", accounts=accounts, jobs_poll_seconds=0.05)
        migrate.upgrade(desk.database)
        for number in range(4):
            queue(desk, number, recipient="o-one")
        runner = JobRunner(desk)
        runner.start()
        try:
            until_sent(desk, 4)
            assert wechat.sent("o-one") == [f"您好，第 {number} 件。" for number in range(4)]
        finally:
            runner.stop()
            desk.close()


def test_a_letter_whose_sender_died_is_sent_again(desk: Desk) -> None:
    key = queue(desk, channel="mailbox", recipient="resident@example.com")
    with desk.database.write.begin() as session:
        assert deliveries.lease(session, key, by="slot-0:dead", now=desk.now()) is not None
    later(desk, LEASE - timedelta(seconds=1))
    assert upkeep.free_leases(desk) == 0
    later(desk, timedelta(seconds=2))
    assert upkeep.free_leases(desk) == 1
    with desk.database.read() as session:
        assert [each.id for each in deliveries.due(session, now=desk.now())] == [key]


def test_a_chat_message_whose_sender_died_is_left_to_a_person(desk: Desk) -> None:
    key = queue(desk)
    with desk.database.write.begin() as session:
        assert deliveries.lease(session, key, by="slot-0:dead", now=desk.now()) is not None
    later(desk, LEASE + timedelta(seconds=1))
    assert upkeep.free_leases(desk) == 1
    assert delivery(desk, key).state == "perhaps_sent"
    assert sending.send(desk, key, by="slot-1") == "skipped"
    with desk.database.write.begin() as session:
        deliveries.retry(session, key, now=desk.now())
    assert delivery(desk, key).state == "queued"


# One process with jobs on SQLite


def worker(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"YINGSHENG_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *command],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_second_process_with_jobs_on_sqlite_is_refused_with_a_sentence(home: Path) -> None:
    with Served(home, {}) as served:
        refused = worker(home, "worker")
        assert refused.returncode == 1
        assert refused.stdout == ""
        assert refused.stderr.strip() == (
            "错误：另一个进程正在运行任务,SQLite 上只能有一个：请停掉它，或加 --no-jobs 只提供页面，或改用 PostgreSQL"
        )
        other = worker(home, "serve", "--port", str(Served(home, {}).port))
        assert other.returncode == 1
        assert "另一个进程正在运行任务" in other.stderr
        assert "Traceback" not in other.stderr
        with Served(home, {}, more=("--no-jobs",)):
            assert served.process is not None
            assert served.process.poll() is None


def test_the_slot_of_a_killed_process_is_free(home: Path) -> None:
    served = Served(home, {})
    served.start()
    served.kill()
    served.start()
    served.stop()


# Left between the two transactions


def test_a_ticket_that_a_crash_left_unjudged_is_judged_by_the_sweep(home: Path) -> None:
    desk = desk_on(home, accounts={"wechat": {"main": WECHAT}})
    try:
        key = receive(desk)
        assert upkeep.assess_left_over(desk) == 0  # whoever received it may still be thinking
        later(desk, upkeep.LEFT_OVER + timedelta(seconds=1))
        assert upkeep.assess_left_over(desk) == 1
        found = ticket(desk, key)
        assert found.assessed_at is not None
        assert found.suggestion["category"]
        assert said(desk, key) == ["received"]
        assert upkeep.assess_left_over(desk) == 0
    finally:
        desk.close()


def test_a_ticket_that_triage_fails_on_goes_to_a_person_after_the_last_try(desk: Desk) -> None:
    key = receive(desk)  # there is no model here, so every try fails
    later(desk, upkeep.LEFT_OVER + timedelta(seconds=1))
    for tried in range(1, MAX_ASSESS_FAILURES):
        assert upkeep.assess_left_over(desk) == 1
        found = ticket(desk, key)
        assert (found.assess_failures, found.needs_review, found.assessed_at) == (tried, False, None)
        assert said(desk, key) == []
    assert upkeep.assess_left_over(desk) == 1
    found = ticket(desk, key)
    assert (found.state, found.needs_review, found.assess_failures) == ("assessed", True, MAX_ASSESS_FAILURES)
    assert said(desk, key) == ["received"]
    assert upkeep.assess_left_over(desk) == 0


def test_one_ticket_that_fails_holds_up_no_other(home: Path) -> None:
    desk = desk_on(home, accounts={"wechat": {"main": WECHAT}})
    try:
        bad, good = receive(desk, 1), receive(desk, 2)
        engine = desk.engine

        class Stumbling:
            def assess_all(self, asked: Any) -> Any:
                if any(text == ticket(desk, bad).text for text, _ in asked):
                    raise ValueError("stumbled")
                return engine.assess_all(asked)

        desk.serving_model.use(Stumbling())  # type: ignore[arg-type]
        pipeline.assess(desk, [bad, good])
        assert ticket(desk, bad).assessed_at is None
        assert ticket(desk, good).assessed_at is not None
    finally:
        desk.close()


# Clocks


def test_each_rung_of_a_clocks_ladder_is_told_once(desk: Desk) -> None:
    key = receive(desk)
    category = next(iter(desk.district.taxonomy.leaves)).code
    with desk.database.write.begin() as session:
        found = session.get_one(Ticket, key)
        unit = next(each.code for each in desk.district.units if each.kind == "bureau")
        desk_work.accept(
            session, desk.district, found, actor=DISPATCHER, now=desk.now(), category=category, unit=unit, reason="测试"
        )
    assert upkeep.check_clocks(desk) == 0
    with desk.database.read() as session:
        ends = max(session.scalars(select(Clock.due_at).where(Clock.state == "running")))
    levels: list[str] = []
    while desk.now() < ends + timedelta(hours=1):
        later(desk, timedelta(minutes=30))
        told = upkeep.check_clocks(desk)
        assert upkeep.check_clocks(desk) == 0
        levels += ["told"] * told
    with desk.database.read() as session:
        clocks = session.scalars(select(Clock).where(Clock.state == "running")).all()
        rungs = Counter(session.scalars(select(ClockWarning.rung)))
        passed_over = session.scalar(select(func.count(ClockWarning.id)).where(ClockWarning.told == ""))
        kinds = [each for each in session.scalars(select(Notice.template)) if each.startswith("clock_")]
    assert rungs["yellow"] == rungs["red"] == rungs["overdue"] == len(clocks)
    assert len(levels) == rungs.total()
    assert passed_over == 0
    for level in ("clock_yellow", "clock_red"):
        assert kinds.count(level) == len(clocks)
    assert kinds.count("clock_overdue") == 2 * len(clocks)  # the unit or the desk, and the supervisors


# Blobs and the audit


def test_orphan_blobs_are_swept_when_they_are_old_and_named_ones_never(desk: Desk) -> None:
    receive(desk)
    named = {path.name for path in desk.blobs.folder.glob("??/*")}
    young, old = desk.blobs.put(b"young orphan"), desk.blobs.put(b"old orphan")
    (desk.blobs.folder / "ab").mkdir(exist_ok=True)
    part = desk.blobs.folder / "ab" / ".half-written.part"
    part.write_bytes(b"half")
    age = (desk.now() - upkeep.ORPHAN_AGE - timedelta(minutes=1)).timestamp()
    for path in [desk.blobs.path(name) for name in (*named, old)] + [part]:
        os.utime(path, (age, age))
    assert upkeep.sweep_blobs(desk) == 2
    assert {path.name for path in desk.blobs.folder.glob("??/*")} == {*named, young}


def test_the_audit_is_sealed_and_a_tampered_row_is_found(desk: Desk) -> None:
    key = receive(desk)
    with desk.database.write.begin() as session:
        for act in ("look", "export"):
            audit.record(session, actor="u-1", role="auditor", act=act, subject="ticket", subject_id=key, now=NOW)
    assert upkeep.seal_audit(desk) >= 2
    assert upkeep.seal_audit(desk) == 0
    with desk.database.read() as session:
        seals, rows = audit.verify(session)
    assert (seals, rows >= 2) == (1, True)
    with desk.database.write.begin() as session:
        session.execute(update(AuditRow).where(AuditRow.act == "export").values(actor="u-2"))
    with desk.database.read() as session, pytest.raises(AuditBroken, match="altered") as broken:
        audit.verify(session)
    assert broken.value.seal == 1
