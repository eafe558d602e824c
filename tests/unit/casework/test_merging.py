"""Merging cases and taking tickets out again: every resident stays on exactly one case and is answered by himself."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework import desk_work, merging, requests, supervision_orders
from casework.actors import Actor, Given
from casework.errors import AloneOnCase, MergedAway, MergeRing, NotAllowed, WrongState
from casework.tables import Case, Clock, Notice, Ticket

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, SUPERVISOR, Bench

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}


def merge(bench: Bench, case_id: str, into: str, actor: Actor = DISPATCHER) -> None:
    with bench.database.write.begin() as session:
        case, master = session.get_one(Case, case_id), session.get_one(Case, into)
        merging.merge_case(session, bench.district, case, master, actor=actor, now=bench.now)


def take_out(bench: Bench, ticket_id: str, actor: Actor = DISPATCHER) -> str:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return merging.unmerge(session, bench.district, ticket, actor=actor, now=bench.now, text="不是同一事项").id


def tickets_of(bench: Bench, case_id: str) -> set[str]:
    return bench.look(lambda session: {each.id for each in session.get_one(Case, case_id).tickets})


def test_a_merged_case_is_closed_and_its_residents_are_answered_by_the_master_case(bench: Bench) -> None:
    first, second = bench.case(), bench.case("同一条路上的路灯也不亮")
    moved = tickets_of(bench, second)
    merge(bench, second, first)
    assert (bench.state(second), tickets_of(bench, second)) == ("closed", set())
    assert moved < tickets_of(bench, first)
    open_clocks = select(Clock).where(Clock.case_id == second, Clock.state != "stopped")
    assert bench.look(lambda session: list(session.scalars(open_clocks))) == []
    lead = bench.lead(first)
    bench.do(first, "sign", lead)
    bench.do(first, "answer", lead, text="您好，路灯已修好。")
    assert len(bench.said("answered")) == 2
    bench.call_back(first, **SOLVED)
    assert bench.state(first) == "answered"
    bench.call_back(first, **SOLVED)
    assert bench.state(first) == "closed"


def test_what_was_asked_for_a_merged_case_is_over_with_it(bench: Bench) -> None:
    first, second = bench.case(), bench.case("同一条路上的路灯也不亮")
    bench.do(second, "sign", bench.lead(second))
    with bench.database.write.begin() as session:
        case = session.get_one(Case, second)
        given = Given(reason="malicious", text="同一人反复提交")
        requests.ask(session, bench.district, case, "exclusion", actor=DISPATCHER, now=bench.now, given=given)
    merge(bench, second, first)
    states = bench.look(lambda session: [each.state for each in session.get_one(Case, second).requests])
    assert states == ["lapsed"]


def test_a_merged_case_is_not_worked_on_and_says_where_to(bench: Bench) -> None:
    first, second = bench.case(), bench.case("同一条路上的路灯也不亮")
    merge(bench, second, first)
    number = bench.look(lambda session: session.get_one(Case, first).number)
    with pytest.raises(MergedAway) as refused:
        bench.do(second, "reopen", SUPERVISOR, text="重开")
    assert refused.value.into == number
    with bench.database.write.begin() as session, pytest.raises(MergedAway):
        case = session.get_one(Case, second)
        given = Given(text="重开")
        requests.ask(session, bench.district, case, "reopening", actor=DISPATCHER, now=bench.now, given=given)


@pytest.mark.parametrize("on_both", [False, True])
def test_an_order_goes_with_its_case_unless_one_stands_on_the_master_case(bench: Bench, on_both: bool) -> None:
    first, second = bench.case(), bench.case("同一条路上的路灯也不亮")
    for case_id in (second, first) if on_both else (second,):
        with bench.database.write.begin() as session:
            case = session.get_one(Case, case_id)
            supervision_orders.issue(
                session, bench.district, case, level="yellow", text="请抓紧", actor=SUPERVISOR, now=bench.now
            )
    merge(bench, second, first)

    def standing(session: Session, case_id: str) -> list[str]:
        return [each.state for each in supervision_orders.of_case(session, session.get_one(Case, case_id))]

    assert bench.look(lambda session: standing(session, first)) == ["issued"]
    assert bench.look(lambda session: standing(session, second)) == (["withdrawn"] if on_both else [])


def test_both_units_are_told_of_a_merge(bench: Bench) -> None:
    first, second = bench.case(), bench.case("同一条路上的路灯也不亮")
    merge(bench, second, first)
    told = bench.look(
        lambda session: list(
            session.scalars(select(Notice).where(Notice.template == "case_merged").order_by(Notice.id))
        )
    )
    assert {notice.case_id for notice in told} == {first, second}


def test_two_merges_do_not_close_a_ring(bench: Bench) -> None:
    first, second, third = bench.case(), bench.case("灯不亮"), bench.case("灯坏了两天")
    merge(bench, second, first)
    merge(bench, first, third)
    for ends, of in ((first, second), (third, second), (third, third)):
        with pytest.raises(MergeRing):
            merge(bench, ends, of) if ends == of else merge(bench, ends, second)
    assert tickets_of(bench, third) == {
        each for case_id in (first, second, third) for each in tickets_of(bench, case_id)
    }


def test_only_the_desk_merges_and_only_what_is_under_way(bench: Bench) -> None:
    first, second = bench.case(), bench.answered()
    for actor in (CALLER, AUDITOR, bench.lead(first)):
        with pytest.raises(NotAllowed):
            merge(bench, first, first if actor is CALLER else second, actor)
    for one, other in ((first, second), (second, first)):
        with pytest.raises(WrongState):
            merge(bench, one, other)


def test_a_ticket_taken_out_has_a_case_of_its_own_that_waits_for_dispatch(bench: Bench) -> None:
    case_id, ticket_id = bench.case(), bench.ticket("另一条路的井盖坏了")
    with bench.database.write.begin() as session:
        case, ticket = session.get_one(Case, case_id), session.get_one(Ticket, ticket_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=bench.now)
    own = take_out(bench, ticket_id)
    assert tickets_of(bench, own) == {ticket_id}
    assert ticket_id not in tickets_of(bench, case_id)
    assert (bench.state(own), bench.ticket_state(ticket_id)) == ("open", "on_case")
    clocks = select(Clock.name, Clock.started_at).where(Clock.case_id == own, Clock.state == "running")
    assert bench.look(lambda session: [tuple(row) for row in session.execute(clocks)]) == [("dispatch", bench.now)]


def test_a_ticket_alone_on_its_case_and_one_that_was_answered_stay(bench: Bench) -> None:
    case_id = bench.case()
    (alone,) = tickets_of(bench, case_id)
    with pytest.raises(AloneOnCase):
        take_out(bench, alone)
    with pytest.raises(NotAllowed):
        take_out(bench, alone, CALLER)
    (answered,) = tickets_of(bench, bench.answered())
    with pytest.raises(WrongState):
        take_out(bench, answered, AGENT)
