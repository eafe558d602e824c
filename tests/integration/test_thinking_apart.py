"""Triage in processes of its own: it judges as this process does, and whatever becomes of it no ticket waits for it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import judging, pipeline, thinking_apart
from api.desk import Desk
from api.judging import Judged, Question, Thought
from api.models import promote
from api.settings import Settings
from api.thinking_apart import ThinkingApart
from casework.tables import Ticket
from channels.message import Account
from drills.payloads import letter, words
from tests.conftest import SmallDesk
from tests.integration.stored_models import as_version, in_use
from triage.assessment import Context

MAILBOX = Account("mailbox", "default")


Opening = Callable[[int], Desk]


@pytest.fixture
def opening(small_desk: SmallDesk, tmp_path: Path) -> Opening:
    """Opens a desk that thinks in so many processes."""

    def opened(think_apart: int) -> Desk:
        home = shutil.copytree(small_desk.home, tmp_path / "home")
        return Desk(Settings(home=home, pack=str(small_desk.pack), think_apart=think_apart, _env_file=None))  # type: ignore[call-arg]

    return opened


@pytest.fixture
def desk(opening: Opening) -> Iterator[Desk]:
    made = opening(1)
    yield made
    made.close()


def until(true: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)


def apart(desk: Desk) -> ThinkingApart:
    """The thinker's processes, loaded."""
    desk.thinker.prepare()
    found = desk.thinker._apart
    assert found is not None
    until(lambda: found.ready)
    return found


def pids(of: ThinkingApart) -> list[int]:
    return [assistant.pid for assistant in of._ready if assistant.pid is not None]


def said(judged: Judged) -> list[Any]:
    """The answers, without the time they took."""
    return [
        (question, replace(found, assessment=replace(found.assessment, took_ms=0)))
        for question, found in judged
        if isinstance(found, Thought)
    ]


def model_of(judged: Judged) -> str:
    ((_, found),) = said(judged)
    return str(found.assessment.model)


def asked(*numbers: int, channel: str = "telegram") -> list[Question]:
    return [Question(str(number), words(number), Context(channel=channel)) for number in numbers]


def received(desk: Desk, *numbers: int) -> list[str]:
    return [pipeline.receive(desk, MAILBOX, letter(number)).receipts[0].ticket_id for number in numbers]


def judged_tickets(desk: Desk) -> set[str]:
    with desk.database.read() as session:
        return set(session.scalars(select(Ticket.id).where(Ticket.assessed_at.is_not(None))))


def test_a_ticket_is_judged_apart_as_it_is_here(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    there = said(apart(desk).judge(asked(*range(6))))
    assert len(there) == 6
    assert caplog.records == []  # which would tell that it was judged here after all
    desk.warm_up()  # as the other was: until the synonyms are there, a search scores otherwise
    for one, other in zip(there, said(judging.judge(desk, asked(*range(6)))), strict=True):
        assert one == other


def test_a_process_that_is_killed_costs_no_ticket_and_is_started_anew(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    judges = apart(desk)
    (first,) = pids(judges)
    os.kill(first, signal.SIGSTOP)  # it has the questions in hand and does not answer
    tickets = received(desk, 1, 2, 3)
    futures = [desk.thinker.submit(ticket_id) for ticket_id in tickets]
    until(lambda: not judges._free)
    os.kill(first, signal.SIGKILL)
    for future in futures:
        future.result(timeout=60)
    assert judged_tickets(desk) >= set(tickets)
    assert "are judged here" in caplog.text
    until(lambda: judges.ready and pids(judges) != [first])
    caplog.clear()
    assert len(said(judges.judge(asked(7)))) == 1
    assert caplog.records == []


def test_a_process_that_does_not_answer_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judges = apart(desk)
    (first,) = pids(judges)
    monkeypatch.setattr(thinking_apart, "LATE", 0.3)
    os.kill(first, signal.SIGSTOP)
    assert len(said(judges.judge(asked(1)))) == 1
    until(lambda: not Path(f"/proc/{first}").exists())


def test_nobody_waits_for_a_process_that_is_not_loaded(desk: Desk) -> None:
    desk.warm_up()
    tickets = received(desk, 1)
    desk.thinker.submit(tickets[0]).result(timeout=60)
    assert judged_tickets(desk) >= set(tickets)


def test_another_promoted_model_is_taken_up(desk: Desk) -> None:
    judges = apart(desk)
    first = in_use(desk)
    second = as_version(desk, "2031-05-06.1").name
    assert model_of(judges.judge(asked(1))) == first
    promote(desk, second)
    assert model_of(judges.judge(asked(1))) == second


def test_closing_the_desk_leaves_no_process(opening: Opening) -> None:
    before = set(multiprocessing.active_children())
    desk = opening(2)
    desk.thinker.prepare()  # and not waited for: they may still be loading
    judges = desk.thinker._apart
    assert judges is not None
    until(lambda: len(judges._all) == 2)
    left = [assistant.pid for assistant in judges._all]
    desk.close()
    assert set(multiprocessing.active_children()) == before
    assert not any(Path(f"/proc/{pid}").exists() for pid in left)


def test_without_the_setting_no_process_is_started(opening: Opening) -> None:
    before = set(multiprocessing.active_children())
    desk = opening(0)
    desk.thinker.prepare()
    desk.thinker.submit(received(desk, 1)[0]).result(timeout=60)
    assert set(multiprocessing.active_children()) == before
    desk.close()
