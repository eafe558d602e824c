"""Random lives of cases (a sample of ``make drill``), and that what is looked for in them would be found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

import packs
from casework import rules
from casework.tables import Callback, Case, Clock, Request, Step, Ticket
from district.pack import District, load
from drills import lives
from drills.invariants import breaches
from storage.audit import AuditRow
from storage.database import Database
from storage.deliveries import Delivery
from tests.unit.casework.conftest import NOW, Bench

LIVES, PARTS = 100, 4
"""On each of both databases, in so many parts."""
LATER = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_done_to_a_case_what_must_hold_of_it_holds(
    database: Database, district: District, part: int
) -> None:
    tally = lives.live(database, district, lives=LIVES // PARTS, first=part * LIVES)
    assert tally.lives == LIVES // PARTS
    assert {"accept", "sign", "answer", "call_back", "merge", "ask", "approve", "refuse"} <= tally.done.keys()
    assert {"WrongState", "NotAllowed", "AlreadyOver", "NeedMissing"} <= tally.refused.keys()


def closed(database: Database, district: District) -> str:
    """A case of one ticket that was answered and called back."""
    with database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    bench = Bench(database, district)
    case_id = bench.answered()
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    return case_id


def _again(session: Session, case: Case) -> None:
    for _ in range(2):
        _run(session, case)


def _run(session: Session, case: Case) -> None:
    began = case.opened_at
    kind = {"name": "answer", "label": "答复", "amount": 5, "unit": "wd", "calendar": "office"}
    due = began + timedelta(days=7)
    session.add(Clock(case_id=case.id, state="running", started_at=began, due_at=due, own_due_at=due, **kind))


def _forge(session: Session, case: Case) -> None:
    row = {"actor": "u", "role": "supervisor", "act": "vanish", "subject": "case", "details": {}}
    session.add(AuditRow(at=case.opened_at, subject_id=case.id, **row))


def _leap(session: Session, case: Case) -> None:
    who = {"actor": "u", "role": "supervisor", "move": "resume", "label": "恢复办理"}
    session.add(Step(at=LATER, case_id=case.id, source="suspended", target="in_progress", **who))


def _returned(case: Case) -> None:
    case.returns = 1


def _asked(session: Session, case: Case) -> None:
    for _ in range(2):
        session.add(Request(case_id=case.id, kind="return", asked_by="u", asked_at=case.opened_at))


PLANTED: list[tuple[str, Callable[[Session, Case], Any], str]] = [
    ("a second clock of a kind", _again, "open clocks of"),
    ("a closed case whose clock runs", _run, "closed with open clocks"),
    ("an act without its audit row", lambda session, _: session.execute(delete(AuditRow)), "without audit rows"),
    ("an audit row of nothing", _forge, "audit rows without acts"),
    ("no result of a callback", lambda session, _: session.execute(delete(Callback)), "without a callback's result"),
    (
        "unreachable after one attempt",
        lambda session, _: session.execute(update(Ticket).values(close_reason="unreachable")),
        "without a callback's result",
    ),
    ("a reporter who was not answered", lambda session, _: session.execute(delete(Delivery)), "was never answered"),
    (
        "an open ticket on a closed case",
        lambda session, _: session.execute(update(Ticket).values(state="on_case", closed_at=None)),
        "closed with open tickets",
    ),
    ("a move from nowhere", _leap, "started from suspended"),
    ("a return nobody approved", lambda _, case: _returned(case), "1 returns, 0 approved"),
    ("two requests of a kind", _asked, "requests of return wait"),
]


@pytest.mark.parametrize(("plant", "found"), [each[1:] for each in PLANTED], ids=[each[0] for each in PLANTED])
def test_what_is_planted_is_found(
    sqlite_database: Database, district: District, plant: Callable[[Session, Case], Any], found: str
) -> None:
    case_id = closed(sqlite_database, district)
    with sqlite_database.read() as session:
        assert breaches(session, district, session.get_one(Case, case_id), now=LATER) == []
    with sqlite_database.write.begin() as session:
        plant(session, session.get_one(Case, case_id))
    with sqlite_database.read() as session:
        told = breaches(session, district, session.get_one(Case, case_id), now=LATER)
    assert any(found in each for each in told), told
