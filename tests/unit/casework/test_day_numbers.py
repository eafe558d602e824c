"""The day's numbers, the board, the lists and the signs count the same: of many cases, each in some state or other."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import board_behind, board_figures, callback_queue, follow_up_signs, tickets
from casework.board_behind import Behind
from casework.callbacks import CALLABLE
from casework.tables import Case, Clock, Ticket
from casework.tickets import OPEN_TICKETS, CaseFilter
from district import formulas
from storage.database import new_id

from .conftest import CALLER, NOW, SUPERVISOR, Bench

CASES = 60
HOUR = timedelta(hours=1)


def scattered(bench: Bench, seed: int) -> None:
    """Cases in any state, with clocks in any state, due before or after now; a ticket on each, and some on none."""
    chance = random.Random(seed)
    resident = bench.look(lambda session: session.get_one(Ticket, bench.ticket())).resident_id
    with bench.database.write.begin() as session:
        for number in range(CASES):
            opened = NOW - chance.randint(0, 60) * HOUR
            case = _case(bench, chance, number, opened)
            session.add(case)
            session.flush()
            for name in chance.sample(("sign", "answer", "callback"), chance.randint(0, 3)):
                session.add(_clock(chance, case, name))
            hangs = None if chance.random() < 0.2 else case.id
            session.add(_ticket(chance, number, opened, hangs, resident))


def _case(bench: Bench, chance: random.Random, number: int, opened: datetime) -> Case:
    return Case(
        id=new_id(),
        number=f"B-{number}",
        state=chance.choice(list(bench.district.workflow.case.states)),
        rule_version=bench.district.rule_version,
        category="010101",
        request_type="投诉",
        urgency=chance.choice(("normal", "urgent")),
        opened_at=opened,
    )


def _clock(chance: random.Random, case: Case, name: str) -> Clock:
    due = NOW + chance.randint(-30, 30) * HOUR
    return Clock(
        case_id=case.id,
        name=name,
        label=name,
        state=chance.choice(("running", "paused", "stopped")),
        amount=2,
        unit="wd",
        calendar="desk",
        started_at=case.opened_at,
        due_at=due,
        own_due_at=due,
    )


def _ticket(chance: random.Random, number: int, opened: datetime, case_id: str | None, resident: str) -> Ticket:
    state = chance.choice((*OPEN_TICKETS, "closed", "withdrawn"))
    return Ticket(
        number=f"T-{number}",
        code=f"C-{number}",
        state=state,
        channel="wechat",
        account="main",
        sender="o-1",
        resident_id=resident,
        case_id=case_id,
        opened_at=opened,
        last_message_at=opened,
        told_at=opened + HOUR if state in CALLABLE else None,
        closed_at=min(opened + chance.randint(0, 40) * HOUR, NOW) if state == "closed" else None,
    )


def reckoned(session: Session, bench: Bench) -> dict[str, int]:
    """The numbers by looking at every row."""
    zone = bench.district.calendars.zone
    start, _ = formulas.day_span(
        formulas.assessment_day(NOW, bench.district.formulas, zone), bench.district.formulas, zone
    )
    cases, all_tickets = session.scalars(select(Case)).all(), session.scalars(select(Ticket)).all()
    late = {each.case_id for each in session.scalars(select(Clock)) if each.state == "running" and each.due_at < NOW}
    return {
        "in": sum(each.opened_at >= start for each in all_tickets),
        "closed": sum(each.closed_at is not None and each.closed_at >= start for each in all_tickets),
        "open": sum(each.state in ("open", "dispatched", "in_progress") for each in cases),
        "overdue": len(late),
        "emergency": 0,
        "to_call_back": sum(each.state in CALLABLE for each in all_tickets),
    }


def _all_pages(session: Session, bench: Bench, chosen: CaseFilter) -> int:
    found, after = 0, ""
    while True:
        page = tickets.list_cases(session, bench.district, SUPERVISOR, chosen, after=after, limit=7)
        found, after = found + len(page.items), page.next
        if not after:
            return found


@pytest.mark.parametrize("seed", range(4))
def test_whoever_counts_them_counts_the_same(bench: Bench, seed: int) -> None:
    scattered(bench, seed)
    district = bench.district
    with bench.database.read() as session:
        numbers = board_figures.today(session, district, now=NOW)
        assert numbers == reckoned(session, bench)
        assert board_figures.now_figures(session, district, now=NOW).numbers == numbers
        active = CaseFilter(states=board_behind.active_states(district))
        assert _all_pages(session, bench, active) == numbers["open"]
        assert _all_pages(session, bench, CaseFilter(overdue_at=NOW)) == numbers["overdue"]
        assert len(callback_queue.queue(session, district, CALLER, now=NOW)) == numbers["to_call_back"]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_overdue_is_so_for_the_board_and_for_the_follow_up_list(bench: Bench, seed: int) -> None:
    scattered(bench, seed)
    with bench.database.read() as session:
        late = {
            each.case_id for each in session.scalars(select(Clock)) if each.state == "running" and each.due_at < NOW
        }
        board = board_behind.select_cases(bench.district, Behind("overdue"), SUPERVISOR, now=NOW)
        signs = follow_up_signs.all_signs(session, bench.district, SUPERVISOR, now=NOW)
        assert {case.id for case in session.scalars(board)} == late != set()
        assert {sign.subject for sign in signs if sign.reason == "overdue"} == late
