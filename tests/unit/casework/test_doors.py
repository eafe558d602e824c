"""Every door asks who comes, and acts on one case take turns; what is on record stays right afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import acts, callbacks, desk_work, rates, requests
from casework.actors import Actor, CallbackResult, Given
from casework.errors import (
    CaseworkError,
    DeadlinePassed,
    NotAllowed,
    RequestPending,
    ReviewDatePast,
    UnknownLine,
    UnknownUnit,
    WrongState,
)
from casework.tables import Callback, Case, Request, Ticket, TicketFacts
from district.schemas import Role

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

SOLVED = CallbackResult(True, True, True, "satisfied")
UNSOLVED = CallbackResult(True, True, False, "dissatisfied", "还是不亮")
START, END = NOW - timedelta(days=30), NOW + timedelta(days=60)


def tickets_of(bench: Bench, case_id: str) -> list[str]:
    return bench.look(lambda session: [ticket.id for ticket in session.get_one(Case, case_id).tickets])


def facts_of(bench: Bench, ticket_id: str) -> TicketFacts:
    return bench.look(lambda session: session.get_one(TicketFacts, ticket_id))


def ask(bench: Bench, case_id: str, kind: str, actor: Actor, *, now: object = NOW, **given: object) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        return requests.ask(session, bench.district, case, kind, actor=actor, now=now, given=Given(**given)).id  # type: ignore[arg-type]


def decide(bench: Bench, key: str, actor: Actor, *, approve: bool = True) -> None:
    with bench.database.write.begin() as session:
        found = requests.get(session, key)
        requests.decide(session, bench.district, found, approve=approve, actor=actor, now=NOW)


def a_return(bench: Bench, case_id: str) -> dict[str, str]:
    lead = bench.look(lambda session: session.get_one(Case, case_id).lead_unit)
    other = next(unit.code for unit in bench.district.units if unit.kind == "bureau" and unit.code != lead)
    return {"reason": "not_my_duty", "text": "不属于本单位职责", "proposed_unit": other, "directory_line": "DL-0001"}


@pytest.mark.parametrize("who", ["officer", "auditor", "caller"])
def test_nobody_but_the_desk_accepts_or_corrects_a_suggestion(bench: Bench, who: str) -> None:
    case_id = bench.case()
    actor = {"officer": bench.lead(case_id, Role.UNIT_OFFICER), "auditor": AUDITOR, "caller": CALLER}[who]
    for ticket_id in (tickets_of(bench, case_id)[0], bench.ticket("另一件事")):
        with bench.database.write.begin() as session, pytest.raises(NotAllowed):
            found = session.get_one(Ticket, ticket_id)
            desk_work.accept(session, bench.district, found, actor=actor, now=NOW, request_type="表扬")


def test_a_suggestion_is_not_accepted_once_its_case_is_in_hand(bench: Bench) -> None:
    ticket_id = tickets_of(bench, bench.case())[0]
    with bench.database.write.begin() as session, pytest.raises(WrongState):
        found = session.get_one(Ticket, ticket_id)
        desk_work.accept(session, bench.district, found, actor=DISPATCHER, now=NOW, category=found.category)


@pytest.mark.parametrize("result", [CallbackResult(False), UNSOLVED, SOLVED])
def test_only_who_may_call_back_records_a_callback(bench: Bench, result: CallbackResult) -> None:
    case_id = bench.answered()
    for actor in (AUDITOR, AGENT, Actor("x", "另一单位", Role.UNIT_OFFICER, "U002")):
        with bench.database.write.begin() as session, pytest.raises(CaseworkError):
            ticket = session.get_one(Ticket, tickets_of(bench, case_id)[0])
            callbacks.record(session, bench.district, ticket, result, actor=actor, now=NOW)
    assert bench.look(lambda session: session.scalars(select(Callback)).all()) == []
    assert bench.state(case_id) == "answered"


def at_once(bench: Bench, *acts: Callable[[Session], object]) -> list[BaseException | None]:
    """Run each act in a thread and a transaction of its own, as close together as can be."""
    gate, ends = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[Session], object]) -> None:
        try:
            gate.wait()
            with bench.database.write.begin() as session:
                act(session)
        except BaseException as error:
            ends[number] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends  # type: ignore[return-value]


def test_of_two_officers_acting_at_once_one_wins_and_the_other_is_told(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)

    def sign(session: Session) -> object:
        return acts.perform(session, bench.district, session.get_one(Case, case_id), "sign", actor=lead, now=NOW)

    ends = at_once(bench, sign, sign)
    assert [type(end) for end in ends if end is not None] == [WrongState]
    assert bench.state(case_id) == "in_progress"


def test_two_callbacks_at_once_close_the_case_they_share(bench: Bench) -> None:
    case_id = bench.case()
    second = bench.ticket("路灯又不亮了")
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="已修好")

    def call(ticket_id: str) -> Callable[[Session], object]:
        return lambda session: callbacks.record(
            session, bench.district, session.get_one(Ticket, ticket_id), SOLVED, actor=CALLER, now=NOW
        )

    assert at_once(bench, *(call(each) for each in tickets_of(bench, case_id))) == [None, None]
    assert bench.state(case_id) == "closed"


def test_of_two_requests_of_a_kind_at_once_one_is_made(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)

    def extend(session: Session) -> object:
        case = session.get_one(Case, case_id)
        return requests.ask(
            session, bench.district, case, "extension", actor=lead, now=NOW, given=Given(reason="材料在途")
        )

    ends = at_once(bench, extend, extend)
    assert sorted(type(end) for end in ends if end) == [RequestPending]
    assert len(bench.look(lambda session: session.scalars(select(Request)).all())) == 1


def test_of_two_deciders_at_once_one_extends_the_clock_once(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    key = ask(bench, case_id, "extension", lead, reason="材料在途")

    def approve(session: Session) -> object:
        found = requests.get(session, key)
        return requests.decide(session, bench.district, found, approve=True, actor=SUPERVISOR, now=NOW)

    ends = at_once(bench, approve, approve)
    assert len([end for end in ends if end is None]) == 1
    clock = bench.look(lambda session: next(c for c in session.get_one(Case, case_id).clocks if c.name == "answer"))
    assert clock.extra == clock.amount


def test_an_approved_exclusion_shows_in_the_facts_of_a_closed_case(bench: Bench) -> None:
    case_id = bench.answered()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, tickets_of(bench, case_id)[0])
        callbacks.record(session, bench.district, ticket, SOLVED, actor=CALLER, now=NOW)
    decide(bench, ask(bench, case_id, "exclusion", DISPATCHER, reason="malicious", text="恶意重复"), SUPERVISOR)
    assert facts_of(bench, tickets_of(bench, case_id)[0]).excluded == 1


def test_a_request_names_a_unit_and_a_line_that_exist(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    whole = a_return(bench, case_id)
    with pytest.raises(UnknownUnit):
        ask(bench, case_id, "return", lead, **(whole | {"proposed_unit": "乱写单位"}))
    with pytest.raises(UnknownLine):
        ask(bench, case_id, "return", lead, **(whole | {"directory_line": "DL-9999"}))
    by_name = bench.district.units.get(whole["proposed_unit"]).name
    key = ask(bench, case_id, "return", lead, **(whole | {"proposed_unit": by_name}))
    assert bench.look(lambda session: session.get_one(Request, key).proposed_unit) == whole["proposed_unit"]


def test_a_request_lapses_when_its_matter_is_over(bench: Bench) -> None:
    case_id = bench.case()
    first = bench.lead(case_id)
    key = ask(bench, case_id, "return", first, **a_return(bench, case_id))
    bench.do(case_id, "recall", DISPATCHER, text="派错了")
    assert bench.look(lambda session: session.get_one(Request, key).state) == "lapsed"
    bench.do(case_id, "dispatch", DISPATCHER, unit=str(a_return(bench, case_id)["proposed_unit"]), text="改派")
    second = bench.lead(case_id)
    assert ask(bench, case_id, "return", second, **a_return(bench, case_id))
    assert bench.look(lambda session: session.get_one(Case, case_id).returns) == 0


def test_an_extension_is_asked_before_the_deadline(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    with pytest.raises(DeadlinePassed):
        ask(bench, case_id, "extension", lead, now=NOW + timedelta(days=20), reason="材料在途")


def test_a_review_date_lies_ahead(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    with pytest.raises(ReviewDatePast):
        ask(bench, case_id, "suspension", lead, reason="资金未到", review_date=date(2026, 3, 24))


def test_a_return_counts_to_the_unit_it_was_first_dispatched_to(bench: Bench) -> None:
    case_id = bench.case()
    first = bench.lead(case_id)
    other = a_return(bench, case_id)["proposed_unit"]
    decide(bench, ask(bench, case_id, "return", first, **a_return(bench, case_id)), DISPATCHER)
    bench.do(case_id, "dispatch", DISPATCHER, unit=other, text="按退单建议改派")
    table = bench.look(lambda session: rates.compute(session, bench.district, start=START, end=END))
    returned = {row.key: row.rates["return_rate"] for row in table.rows}
    assert (returned[first.unit].numerator, returned[first.unit].denominator) == (1, 1)
    assert (returned[other].numerator, returned[other].denominator) == (0, 0)
    assert table.pooled.rates["return_rate"].numerator == 1


def test_handing_down_ones_own_tree_keeps_the_first_dispatch_right(bench: Bench) -> None:
    street = bench.district.units.streets[0].code
    case_id = bench.case()
    bench.do(case_id, "recall", DISPATCHER, text="改派街道")
    with bench.database.write.begin() as session:
        session.get_one(Case, case_id).first_unit = ""
    bench.do(case_id, "dispatch", DISPATCHER, unit=street, text="由街道办理")
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(
        case_id, "sub_dispatch", lead, unit=next(unit.code for unit in bench.district.units if unit.parent == street)
    )
    assert facts_of(bench, tickets_of(bench, case_id)[0]).first_dispatch_right == 1


def test_a_closed_tickets_figures_stand_when_another_reporter_causes_rework(bench: Bench) -> None:
    case_id = bench.case()
    second = bench.ticket("路灯又不亮了")
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="已修好")
    content, discontent = tickets_of(bench, case_id)
    for ticket_id, result in ((content, SOLVED), (discontent, UNSOLVED)):
        with bench.database.write.begin() as session:
            callbacks.record(session, bench.district, session.get_one(Ticket, ticket_id), result, actor=CALLER, now=NOW)
    late = NOW + timedelta(days=40)
    bench.do(case_id, "answer", lead, now=late, text="再次修好")
    assert (facts_of(bench, content).answered, facts_of(bench, content).on_time) == (1, 1)
    assert (facts_of(bench, discontent).overdue, facts_of(bench, discontent).ever_answered) == (1, 1)


def test_the_rework_rate_counts_a_case_in_rework_once_below(bench: Bench) -> None:
    for result in (SOLVED, UNSOLVED):
        case_id = bench.answered()
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, tickets_of(bench, case_id)[0])
            callbacks.record(session, bench.district, ticket, result, actor=CALLER, now=NOW)
    pooled = bench.look(lambda session: rates.compute(session, bench.district, start=START, end=END)).pooled
    assert (pooled.rates["rework_rate"].numerator, pooled.rates["rework_rate"].denominator) == (1, 2)


def test_time_a_clock_stood_still_is_held_against_nobody(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    decide(bench, ask(bench, case_id, "suspension", lead, reason="资金未到", review_date=date(2026, 6, 1)), SUPERVISOR)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, tickets_of(bench, case_id)[0])
        desk_work.move(session, bench.district, ticket, "withdraw", actor=AGENT, now=NOW + timedelta(days=60))
    assert facts_of(bench, tickets_of(bench, case_id)[0]).overdue == 0


def test_an_emergencys_own_case_can_join_another_and_is_closed(bench: Bench) -> None:
    from triage.assessment import Urgency

    first, second = (bench.ticket("煤气味很大", urgency=Urgency("emergency", ("煤气味",))) for _ in range(2))
    own, target = (bench.look(lambda session, key=key: session.get_one(Ticket, key).case_id) for key in (second, first))
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, target)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    assert (bench.state(own), bench.state(target)) == ("closed", "open")
    assert sorted(tickets_of(bench, target)) == sorted([first, second])


def test_a_hard_case_is_counted_by_its_column_from_where_its_clocks_began(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    before = bench.look(lambda session: next(c for c in session.get_one(Case, case_id).clocks if c.name == "answer"))
    decide(bench, ask(bench, case_id, "hard", lead, text="涉及多家产权单位"), DISPATCHER)
    after = bench.look(lambda session: next(c for c in session.get_one(Case, case_id).clocks if c.name == "answer"))
    assert (before.amount, after.amount, after.started_at) == (5, 15, before.started_at)
    assert after.due_at > before.due_at


def test_a_case_stays_as_it_was_while_a_request_to_move_it_is_pending(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        case_id = desk_work.accept(session, bench.district, found, actor=AGENT, now=NOW).id
    other = a_return(bench, case_id)["proposed_unit"]
    ask(bench, case_id, "override", AGENT, text="目录单位搬迁", proposed_unit=other)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.lead_unit, case.dispatched_at) == ("open", "", None)


def test_a_case_whose_tickets_were_all_withdrawn_is_not_reopened(bench: Bench) -> None:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, tickets_of(bench, case_id)[0])
        desk_work.move(session, bench.district, ticket, "withdraw", actor=AGENT, now=NOW)
    with pytest.raises(WrongState):
        bench.do(case_id, "reopen", SUPERVISOR, text="再查")
