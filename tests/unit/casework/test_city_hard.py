"""Awkward orders of what the city's platform says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from casework import desk_work, facts, requests
from casework.actors import Given
from casework.resident_tables import Resident
from casework.tables import Case, Notice, Request, Ticket
from channels.message import CityRuling
from district.schemas import Role
from tests.unit.casework.conftest import DISPATCHER, NOW, Bench, assessment
from tests.unit.casework.test_city_orders import (
    BAD,
    GOOD,
    MATTER,
    answer_clock,
    answered,
    ask_return,
    dispatched,
    opened,
    order_of,
    stated,
    take,
)
from tests.unit.casework.test_city_orders import facts as facts_of


def phone_of(bench: Bench, ticket_id: str) -> str:
    def read(session: Any) -> str:
        ticket = session.get_one(Ticket, ticket_id)
        return str(session.get_one(Resident, ticket.resident_id).phone)

    return bench.look(read)


def test_a_phone_that_the_city_corrects_is_the_one_to_call(bench: Bench) -> None:
    ticket_id = opened(bench)
    take(bench, stated(revision=1, phone="13800138029"))
    assert phone_of(bench, ticket_id) == "13800138029"
    take(bench, stated(revision=2, phone="13800138030", text=MATTER + "。"))
    assert phone_of(bench, ticket_id) == "13800138030"
    assert bench.look(lambda s: len(s.scalars(select(Ticket)).all())) == 1


def test_an_order_issued_anew_does_not_inherit_the_verdict_on_the_one_before(bench: Bench) -> None:
    first, _ = answered(bench)
    take(bench, stated("verdict", text="市平台回访", verdict=GOOD))
    anew = take(bench, stated(revision=1, text=MATTER + "，又不亮了"))
    bench.file(anew.ticket_id)
    row = order_of(bench)
    assert (row.verdict_at, row.reached, row.resolved, row.satisfaction, row.said) == (None, None, None, "", "")
    assert facts_of(bench, anew.ticket_id).city_verdict == 0
    with bench.database.write.begin() as session:
        facts.refresh(session, bench.district, session.get_one(Ticket, first), now=NOW)
    assert facts_of(bench, first).city_resolved == 1, "what was said of the first stays with it"


def test_a_second_refusal_in_the_same_words_answers_the_second_asking(bench: Bench) -> None:
    ticket_id = opened(bench)
    no = stated("decision", text="市平台批复", ruling=CityRuling("return", approved=False))
    ask_return(bench, ticket_id)
    assert take(bench, no).outcome == "accepted"
    assert take(bench, no).outcome == "repeated"
    ask_return(bench, ticket_id, now=NOW + timedelta(minutes=5))
    assert order_of(bench).return_state == "asked"
    assert take(bench, no).outcome == "accepted"
    assert order_of(bench).return_state == "refused"
    assert take(bench, no).outcome == "repeated"


def test_a_title_that_the_city_corrects_is_the_tickets(bench: Bench) -> None:
    receipt = take(bench, replace(stated(), title="路灯损坏"))
    take(bench, replace(stated(revision=1), title="东门路灯损坏"))
    assert bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id).title) == "东门路灯损坏"


def test_a_category_that_the_city_corrects_before_anybody_decided_is_the_suggested_one(bench: Bench) -> None:
    paths = iter(bench.district.city.categories.items())
    first = next(paths)
    second = next(each for each in paths if each[1] != first[1])
    ticket_id = opened(bench, category=first[0])
    again = take(bench, stated(revision=1, category=second[0]))
    assert again.fresh
    bench.file(ticket_id, assessment(bench.district))
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).category) == second[1]


def test_a_deadline_that_the_first_answer_met_binds_no_rework(bench: Bench) -> None:
    ticket_id, case_id = answered(bench, deadline=NOW + timedelta(hours=4))
    later = NOW + timedelta(days=3)
    take(bench, stated("verdict", text="市平台回访", verdict=BAD), now=later)
    assert bench.state(case_id) == "in_progress"
    clock, _ = answer_clock(bench, case_id)
    assert clock.due_at > later
    assert facts_of(bench, ticket_id).overdue == 0
    take(bench, stated(revision=1, deadline=later + timedelta(hours=5)), now=later)
    assert answer_clock(bench, case_id)[0].due_at == later + timedelta(hours=5), "the city sets a new one"


def test_an_order_that_comes_too_late_is_overdue_at_once(bench: Bench) -> None:
    _, case_id = dispatched(bench, deadline=NOW - timedelta(days=1))
    assert answer_clock(bench, case_id)[0].due_at == NOW - timedelta(days=1)


def test_an_urging_of_what_is_over_reaches_the_desk(bench: Bench) -> None:
    answered(bench)
    take(bench, stated("verdict", text="市平台回访", verdict=GOOD))
    take(bench, stated("urge", text="市平台催办：居民又来电"))
    told = bench.look(lambda s: s.scalars(select(Notice.audience).where(Notice.template == "city_said")).all())
    assert told == ["desk"]


def test_a_withdrawal_while_a_units_request_waits_ends_both(bench: Bench) -> None:
    ticket_id, case_id = dispatched(bench)
    lead = bench.lead(case_id, Role.UNIT_LEAD)
    bench.do(case_id, "sign", lead)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        given = Given(reason="需要采购灯具", text="需要采购灯具")
        requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=given)
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    assert bench.ticket_state(ticket_id) == "withdrawn"
    states = bench.look(lambda s: s.scalars(select(Request.state)).all())
    assert "pending" not in states
    assert "asked" not in states, states


def test_a_withdrawal_heard_twice_and_a_verdict_after_it_open_nothing(bench: Bench) -> None:
    ticket_id, case_id = dispatched(bench)
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    take(bench, stated("withdraw", text="市平台撤回了这件工单：" + "重复受理" * 30))
    take(bench, stated("verdict", text="市平台回访", verdict=BAD))
    assert bench.ticket_state(ticket_id) == "withdrawn"
    assert bench.state(case_id) == "closed"


def test_a_return_of_one_of_two_on_a_case_leaves_the_other(bench: Bench) -> None:
    ticket_id, case_id = dispatched(bench)
    second = opened(bench, number="YC2", deadline=NOW + timedelta(days=1))
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    take(bench, stated("decision", number="YC2", text="市平台批复", ruling=CityRuling("return", approved=True)))
    assert bench.ticket_state(second) == "withdrawn"
    assert bench.ticket_state(ticket_id) == "on_case"
    clock = answer_clock(bench, case_id)[0]
    assert clock.due_at == clock.own_due_at


def test_a_return_that_is_agreed_to_after_the_case_went_out_recalls_it_with_its_unit_told(bench: Bench) -> None:
    ticket_id = opened(bench)
    ask_return(bench, ticket_id)
    with bench.database.write.begin() as session:
        case = desk_work.accept(session, bench.district, session.get_one(Ticket, ticket_id), actor=DISPATCHER, now=NOW)
        case_id = case.id
    bench.do(case_id, "sign", bench.lead(case_id))
    take(bench, stated("decision", text="市平台批复", ruling=CityRuling("return", approved=True)))
    assert bench.ticket_state(ticket_id) == "withdrawn"
    assert bench.state(case_id) == "closed"
    told = bench.look(lambda s: s.scalars(select(Notice.audience).where(Notice.template == "city_said")).all())
    assert told == ["unit"]


def test_same_numbers_of_two_accounts_are_two_orders(bench: Bench) -> None:
    first = take(bench, stated())
    second = take(bench, replace(stated(text="社保卡丢了怎么补办", phone="13900139022"), account="other"))
    assert (second.outcome, second.ticket_id != first.ticket_id) == ("accepted", True)


def test_a_withdrawn_order_that_is_issued_anew_under_a_higher_revision_opens(bench: Bench) -> None:
    first, _ = dispatched(bench, deadline=NOW + timedelta(days=2))
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    assert take(bench, stated(deadline=NOW + timedelta(days=4))).outcome == "ignored"
    anew = take(bench, stated(revision=1))
    assert anew.outcome == "accepted"
    assert anew.ticket_id != first
    assert order_of(bench).state == "open"
    assert order_of(bench).deadline_at is None
    gone = take(bench, stated("withdraw", text="市平台撤回了这件工单", revision=1))
    assert gone.outcome == "accepted"
    assert bench.ticket_state(anew.ticket_id) == "withdrawn"


def test_an_order_issued_anew_is_withdrawn_again_in_the_same_words(bench: Bench) -> None:
    dispatched(bench)
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    anew = take(bench, stated(revision=1))
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    assert bench.ticket_state(anew.ticket_id) == "withdrawn"
