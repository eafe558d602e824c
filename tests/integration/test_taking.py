"""Files are taken in batches: whatever ends an import early, what was stored by then is filed, and the rest known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api import intake_files, judging, pipeline
from api.assistants import Here
from api.cli.channels import _payloads
from api.desk import Desk
from api.intake_files import Named, Report, take
from api.settings import Settings
from casework import intake
from casework.tables import Ticket
from channels import registry
from channels.message import Account, Parsed
from district.pack import District
from drills.payloads import letter
from storage import quarantine

MAILBOX = Account("mailbox", "default")


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


def letters(many: int) -> Iterator[Named]:
    return ((str(number), letter(number)) for number in range(many))


def counted(desk: Desk) -> tuple[int, int]:
    """Tickets, and how many of them are filed."""
    with desk.database.read() as session:
        tickets, filed = session.execute(select(func.count(Ticket.id), func.count(Ticket.assessed_at))).one()
    return tickets, filed


def test_what_came_before_its_source_failed_is_stored_and_filed(desk: Desk) -> None:
    def failing() -> Iterator[Named]:
        yield from letters(5)
        raise OSError("the disk was pulled out")

    with pytest.raises(OSError, match="pulled out"):
        take(desk, MAILBOX, failing(), Report(), assistants=Here(desk, ahead=1), batch=2)
    assert counted(desk) == (5, 5)


@pytest.mark.parametrize("ended", [KeyboardInterrupt, ValueError])
def test_what_was_stored_when_an_import_ended_is_filed(desk: Desk, ended: type[BaseException]) -> None:
    def told(done: int) -> None:
        if done == 4:
            raise ended

    report = Report()
    with pytest.raises(ended):
        take(desk, MAILBOX, letters(10), report, assistants=Here(desk, ahead=1), batch=2, told=told)
    assert counted(desk) == (4, 4)
    take(desk, MAILBOX, letters(10), report, batch=2)
    assert counted(desk) == (10, 10)
    assert report.count("repeated") == 4


def test_a_payload_on_which_reading_fails_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty:
        def parse(self, payload: bytes, account: Account) -> list[Parsed]:
            if payload == letter(1):
                raise ZeroDivisionError
            return mailbox.parse(payload, account)

    mailbox = registry.CHANNELS["mailbox"]
    report = Report()
    with monkeypatch.context() as while_faulty:
        while_faulty.setitem(registry.CHANNELS, "mailbox", Faulty())  # type: ignore[arg-type]
        take(desk, MAILBOX, letters(3), report)
    assert counted(desk) == (2, 2)
    assert [(error["file"], error["message"]) for error in report.errors] == [
        ("1", "读取程序出错（ZeroDivisionError）")
    ]
    with desk.database.read() as session:
        (held,) = quarantine.held(session, limit=10)
    assert pipeline.retry_quarantined(desk, held.id).held is None
    assert counted(desk) == (3, 3)


def test_what_was_stored_is_filed_also_when_nobody_could_be_asked_about_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = judging.questions
    refused = iter([False, True])

    def failing(desk: Desk, tickets: list[str]) -> list[judging.Question]:
        if next(refused, False):
            raise KeyboardInterrupt
        return asking(desk, tickets)

    monkeypatch.setattr(judging, "questions", failing)
    with pytest.raises(KeyboardInterrupt):
        take(desk, MAILBOX, letters(6), Report(), batch=2)
    assert counted(desk) == (4, 4)


def test_a_message_that_cannot_be_stored_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    storing = intake.receive

    def failing(session: Session, district: District, message: Any, **given: Any) -> intake.Receipt:
        if "drill-1@" in message.external_id:
            raise ZeroDivisionError
        return storing(session, district, message, **given)

    monkeypatch.setattr(intake, "receive", failing)
    report = Report()
    take(desk, MAILBOX, letters(3), report)
    assert counted(desk) == (2, 2)
    assert [(error["file"], error["message"]) for error in report.errors] == [("1", "登记出错（ZeroDivisionError）")]
    assert report.quarantined == 1


def test_tickets_stay_for_the_sweep_when_the_database_is_busy(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def busy(_desk: Desk, judged: judging.Judged) -> None:
        tries.append(len(judged))
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(pipeline, "_file", busy)
    take(desk, MAILBOX, letters(5), Report())
    assert tries == [5]
    assert counted(desk) == (5, 0)


def test_a_file_that_is_gone_is_told_and_holds_up_no_other(tmp_path: Path) -> None:
    there = tmp_path / "there.eml"
    there.write_bytes(letter(1))
    report = Report()
    gone = tmp_path / "gone.eml"
    assert list(_payloads([gone, there], report)) == [(str(there), letter(1))]
    assert [error["file"] for error in report.errors] == [str(gone)]


def test_a_batch_ends_where_its_bytes_are_many(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_files, "BATCH_BYTES", 3 * len(letter(100)))
    told: list[int] = []
    take(desk, MAILBOX, ((str(number), letter(number)) for number in range(100, 107)), Report(), told=told.append)
    assert told == [3, 6, 7]
