"""How matters end, and how they begin again: direct answers, arbitration, overrides, reopening, merging."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from casework import callbacks, desk_work, requests, tickets
from casework.actors import Actor, CallbackResult, Given
from casework.errors import NeedMissing, NotAllowed, WrongState
from casework.tables import Case, Request, Step, Ticket, TicketFacts
from casework.tickets import TicketFilter
from district.pack import District
from district.schemas import Role
from storage.database import Database

from .conftest import AGENT, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
UNSOLVED = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied", "text": "还是不亮"}


def drawing(database: Database, district: District, share: Decimal) -> Bench:
    """A bench whose pack calls this share of the directly answered back."""
    workflow = district.workflow.model_copy(update={"direct_callback_share": share})
    return Bench(database, replace(district, workflow=workflow))


def answer_directly(bench: Bench) -> str:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        given = Given(text="请带身份证到窗口办理。")
        desk_work.move(session, bench.district, ticket, "answer_directly", actor=AGENT, now=NOW, given=given)
    assert any("带身份证" in delivery.text for delivery in bench.said())
    return ticket_id


def test_a_direct_answer_needs_no_case_and_closes_the_ticket(database: Database, district: District) -> None:
    bench = drawing(database, district, Decimal(0))
    ticket_id = answer_directly(bench)
    assert bench.ticket_state(ticket_id) == "closed"
    facts = bench.look(lambda session: session.get_one(TicketFacts, ticket_id))
    assert (facts.direct_answer, facts.closed, facts.accepted, facts.effective_callback) == (1, 1, 1, 0)


def test_a_direct_answer_that_was_drawn_is_called_back_and_counted(database: Database, district: District) -> None:
    bench = drawing(database, district, Decimal(1))
    ticket_id = answer_directly(bench)
    assert bench.ticket_state(ticket_id) == "answered_directly"
    assert [ticket.id for ticket in bench.look(callbacks.to_call)] == [ticket_id]
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        callbacks.record(session, bench.district, ticket, CallbackResult(**SOLVED), actor=CALLER, now=NOW)
    assert bench.ticket_state(ticket_id) == "closed"
    facts = bench.look(lambda session: session.get_one(TicketFacts, ticket_id))
    assert (facts.direct_answer, facts.effective_callback, facts.resolved) == (1, 1, 1)


def test_the_share_that_is_drawn_is_the_packs(database: Database, district: District) -> None:
    bench = Bench(database, district)
    drawn = [desk_work._is_drawn(Ticket(id=f"ticket-{number}"), Decimal("0.1")) for number in range(2000)]
    assert 150 < sum(drawn) < 250
    assert bench.district.workflow.direct_callback_share == Decimal("0.1")


def ask(bench: Bench, case_id: str, kind: str, actor: Actor, **given: str) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        made = requests.ask(session, bench.district, case, kind, actor=actor, now=NOW, given=Given(**given))  # type: ignore[arg-type]
        return made.id


def approve(bench: Bench, key: str) -> None:
    with bench.database.write.begin() as session:
        requests.decide(session, bench.district, requests.get(session, key), approve=True, actor=SUPERVISOR, now=NOW)


def another_unit(bench: Bench, case_id: str) -> str:
    case = bench.look(lambda session: session.get_one(Case, case_id))
    taken = {case.lead_unit, case.proposed_unit}
    return next(unit.code for unit in bench.district.units if unit.kind == "bureau" and unit.code not in taken)


def test_arbitration_names_the_unit_and_its_clocks_start_anew(bench: Bench) -> None:
    case_id = bench.case()
    other = another_unit(bench, case_id)
    key = ask(bench, case_id, "arbitration", bench.lead(case_id), text="两家职责交叉", proposed_unit=other)
    clocks = bench.look(lambda session: {c.name: c.state for c in session.get_one(Case, case_id).clocks})
    assert clocks["sign"] == "paused"
    approve(bench, key)
    with bench.database.read() as session:
        case = session.get_one(Case, case_id)
        assert (case.state, case.lead_unit) == ("dispatched", other)
        running = [clock.name for clock in case.clocks if clock.state == "running"]
        assert sorted(running) == ["answer", "contact", "sign"]


def test_an_override_is_decided_above_the_desk_and_is_on_record(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        case = desk_work.accept(session, bench.district, session.get_one(Ticket, ticket_id), actor=AGENT, now=NOW)
        case_id = case.id
    other = another_unit(bench, case_id)
    key = ask(bench, case_id, "override", AGENT, text="目录单位正在搬迁，暂由该单位代办", proposed_unit=other)
    with pytest.raises(NotAllowed), bench.database.write.begin() as session:
        requests.decide(session, bench.district, requests.get(session, key), approve=True, actor=DISPATCHER, now=NOW)
    approve(bench, key)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.lead_unit, case.against_directory) == ("dispatched", other, True)


def closed_case(bench: Bench, *results: dict[str, object]) -> tuple[str, list[str]]:
    """A closed case with a reporter for each result."""
    case_id = bench.case()
    for _ in results[1:]:
        extra = bench.ticket("路灯又不亮了")
        with bench.database.write.begin() as session:
            ticket, case = session.get_one(Ticket, extra), session.get_one(Case, case_id)
            desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    with bench.database.write.begin() as session:
        session.get_one(Case, case_id).reworks = bench.district.workflow.rework_at_most
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好，路灯已修好。")
    ids = bench.look(lambda session: [ticket.id for ticket in session.get_one(Case, case_id).tickets])
    for ticket_id, result in zip(ids, results, strict=True):
        with bench.database.write.begin() as session:
            ticket = session.get_one(Ticket, ticket_id)
            callbacks.record(session, bench.district, ticket, CallbackResult(**result), actor=CALLER, now=NOW)  # type: ignore[arg-type]
    assert bench.state(case_id) == "closed"
    return case_id, ids


def test_reopening_brings_back_those_who_were_not_content_and_leaves_the_others_closed(bench: Bench) -> None:
    case_id, (content, discontent) = closed_case(bench, SOLVED, UNSOLVED)
    approve(bench, ask(bench, case_id, "reopening", DISPATCHER, text="居民来电，问题仍在"))
    assert bench.state(case_id) == "in_progress"
    assert (bench.ticket_state(content), bench.ticket_state(discontent)) == ("closed", "on_case")
    lead = bench.lead(case_id)
    bench.do(case_id, "answer", lead, text="已更换灯头并复查。")
    bench.call_back(case_id, **SOLVED)
    assert bench.state(case_id) == "closed"
    facts = bench.look(lambda session: session.get_one(TicketFacts, discontent))
    assert (facts.closed, facts.resolved, facts.reworked) == (1, 1, 1)


def test_reopening_a_case_that_all_called_resolved_opens_every_ticket(bench: Bench) -> None:
    case_id, ids = closed_case(bench, SOLVED)
    bench.do(case_id, "reopen", SUPERVISOR, text="同一位置再次损坏")
    assert [bench.ticket_state(each) for each in ids] == ["on_case"]
    closed_at = bench.look(lambda session: session.get_one(Case, case_id).closed_at)
    assert closed_at is None


def test_reopening_asked_by_others_waits_for_the_supervisor(bench: Bench) -> None:
    case_id, _ = closed_case(bench, SOLVED)
    with pytest.raises(NotAllowed):
        bench.do(case_id, "reopen", AGENT, text="再办一次")
    asked = bench.do(case_id, "reopen", CALLER, text="居民要求重办")
    assert isinstance(asked, Request)
    state = bench.look(lambda session: session.get_one(Request, asked.id).state)
    assert (state, bench.state(case_id)) == ("pending", "closed")


def test_a_merged_ticket_keeps_its_own_resident_and_shares_the_case(bench: Bench) -> None:
    case_id = bench.case()
    second = bench.ticket("路灯又不亮了")
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    with bench.database.read() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        assert (ticket.case_id, ticket.state, ticket.unit) == (case_id, "on_case", case.lead_unit)
        assert ticket.category == case.category
        assert session.scalars(select(Step.label).where(Step.move == "merge")).one() == "并单"


def test_a_ticket_is_not_merged_twice_nor_into_a_closed_case_nor_by_a_unit(bench: Bench) -> None:
    open_case, closed = bench.case(), closed_case(bench, SOLVED)[0]
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, bench_ticket := session.get_one(Case, open_case).tickets[0].id)
        with pytest.raises(WrongState):
            desk_work.merge(
                session, bench.district, ticket, session.get_one(Case, open_case), actor=DISPATCHER, now=NOW
            )
        assert bench_ticket
    fresh = bench.ticket("另一盏灯")
    unit = Actor("u", "承办人", Role.UNIT_OFFICER, "U001")
    for case_id, actor, refusal in ((closed, DISPATCHER, WrongState), (open_case, unit, NotAllowed)):
        with bench.database.write.begin() as session, pytest.raises(refusal):
            ticket, case = session.get_one(Ticket, fresh), session.get_one(Case, case_id)
            desk_work.merge(session, bench.district, ticket, case, actor=actor, now=NOW)


def test_the_queue_puts_emergencies_first_and_shows_what_came_back(bench: Bench) -> None:
    from triage.assessment import Urgency

    first = bench.ticket("楼道灯不亮了很久")
    emergency = bench.ticket("厨房有很重的煤气味", urgency=Urgency("emergency", ("煤气味",)))
    dispatched = bench.case()
    with bench.database.read() as session:
        queue = tickets.list_tickets(session, bench.district, DISPATCHER, TicketFilter(queue=True), limit=1)
        rest = tickets.list_tickets(
            session, bench.district, DISPATCHER, TicketFilter(queue=True), after=queue.next, limit=1
        )
        assert [each.id for each in (*queue.items, *rest.items)] == [emergency, first]
        assert tickets.count_queue(session, DISPATCHER) == 2
        following = tickets.first_in_queue(session, bench.district, DISPATCHER, now=NOW)
        assert following is not None
        assert following.id == emergency
    bench.do(dispatched, "recall", DISPATCHER, text="派错了")
    assert bench.look(lambda session: tickets.count_queue(session, DISPATCHER)) == 3
    assert bench.look(lambda session: tickets.count_queue(session, AGENT)) == 1


def test_a_ticket_filed_by_the_bare_move_is_on_a_case_of_its_own(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        ticket.category = ticket.suggestion["category"][0]["code"]
        desk_work.move(session, bench.district, ticket, "file", actor=AGENT, now=NOW)
    with bench.database.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert ticket.case is not None
        assert (ticket.state, ticket.case.state) == ("on_case", "open")
        assert [clock.name for clock in ticket.case.clocks] == ["dispatch"]


def test_a_ticket_without_a_category_is_not_filed_by_the_bare_move(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session, pytest.raises(NeedMissing):
        ticket = session.get_one(Ticket, ticket_id)
        ticket.category = ""
        desk_work.move(session, bench.district, ticket, "file", actor=AGENT, now=NOW)
