"""A small sample of the officers' drill on both databases; and that what it looks for would be found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

import packs
from api.settings import Settings
from casework import requests
from casework.actors import Actor, Given
from casework.tables import Callback, Case, Request, Step, Ticket, TicketFacts
from district.pack import District, load
from district.schemas import Role
from drills import ledger, officers
from drills.ledger import MARK, Done
from storage.database import Database
from tests.unit.casework.conftest import CALLER, NOW, Bench

OFFICERS, CASES, SECONDS = 8, 40, 4.0
LEAD = f"{MARK}lead"


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


def test_officers_at_once_lose_nothing_and_meet_no_error_of_the_database(database: Database, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(database.url))
    name = database.url.partition(":")[0]
    found = officers.check(name, settings, officers=OFFICERS, cases=CASES, seconds=SECONDS)
    assert {each.kind for each in found.done} >= {"move", "ask", "decide"}
    assert found.refused


def told(bench: Bench) -> list[Done]:
    """An officer signs, a return is asked for and approved, a resident is called; each as the drill would be told."""
    case_id, other = bench.case(), bench.case()
    unit = bench.lead(case_id).unit
    lead, desk = Actor("u-lead", LEAD, Role.UNIT_LEAD, unit), Actor("u-desk", f"{MARK}desk", Role.DISPATCHER)
    caller = Actor(CALLER.id, f"{MARK}caller", CALLER.role)
    asking = Actor("u-asking", f"{MARK}asking", Role.UNIT_LEAD, bench.lead(other).unit)
    signed = bench.do(case_id, "sign", lead)
    assert isinstance(signed, Step)
    answered = bench.do(case_id, "answer", Actor(lead.id, f"{MARK}answer", lead.role, unit), text="已修好")
    bench.call_back(case_id, caller, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    with bench.database.write.begin() as session:
        case = session.get_one(Case, other)
        line = next(iter(bench.district.directory)).line
        given = Given(reason="not_my_duty", proposed_unit=case.lead_unit, directory_line=line)
        request = requests.ask(session, bench.district, case, "return", actor=asking, now=NOW, given=given)
    with bench.database.write.begin() as session:
        requests.decide(
            session, bench.district, session.get_one(Request, request.id), approve=True, actor=desk, now=NOW
        )
    called = bench.look(lambda session: session.scalars(select(Callback.id)).one())
    return [
        Done(lead, "move", "sign", signed.id, case=case_id),
        Done(Actor(lead.id, f"{MARK}answer", lead.role, unit), "move", "answer", answered.id, case=case_id),
        Done(caller, "callback", "call_back", called),
        Done(asking, "ask", "return", request.id, case=other),
        Done(desk, "decide", "approved", request.id, case=other, request_kind="return"),
    ]


PLANTED: list[tuple[str, Callable[[Session], Any], str]] = [
    ("nothing", lambda _: None, ""),
    ("an act without its step", lambda each: each.execute(delete(Step).where(Step.actor_name == LEAD)), "left no step"),
    ("a state written over", lambda each: each.execute(update(Ticket).values(state="told")), "its last move went to"),
    ("a count written over", lambda each: each.execute(update(Case).values(returns=0)), "returns told and not there"),
    (
        "an urging nobody made",
        lambda each: each.execute(update(Ticket).values(urgings=2)),
        "urgings there and not told",
    ),
    ("a callback lost", lambda each: each.execute(delete(Callback)), "callbacks told and not there"),
    (
        "a decision written over",
        lambda each: each.execute(update(Request).values(state="refused")),
        "was told, the request",
    ),
    ("facts written over", lambda each: each.execute(update(TicketFacts).values(accepted=0)), "facts of"),
]


@pytest.mark.parametrize(("plant", "found"), [each[1:] for each in PLANTED], ids=[each[0] for each in PLANTED])
def test_what_is_lost_is_found(
    sqlite_database: Database, district: District, plant: Callable[[Session], Any], found: str
) -> None:
    from casework import rules

    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    done = told(Bench(sqlite_database, district))
    with sqlite_database.write.begin() as session:
        plant(session)
    differences = ledger.differences(sqlite_database, district, done, now=NOW)
    assert any(found in each for each in differences) if found else differences == []


def test_a_step_of_a_refused_act_is_found(sqlite_database: Database, district: District) -> None:
    from casework import rules

    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    done = told(Bench(sqlite_database, district))
    differences = ledger.differences(sqlite_database, district, done[1:], now=NOW)
    assert any("was refused and left a step" in each for each in differences)
