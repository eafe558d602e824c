"""On its review date a suspended case (挂账) is told of, once; until then and after it was taken up again it is not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from casework import requests, reviews
from casework.actors import Given
from casework.tables import Case, Notice, Step
from storage.database import Database

from .conftest import DISPATCHER, NOW, SUPERVISOR, Bench

DAY = date(2026, 4, 20)
CAME = datetime(2026, 4, 19, 16, 0, tzinfo=NOW.tzinfo)
"""Midnight of the day in China."""


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


@pytest.fixture
def suspended(bench: Bench) -> str:
    case_id = bench.case()
    bench.do(case_id, "sign", bench.lead(case_id))
    suspend(bench, case_id, DAY)
    return case_id


def suspend(bench: Bench, case_id: str, day: date, *, now: datetime = NOW) -> None:
    given, lead = Given(reason="待资金计划", review_date=day), bench.lead(case_id)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        asked = requests.ask(session, bench.district, case, "suspension", actor=lead, now=now, given=given)
        requests.decide(session, bench.district, asked, approve=True, actor=SUPERVISOR, now=now)


def check(bench: Bench, now: datetime) -> int:
    with bench.database.write.begin() as session:
        found = reviews.due(session, bench.district, now=now)
        for key in found:
            reviews.tell(session, bench.district, session.get_one(Case, key), now=now)
        return len(found)


def told(bench: Bench) -> list[tuple[str, str]]:
    query = select(Notice).where(Notice.template == reviews.MOVE).order_by(Notice.id)
    return [(each.audience, each.unit) for each in bench.look(lambda session: list(session.scalars(query)))]


def test_the_supervisors_and_the_unit_are_told_when_the_date_comes_and_not_again(bench: Bench, suspended: str) -> None:
    assert check(bench, CAME - timedelta(seconds=1)) == 0
    assert check(bench, CAME) == 1
    assert check(bench, CAME + timedelta(days=3)) == 0
    assert told(bench) == [("supervisor", ""), ("unit", bench.lead(suspended).unit)]
    steps = select(Step).where(Step.case_id == suspended, Step.move == reviews.MOVE)
    assert len(bench.look(lambda session: list(session.scalars(steps)))) == 1
    assert bench.state(suspended) == "suspended"


def test_a_later_date_is_told_of_again(bench: Bench, suspended: str) -> None:
    check(bench, CAME)
    bench.do(suspended, "resume", DISPATCHER, now=CAME)
    assert check(bench, CAME) == 0
    suspend(bench, suspended, DAY + timedelta(days=30), now=CAME)
    assert check(bench, CAME + timedelta(days=30)) == 1


def test_what_was_taken_up_again_before_its_date_is_not_told_of(bench: Bench, suspended: str) -> None:
    bench.do(suspended, "resume", DISPATCHER, now=NOW)
    assert check(bench, CAME) == 0
    with bench.database.write.begin() as session:  # seen as due before it was resumed
        reviews.tell(session, bench.district, session.get_one(Case, suspended), now=CAME)
    assert told(bench) == []
