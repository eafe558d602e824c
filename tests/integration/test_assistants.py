"""A long import has help from other processes: whatever becomes of those, every message is stored and filed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.assistants import Assistants, Here, apart
from api.desk import Desk
from api.intake_files import Report, take
from api.pipeline import Judged, Question
from api.settings import Settings
from casework.tables import Ticket
from channels.errors import UnreadableMessage
from channels.message import Account
from drills.payloads import letter, words
from triage.assessment import Assessment, Context

MAILBOX = Account("mailbox", "default")
KILLED = """
import multiprocessing, os, signal, sys
from pathlib import Path
from api.desk import Desk
from api.assistants import apart
from api.pipeline import Question
from api.settings import Settings
from triage.assessment import Context

if __name__ == "__main__":
    with apart(Desk(Settings(home=Path(sys.argv[1])))) as assistants:
        assistants.judge([Question("1", "路灯坏了", Context())])()
        print(*(process.pid for process in multiprocessing.active_children()), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    made = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    yield made
    made.close()


@pytest.fixture
def assistants(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistants]:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    with apart(desk) as assistants:
        yield assistants


def asked(*numbers: int) -> list[Question]:
    return [Question(str(number), words(number), Context(title="来信")) for number in numbers]


def said(judged: Judged) -> list[Any]:
    """The answers, without the time they took."""
    return [(question, replace(answer, took_ms=0)) for question, answer in judged if isinstance(answer, Assessment)]


def test_a_text_is_judged_apart_as_it_is_here(desk: Desk, assistants: Assistants) -> None:
    questions = asked(*range(8))
    there = said(assistants.judge(questions)())
    assert not desk.has_model
    assert len(there) == 8
    assert there == said(Here(desk).judge(questions)())


def test_a_payload_is_read_apart_as_it_is_here(desk: Desk, assistants: Assistants) -> None:
    payloads = [letter(1), b"no letter", letter(2)]
    there = assistants.read(MAILBOX, payloads)()
    assert [reading.messages for reading in there] == [each.messages for each in Here(desk).read(MAILBOX, payloads)()]
    assert [desk.blobs.get(reading.digest) for reading in there if not reading.problem] == [letter(1), letter(2)]
    problem = there[1].problem
    assert isinstance(problem, UnreadableMessage)
    assert problem.why


def test_what_an_assistant_had_in_hand_when_it_died_is_done_here(assistants: Assistants) -> None:
    reading, judging = assistants.read(MAILBOX, [letter(1)]), assistants.judge(asked(0, 1))
    for process in multiprocessing.active_children():
        process.kill()
    assert len(reading()) == 1
    assert len(said(judging())) == 2
    assert len(said(assistants.judge(asked(2, 3))())) == 2


def test_what_is_taken_with_help_is_filed_to_the_last(desk: Desk, assistants: Assistants) -> None:
    report = Report()
    told: list[int] = []
    payloads = [(str(number), letter(number)) for number in range(11)]
    payloads.insert(5, ("broken", b"no letter"))
    take(desk, MAILBOX, payloads, report, assistants=assistants, batch=2, told=told.append)
    assert told == [2, 4, 6, 8, 10, 12]
    assert [error["file"] for error in report.errors] == ["broken"]
    with desk.database.read() as session:
        filed = session.scalars(select(Ticket).where(Ticket.assessed_at.is_not(None), Ticket.category != "")).all()
    assert {ticket.id for ticket in filed} == {receipt.ticket_id for receipt in report.receipts}
    assert len(filed) == 11


def test_assistants_end_with_the_process_they_help(set_up_home: Path, tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(script), str(set_up_home)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(root)},
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    left = [int(pid) for pid in done.stdout.split()]
    assert left
    until = time.monotonic() + 20
    while left and time.monotonic() < until:
        time.sleep(0.1)
        left = [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert left == []
