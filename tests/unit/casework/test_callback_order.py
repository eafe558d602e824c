"""The callback queue's order as the database makes it is the rule's; many who wait do not mean many rows read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from casework import callback_order, wishes
from casework.actors import Actor
from casework.callback_queue import Queue
from casework.callbacks import CALLABLE, ON_THE_SPOT
from casework.resident_tables import Resident
from casework.tables import Callback, Case, CaseUnit, Clock, Step, Ticket
from district.schemas import Role
from storage.database import new_id

from . import scattered
from .conftest import CALLER, NOW, SUPERVISOR, Bench

OF_A_UNIT = Actor("u-own", "借调回访员", Role.CALLBACK_AGENT, "U001")
WISHES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"hearing": True},
    {"no_calls": {"from": "22:00", "until": "08:00"}},
    {"no_calls": {"from": "08:00", "until": "11:00"}},
    {"no_calls": {"from": "20:30", "until": "09:31"}},
    {"no_calls": {"from": "09:30", "until": "10:00"}},
)
HOUR = timedelta(hours=1)
MOMENTS = {
    "09:30": NOW,
    "10:00": NOW + timedelta(minutes=30),
    "08:10": datetime(2026, 3, 24, 0, 10, tzinfo=UTC),
    "noon": datetime(2026, 3, 24, 4, 10, tzinfo=UTC),
    "22:00": datetime(2026, 3, 24, 14, 0, tzinfo=UTC),
}


def wait(bench: Bench, seed: int, many: int, *, first: int = 0) -> None:
    """So many who wait, and half as many who do not: with and without case and clock, tried or not, somebody's own."""
    chance = Random(seed)
    with bench.database.write.begin() as session:
        for number in range(first, first + many * 3 // 2):
            wished = chance.choice(WISHES)
            resident = Resident(id=new_id(), name="刘先生", wishes=wished, created_at=NOW)
            state = chance.choice(CALLABLE) if number < first + many else "closed"
            case = None
            if state != "answered_directly":
                case = scattered.case(bench.district, chance, number, state="answered", reworks=chance.randint(0, 2))
            session.add_all([resident, *([case] if case is not None else [])])
            session.flush()
            opened = NOW - chance.randint(1, 90) * HOUR
            on = case.id if case is not None else None
            ticket = scattered.ticket(chance, number, resident.id, on, opened, state=state)
            session.add(ticket)
            session.flush()
            _beside(session, chance, ticket, case)


def _beside(session: Session, chance: Random, ticket: Ticket, case: Case | None) -> None:
    for _ in range(chance.choice((0, 0, 0, 1, 2))):
        at = NOW - timedelta(minutes=chance.randint(-40, 240))
        session.add(Callback(ticket_id=ticket.id, round=chance.randint(1, 3), at=at, by="u-x", reached=False))
    his = {"actor": CALLER.id, "role": "callback_agent", "at": NOW, "label": "一步"}
    if case is None:
        if chance.random() < 0.1:
            session.add(Step(ticket_id=ticket.id, move=ON_THE_SPOT, **his))
        return
    if chance.random() < 0.7:
        session.add(scattered.clock(chance, case, callback_order.CLOCK))
    if chance.random() < 0.1:
        session.add(Step(case_id=case.id, move="sign", **(his | {"role": "unit_officer"})))
    if chance.random() < 0.1:
        case.answered_by = CALLER.id
    session.add(CaseUnit(case_id=case.id, unit=chance.choice(("U001", "U002")), part="lead"))


def reckoned(session: Session, bench: Bench, actor: Actor, now: datetime) -> list[tuple[str, bool]]:
    """The rule, ticket by ticket: the ids in the queue's order, and whether each may be called now."""
    zone, pack, places = bench.district.calendars.zone, bench.district.callback, []
    for ticket in session.scalars(select(Ticket)):
        if ticket.state not in CALLABLE or _is_own(session, ticket, actor):
            continue
        this_round = ticket.case.reworks + 1 if ticket.case is not None else 1
        tries = session.scalars(select(Callback).where(Callback.ticket_id == ticket.id))
        missed = [each.at.astimezone(zone) for each in tries if not each.reached and each.round == this_round]
        local = now.astimezone(zone)
        at = pack.callable_from(local, missed, partial(wishes.may_call, ticket.resident.wishes))
        later = at > local
        due = _due(session, bench, ticket)
        by_due = not later or at == pack.opening(local)
        places.append((later, at if later else due, due if by_due else at, ticket.id))
    return [(key, not later) for later, _, _, key in sorted(places)]


def _is_own(session: Session, ticket: Ticket, actor: Actor) -> bool:
    steps = [each for each in session.scalars(select(Step)) if each.actor == actor.id]
    spoken = any(each.ticket_id == ticket.id and each.move == ON_THE_SPOT for each in steps)
    if ticket.case is None:
        return spoken
    handled = any(each.case_id == ticket.case_id and each.role == "unit_officer" for each in steps)
    answered = ticket.case.answered_by == actor.id
    return spoken or handled or answered or any(part.unit == actor.unit for part in ticket.case.units)


def _due(session: Session, bench: Bench, ticket: Ticket) -> datetime:
    clocks = session.scalars(select(Clock).where(Clock.case_id == ticket.case_id)).all() if ticket.case_id else []
    running = [each.due_at for each in clocks if each.state != "stopped"]
    if running:
        return running[0]
    hard = ticket.case is not None and ticket.case.hard
    rules = bench.district.clocks
    column = rules.column(urgency=ticket.urgency, hard=hard, request_type=ticket.request_type)
    assert ticket.told_at is not None or ticket.state == "closed"
    return bench.district.calendars.add(ticket.told_at or ticket.opened_at, rules.allowance("callback", column)).due_at


@pytest.mark.parametrize("different_hours", [True, False])
@pytest.mark.parametrize("actor", [CALLER, OF_A_UNIT, SUPERVISOR], ids=lambda actor: actor.id)
@pytest.mark.parametrize("seed", range(2))
def test_the_order_is_the_rules_at_any_hour_and_page(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, seed: int, actor: Actor, different_hours: bool
) -> None:
    monkeypatch.setattr(callback_order, "BATCH", 7)
    rules = bench.district.callback.model_copy(update={"different_hours": different_hours})
    bench.district = replace(bench.district, callback=rules)
    wait(bench, seed, 80)
    with bench.database.read() as session:
        for now in MOMENTS.values():
            queue, whole = Queue(session, bench.district, actor, now=now), reckoned(session, bench, actor, now)
            keys = [key for key, _ in whole]
            pages = [queue.page(start=start, limit=25) for start in range(0, len(keys) + 25, 25)]
            assert [(each.ticket.id, each.from_at is None) for page in pages for each in page] == whole
            assert queue.count() == (len(whole), sum(ready for _, ready in whole))
            assert [each.ticket.id for each in queue.page(after=keys[30], limit=10)] == keys[31:41]
            assert [each.ticket.id for each in queue.page(after=new_id(), limit=10)] == keys[:10]
            following = queue.following()
            assert (following.ticket.id if following else None) == (keys[0] if whole[0][1] else None)


@contextmanager
def counted(session: Session) -> Iterator[Counter[str]]:
    """The statements that are run and the rows that are fetched, on SQLite."""
    read: Counter[str] = Counter()

    def ran(*_: object) -> None:
        read["statements"] += 1

    def fetched(_: object, row: tuple[Any, ...]) -> tuple[Any, ...]:
        read["rows"] += 1
        return row

    bind = session.get_bind()
    connection: Any = session.connection().connection.dbapi_connection
    event.listen(bind, "before_cursor_execute", ran)
    connection.row_factory = fetched
    try:
        yield read
    finally:
        connection.row_factory = None
        event.remove(bind, "before_cursor_execute", ran)


def read_for_the_desk(bench: Bench, waiting: int) -> Counter[str]:
    """What the page, its counts and the next one to call read."""
    with bench.database.read() as session, counted(session) as read:
        queue = Queue(session, bench.district, CALLER, now=NOW)
        assert (len(queue.page(limit=20)), queue.following() is not None) == (20, True)
        total, ready = queue.count()
        assert waiting // 3 < ready < total <= waiting
    return read


def test_many_who_wait_do_not_mean_many_rows_read(sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback_order, "BATCH", 25)
    wait(sqlite_bench, 1, 300)
    few = read_for_the_desk(sqlite_bench, 300)
    wait(sqlite_bench, 2, 1200, first=1000)
    many = read_for_the_desk(sqlite_bench, 1500)
    assert few["rows"] > 60, "of twenty tickets alone with case and resident"
    assert many["rows"] < few["rows"] + 100
    assert many["statements"] <= few["statements"] + 2
