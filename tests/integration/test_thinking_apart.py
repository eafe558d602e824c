"""Triage in processes of its own: it judges as this process does, and whatever becomes of it no ticket waits for it."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api import judging, pipeline, thinking_apart
from api.desk import Desk
from api.judging import Thought
from api.models import promote
from api.settings import Settings
from api.thinking_apart import ThinkingApart
from casework.tables import Ticket
from channels.message import Account
from drills.payloads import letter
from tests.conftest import SmallDesk
from tests.integration.stored_models import as_version, in_use

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


def received(desk: Desk, *numbers: int) -> list[str]:
    return [pipeline.receive(desk, MAILBOX, letter(number)).receipts[0].ticket_id for number in numbers]


def suggested(desk: Desk, ticket_ids: Sequence[str]) -> list[Any]:
    """What was suggested for each of the tickets, without the time it took."""
    with desk.database.read() as session:
        found = [session.get_one(Ticket, each).suggestion for each in ticket_ids]
    return [{name: value for name, value in each.items() if name != "took_ms"} for each in found]


def model_of(desk: Desk, ticket_ids: Sequence[str]) -> str:
    return str(suggested(desk, ticket_ids)[0]["model"])


def judged_tickets(desk: Desk) -> set[str]:
    with desk.database.read() as session:
        return set(session.scalars(select(Ticket.id).where(Ticket.assessed_at.is_not(None))))


def test_a_ticket_is_judged_and_filed_apart_as_it_is_here(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    judges, tickets = apart(desk), received(desk, *range(6))
    desk.warm_up()  # as the other was: until the synonyms are there, a search scores otherwise
    here = [found for _, found in judging.judge(desk, judging.questions(desk, tickets))]
    expected = [found.assessment.as_json() for found in here if isinstance(found, Thought)]
    assert judges.assess(tickets)
    assert caplog.records == []
    assert judged_tickets(desk) >= set(tickets)
    for one, other in zip(suggested(desk, tickets), expected, strict=True):
        assert one == {name: value for name, value in other.items() if name != "took_ms"}


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
    assert judges.assess(received(desk, 7))
    assert caplog.records == []


def test_a_process_that_does_not_answer_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judges = apart(desk)
    (first,) = pids(judges)
    monkeypatch.setattr(thinking_apart, "LATE", 0.3)
    os.kill(first, signal.SIGSTOP)
    assert not judges.assess(received(desk, 1))
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
    before, after = received(desk, 1), received(desk, 2)
    assert judges.assess(before)
    assert model_of(desk, before) == first
    promote(desk, second)
    assert judges.assess(after)
    assert model_of(desk, after) == second


def test_closing_the_desk_leaves_no_process(opening: Opening) -> None:
    before = set(multiprocessing.active_children())
    desk = opening(2)
    desk.thinker.prepare()  # and not waited for: they may still be loading
    judges = desk.thinker._apart
    assert judges is not None
    until(lambda: all(kept.now for kept in judges._kept))
    left = [kept.now.pid for kept in judges._kept if kept.now is not None]
    assert len(left) == 2
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
