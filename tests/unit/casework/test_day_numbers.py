"""The day's numbers, the board, the lists and the signs count the same: of many cases, each in some state or other."""

from __future__ import annotations

from random import Random

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import board_behind, board_figures, follow_up_signs, tickets
from casework.board_behind import Behind
from casework.callback_queue import Queue
from casework.callbacks import CALLABLE
from casework.tables import Case, Clock, Ticket
from casework.tickets import OPEN_TICKETS, CaseFilter
from district import formulas

from . import scattered
from .conftest import CALLER, NOW, SUPERVISOR, Bench

CASES = 60


def scatter(bench: Bench, seed: int) -> None:
    """Cases with up to three clocks, and a ticket on most of them."""
    chance = Random(seed)
    resident = bench.look(lambda session: session.get_one(Ticket, bench.ticket())).resident_id
    with bench.database.write.begin() as session:
        for number in range(CASES):
            case = scattered.case(bench.district, chance, number)
            session.add(case)
            session.flush()
            names = chance.sample(("sign", "answer", "callback"), chance.randint(0, 3))
            session.add_all(scattered.clock(chance, case, name) for name in names)
            state = chance.choice((*OPEN_TICKETS, "closed", "withdrawn"))
            on = None if chance.random() < 0.2 else case.id
            urgency = chance.choice(("normal", "emergency"))
            session.add(scattered.ticket(chance, number, resident, on, case.opened_at, state=state, urgency=urgency))


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
        "emergency": sum(
            each.urgency == "emergency" and (each.opened_at >= start or each.state in OPEN_TICKETS)
            for each in all_tickets
        ),
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
    scatter(bench, seed)
    district = bench.district
    with bench.database.read() as session:
        numbers = board_figures.today(session, district, now=NOW)
        assert numbers == reckoned(session, bench)
        assert board_figures.now_figures(session, district, now=NOW).numbers == numbers
        active = CaseFilter(states=board_behind.active_states(district))
        assert _all_pages(session, bench, active) == numbers["open"]
        assert _all_pages(session, bench, CaseFilter(overdue_at=NOW)) == numbers["overdue"]
        assert Queue(session, district, CALLER, now=NOW).count()[0] == numbers["to_call_back"]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_overdue_is_so_for_the_board_and_for_the_follow_up_list(bench: Bench, seed: int) -> None:
    scatter(bench, seed)
    with bench.database.read() as session:
        late = {
            each.case_id for each in session.scalars(select(Clock)) if each.state == "running" and each.due_at < NOW
        }
        board = board_behind.select_cases(bench.district, Behind("overdue"), SUPERVISOR, now=NOW)
        signs = follow_up_signs.all_signs(session, bench.district, SUPERVISOR, now=NOW)
        assert {case.id for case in session.scalars(board)} == late != set()
        assert {sign.subject for sign in signs if sign.reason == "overdue"} == late
