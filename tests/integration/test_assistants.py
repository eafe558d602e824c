"""A long import has help from other processes: whatever becomes of those, every message is stored and filed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.assistants import Apart, Assistants, Here, apart
from api.desk import Desk
from api.intake_files import Report, take
from api.judging import Judged, NotJudged, Question, Thought
from api.settings import Settings
from casework.tables import Ticket
from channels.errors import UnreadableMessage
from channels.message import Account, InboundMessage
from drills.payloads import letter, words
from triage.assessment import Context

MAILBOX = Account("mailbox", "default")
KILLED = """
import multiprocessing, os, signal, sys
from pathlib import Path
from api.desk import Desk
from api.assistants import apart
from api.judging import Question
from api.settings import Settings
from triage.assessment import Context

if __name__ == "__main__":
    os.sched_getaffinity = lambda _process: {0, 1}
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


Killing = Callable[[], None]


@pytest.fixture
def kill() -> Killing:
    """Kills the processes started after this."""
    before = set(multiprocessing.active_children())

    def killing() -> None:
        for process in set(multiprocessing.active_children()) - before:
            process.kill()
            process.join()

    return killing


@pytest.fixture
def assistants(desk: Desk, kill: Killing, monkeypatch: pytest.MonkeyPatch) -> Iterator[Assistants]:
    """Assistants that may be killed."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    with apart(desk) as assistants:
        yield assistants


@pytest.fixture(scope="module")
def common(set_up_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Assistants]]:
    """A desk and its assistants, for all who leave them alive."""
    home = shutil.copytree(set_up_home, tmp_path_factory.mktemp("assistants") / "home")
    desk = Desk(Settings(home=home, _env_file=None))  # type: ignore[call-arg]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
        with apart(desk) as assistants:
            yield desk, assistants
    desk.close()


@pytest.fixture
def able(common: tuple[Desk, Assistants], caplog: pytest.LogCaptureFixture) -> Iterator[Assistants]:
    """Assistants that do the work, whoever could have done it for them."""
    yield common[1]
    assert [record.getMessage() for record in caplog.get_records("call") if record.name == "api.assistants"] == []


@pytest.fixture
def theirs(common: tuple[Desk, Assistants]) -> Desk:
    return common[0]


def with_picture(number: int, picture: bytes) -> bytes:
    mail = message_from_bytes(letter(number), policy=default)
    assert isinstance(mail, EmailMessage)
    mail.add_attachment(picture, maintype="application", subtype="octet-stream", filename="现场.bin")
    return mail.as_bytes()


def long_letter(number: int) -> bytes:
    """Of words that do not repeat themselves, which would be sent once."""
    mail = message_from_bytes(letter(number), policy=default)
    assert isinstance(mail, EmailMessage)
    mail.set_content("\n".join(words(1000 * number + line) for line in range(1000)))
    return mail.as_bytes()


def asked(*numbers: int) -> list[Question]:
    return [Question(str(number), words(number), Context(title="来信")) for number in numbers]


def said(judged: Judged) -> list[Any]:
    """The answers, without the time they took."""
    return [
        (question, replace(answer, assessment=replace(answer.assessment, took_ms=0)))
        for question, answer in judged
        if isinstance(answer, Thought)
    ]


def test_a_text_is_judged_apart_as_it_is_here(theirs: Desk, able: Assistants) -> None:
    questions = asked(*range(8))
    there = said(able.judge(questions)())
    assert len(there) == 8
    theirs.warm_up()  # as the other was: until the synonyms are there, a search scores otherwise
    assert there == said(Here(theirs).judge(questions)())


def test_a_payload_is_read_apart_as_it_is_here(theirs: Desk, able: Assistants) -> None:
    payloads = [letter(1), b"no letter", letter(2)]
    there = able.read(MAILBOX, payloads)()
    assert [reading.messages for reading in there] == [each.messages for each in Here(theirs).read(MAILBOX, payloads)()]
    assert [theirs.blobs.get(reading.digest) for reading in there if not reading.problem] == [letter(1), letter(2)]
    problem = there[1].problem
    assert isinstance(problem, UnreadableMessage)
    assert problem.why


def test_an_attachment_read_apart_is_on_disk_and_its_bytes_are_not_sent_back(theirs: Desk, able: Assistants) -> None:
    picture = os.urandom(100_000)
    (reading,) = able.read(MAILBOX, [with_picture(1, picture)])()
    (message,) = reading.messages
    assert isinstance(message, InboundMessage)
    (file,) = message.attachments
    assert (file.content, file.size, theirs.blobs.get(file.blob)) == (None, len(picture), picture)
    assert len(pickle.dumps(reading)) < 10_000


def test_an_assistant_killed_half_way_through_its_answer_is_noticed(
    desk: Desk, assistants: Assistants, kill: Killing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    payloads = [long_letter(number) for number in range(40)]
    here = [reading.messages for reading in Here(desk).read(MAILBOX, payloads)()]
    assert len(pickle.dumps(here)) > 2_000_000  # more than a line holds: whoever sends it waits for whoever reads it
    receive = Connection.recv

    def cut_short(line: Connection) -> Any:
        assert line.poll(60)
        kill()
        return receive(line)

    monkeypatch.setattr(Connection, "recv", cut_short)
    assert [reading.messages for reading in assistants.read(MAILBOX, payloads)()] == here
    assert "Gone" in caplog.text


def test_what_an_assistant_fails_on_is_done_here(
    common: tuple[Desk, Assistants], caplog: pytest.LogCaptureFixture
) -> None:
    _, assistants = common
    nowhere = Account("no such channel", "default")
    with pytest.raises(KeyError):
        assistants.read(nowhere, [letter(1)])()
    assert "KeyError" in caplog.text
    caplog.clear()
    assert len(assistants.read(MAILBOX, [letter(1)])()) == 1
    assert "assistant" not in caplog.text


def test_while_one_assistant_lives_it_is_asked(
    assistants: Assistants, kill: Killing, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(assistants, Apart)
    gone = assistants._free.get()
    assert gone is not None
    gone.dismiss()
    assistants._free.put(gone)
    for _ in range(3):  # whichever is drawn first
        assistants.read(MAILBOX, [letter(1)])()
    caplog.clear()
    for number in range(4):
        assert len(assistants.read(MAILBOX, [letter(number)])()) == 1
    assert caplog.records == []


def test_an_import_does_without_assistants_that_cannot_be_started(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_process: object) -> None:
        raise BlockingIOError

    monkeypatch.setattr(os, "sched_getaffinity", lambda _process: {0, 1})
    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refused)
    with apart(desk) as assistants:
        assert isinstance(assistants, Here)
        assert len(assistants.read(MAILBOX, [letter(1)])()) == 1


def test_a_text_an_assistant_could_not_judge_is_judged_here(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def half(_self: object, _work: object, questions: list[Question]) -> list[Any]:
        return [(questions[0], NotJudged("MemoryError")), *Here(desk).judge(questions[1:])()]

    monkeypatch.setattr(Apart, "_do", half)
    with ThreadPoolExecutor(1) as waiting:
        judged = Apart(desk, [], waiting).judge(asked(0, 1, 2))()
    assert {question.ticket_id for question, answer in judged if isinstance(answer, Thought)} == {"0", "1", "2"}


def test_what_an_assistant_had_in_hand_when_it_died_is_done_here(assistants: Assistants, kill: Killing) -> None:
    reading, judging = assistants.read(MAILBOX, [letter(1)]), assistants.judge(asked(0, 1))
    kill()
    assert len(reading()) == 1
    assert len(said(judging())) == 2
    assert len(said(assistants.judge(asked(2, 3))())) == 2


def test_what_is_taken_with_help_is_filed_to_the_last(theirs: Desk, able: Assistants) -> None:
    report = Report()
    told: list[int] = []
    payloads = [(str(number), letter(number)) for number in range(11)]
    payloads.insert(5, ("broken", b"no letter"))
    take(theirs, MAILBOX, payloads, report, assistants=able, batch=2, told=told.append)
    assert told == [2, 4, 6, 8, 10, 12]
    assert [error["file"] for error in report.errors] == ["broken"]
    with theirs.database.read() as session:
        filed = session.scalars(select(Ticket).where(Ticket.assessed_at.is_not(None), Ticket.category != "")).all()
    received = {receipt.ticket_id for receipt in report.receipts}
    assert len(received) == 11
    assert received <= {ticket.id for ticket in filed}


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
