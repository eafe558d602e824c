"""Orders of the city's platform: each opens a ticket of its own, binds by its deadline, and hears what was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import city_orders, city_reports, deadlines, desk_work, requests, rules
from casework.actors import Given
from casework.city_tables import CityOrder as Row
from casework.errors import CityKeepsOut, DeadlinePassed, NotAllowed, NotFromCity, RequestPending, WrongState
from casework.intake import Receipt
from casework.message_tables import Message
from casework.tables import Callback, Case, Notice, Ticket, TicketFacts
from channels.message import CityOrder, CityRuling, CityVerdict, InboundMessage, Sender
from district.schemas import Role
from storage.deliveries import Delivery
from tests.unit.casework.conftest import AGENT, DISPATCHER, NOW, SUPERVISOR, Bench, assessment

MATTER = "翠微亭小区东门的路灯坏了三天没人修，晚上很黑"
PHONE = "13800138021"
NUMBER = "YC20260324001"


def stated(act: str = "issue", *, text: str = MATTER, phone: str = PHONE, **order: Any) -> InboundMessage:
    number = order.pop("number", NUMBER)
    made = CityOrder(number=number, act=act, **order)  # type: ignore[arg-type]
    issued = act == "issue"
    return InboundMessage(
        channel="city",
        account="main",
        delivery_id=f"{act}:{number}:{made.revision}:{hash((text, phone, repr(made)))}",
        kind="text" if issued else "event",
        event="" if issued else act,
        external_id=number if issued else f"{act}:{number}",
        sender=Sender(phone if issued else f"order:{number}", "陶女士" if issued else "", phone if issued else ""),
        text=text,
        order=made,
    )


def take(bench: Bench, message: InboundMessage, *, now: datetime = NOW) -> Receipt:
    with bench.database.write.begin() as session:
        return city_orders.receive(session, bench.district, message, blob="b" * 64, now=now)


def opened(bench: Bench, **order: Any) -> str:
    """A ticket of the city's that triage has judged; its id."""
    receipt = take(bench, stated(**order))
    assert receipt.outcome == "accepted"
    bench.file(receipt.ticket_id)
    return receipt.ticket_id


def dispatched(bench: Bench, **order: Any) -> tuple[str, str]:
    ticket_id = opened(bench, **order)
    with bench.database.write.begin() as session:
        case = desk_work.accept(
            session, bench.district, session.get_one(Ticket, ticket_id), actor=DISPATCHER, now=bench.now
        )
        return ticket_id, case.id


def order_of(bench: Bench, number: str = NUMBER) -> Row:
    return bench.look(lambda session: session.scalars(select(Row).where(Row.number == number)).one())


def acts(bench: Bench) -> list[tuple[str, str]]:
    query = select(Delivery).where(Delivery.channel == "city").order_by(Delivery.created_at, Delivery.id)
    return bench.look(lambda session: [(each.act, each.text) for each in session.scalars(query)])


def answer_clock(bench: Bench, case_id: str) -> tuple[Any, str]:
    def read(session: Any) -> tuple[Any, str]:
        case = session.get_one(Case, case_id)
        clock = deadlines.latest(case, "answer")
        book = rules.of(session, bench.district, case)
        return clock, deadlines.explain(book, case, clock)

    return bench.look(read)


def ask_return(bench: Bench, ticket_id: str, *, actor: Any = DISPATCHER, now: datetime = NOW) -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        city_reports.ask_return(session, bench.district, ticket, actor=actor, text="地点在邻区辖区内", now=now)


def test_an_order_opens_a_ticket_and_its_receipt_goes_back_under_its_number(bench: Bench) -> None:
    opened(bench)
    (receipt,) = bench.said("received")
    assert (receipt.act, receipt.recipient, receipt.channel) == ("receipt", NUMBER, "city")
    assert receipt.details["outcome"] == "received"


def test_an_order_never_joins_an_earlier_matter_of_the_same_caller(bench: Bench) -> None:
    first, second = opened(bench), opened(bench, number="YC20260324002")
    assert first != second


def test_redelivery_opens_no_second_ticket(bench: Bench) -> None:
    first = take(bench, stated())
    again = take(bench, stated())
    assert (again.outcome, again.ticket_id) == ("repeated", first.ticket_id)


def test_a_later_revision_takes_the_place_of_the_wording_before(bench: Bench) -> None:
    ticket_id = opened(bench)
    again = take(bench, stated(text=MATTER + "，请今天处理", revision=1))
    assert (again.outcome, again.ticket_id) == ("accepted", ticket_id)
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).text) == MATTER + "，请今天处理"


def test_an_earlier_revision_that_comes_late_changes_nothing(bench: Bench) -> None:
    ticket_id = opened(bench, revision=2)
    late = take(bench, stated(text=MATTER + "（旧）", revision=1))
    assert late.outcome == "ignored"
    assert "较早的版次" in late.reason
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).text) == MATTER


def test_a_number_that_belongs_to_another_matter_is_refused_with_a_sentence(bench: Bench) -> None:
    ticket_id = opened(bench)
    other = take(bench, stated(text="社保卡丢了怎么补办", phone="13900139022", revision=1))
    assert other.outcome == "refused"
    assert NUMBER in other.reason
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).text) == MATTER
    assert bench.look(lambda session: len(session.scalars(select(Message)).all())) == 1


def test_an_act_on_an_order_that_never_came_is_refused(bench: Bench) -> None:
    receipt = take(bench, stated("withdraw", text="市平台撤回了这件工单", number="YC0"))
    assert receipt.outcome == "refused"


def test_a_withdrawn_order_ends_its_ticket_and_case_and_the_unit_hears_of_it(bench: Bench) -> None:
    ticket_id, case_id = dispatched(bench)
    lead = bench.lead(case_id)
    take(bench, stated("withdraw", text="市平台撤回了这件工单：重复受理"))
    assert bench.ticket_state(ticket_id) == "withdrawn"
    assert bench.state(case_id) == "closed"
    told = bench.look(lambda session: session.scalars(select(Notice).where(Notice.template == "city_said")).all())
    assert [(each.audience, each.unit) for each in told] == [("unit", lead.unit)]
    assert "撤回" in told[0].text
    assert [act for act, _ in acts(bench)] == ["receipt"], "what the city did itself is not reported to it"


def test_an_urging_of_the_citys_is_counted_and_opens_nothing(bench: Bench) -> None:
    ticket_id, _ = dispatched(bench)
    assert take(bench, stated("urge", text="市平台催办")).ticket_id == ticket_id
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).urgings) == 1


def test_the_citys_deadline_binds_where_it_is_earlier_and_both_are_told(bench: Bench) -> None:
    sooner = NOW + timedelta(days=2)
    _, case_id = dispatched(bench, deadline=sooner)
    clock, why = answer_clock(bench, case_id)
    assert clock.due_at == sooner
    assert clock.own_due_at > sooner
    assert "早于本区时限" in why


def test_time_left_until_the_citys_deadline_is_wall_time_over_a_weekend_too(bench: Bench) -> None:
    sunday = NOW + timedelta(days=5, hours=10)  # the dispatch was on a Tuesday
    _, case_id = dispatched(bench, deadline=sunday)

    def read(session: Any) -> Any:
        case = session.get_one(Case, case_id)
        clock = deadlines.latest(case, "answer")
        assert clock is not None
        return deadlines.view(rules.of(session, bench.district, case), case, clock, now=sunday - timedelta(hours=9))

    view = bench.look(read)
    assert view.left == timedelta(hours=9)
    assert view.level == "red"


def test_our_own_deadline_binds_where_the_citys_is_later(bench: Bench) -> None:
    _, case_id = dispatched(bench, deadline=NOW + timedelta(days=60))
    clock, why = answer_clock(bench, case_id)
    assert clock.due_at == clock.own_due_at
    assert "晚于本区时限" in why


def test_a_deadline_that_the_city_moves_moves_the_case_and_is_told(bench: Bench) -> None:
    _, case_id = dispatched(bench, deadline=NOW + timedelta(days=1))
    take(bench, stated(revision=1, deadline=NOW + timedelta(days=3)))
    assert answer_clock(bench, case_id)[0].due_at == NOW + timedelta(days=3)
    assert any("更改办结时限" in text for text in notices(bench))


def notices(bench: Bench) -> list[str]:
    return bench.look(
        lambda session: list(
            session.scalars(select(Notice.text).where(Notice.template == "city_said").order_by(Notice.id))
        )
    )


def test_a_merged_order_brings_its_deadline_and_takes_it_along_when_it_goes(bench: Bench) -> None:
    case_id = bench.case()
    before = answer_clock(bench, case_id)[0].due_at
    ticket_id = opened(bench, deadline=NOW + timedelta(days=1))
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, ticket_id), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    assert answer_clock(bench, case_id)[0].due_at == NOW + timedelta(days=1)
    take(bench, stated("withdraw", text="市平台撤回了这件工单"))
    assert answer_clock(bench, case_id)[0].due_at == before


def test_the_answer_goes_to_the_city_and_nobody_is_asked_to_tell_the_resident(bench: Bench) -> None:
    _, case_id = dispatched(bench)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="路灯已修好。")
    (answered,) = bench.said("answered")
    assert (answered.act, answered.state) == ("answer", "queued")
    assert "路灯已修好" in answered.text
    assert answered.details["unit"] == bench.district.units.get(lead.unit).name


def answered(bench: Bench, **order: Any) -> tuple[str, str]:
    ticket_id, case_id = dispatched(bench, **order)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="路灯已修好。")
    return ticket_id, case_id


GOOD = CityVerdict(reached=True, contacted=True, resolved=True, satisfaction="satisfied", text="修得很快")
BAD = CityVerdict(reached=True, contacted=True, resolved=False, satisfaction="dissatisfied", text="又坏了")


def facts(bench: Bench, ticket_id: str) -> TicketFacts:
    return bench.look(lambda session: session.get_one(TicketFacts, ticket_id))


def test_the_citys_verdict_closes_a_ticket_that_waits_for_its_callback_and_counts_in_both(bench: Bench) -> None:
    ticket_id, case_id = answered(bench)
    take(bench, stated("verdict", text="市平台回访", verdict=GOOD))
    assert bench.ticket_state(ticket_id) == "closed"
    assert bench.state(case_id) == "closed"
    row = facts(bench, ticket_id)
    assert (row.effective_callback, row.resolved, row.city_verdict, row.city_resolved, row.city_satisfied) == (
        1, 1, 1, 1, 1,
    )  # fmt: skip
    by = bench.look(lambda session: session.scalars(select(Callback.by)).all())
    assert by == ["city"]


def test_a_verdict_of_unresolved_sends_the_case_back_and_its_second_answer_is_reported_again(bench: Bench) -> None:
    ticket_id, case_id = answered(bench)
    take(bench, stated("verdict", text="市平台回访", verdict=BAD))
    assert bench.state(case_id) == "in_progress"
    bench.do(case_id, "answer", bench.lead(case_id), text="已换新灯。")
    assert [act for act, _ in acts(bench)] == ["receipt", "answer", "answer"]
    assert bench.ticket_state(ticket_id) == "told"


def test_a_verdict_after_our_own_callback_stands_beside_it_and_a_bad_one_reaches_the_supervisor(bench: Bench) -> None:
    ticket_id, case_id = answered(bench)
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    take(bench, stated("verdict", text="市平台回访", verdict=BAD))
    row = facts(bench, ticket_id)
    assert (row.resolved, row.city_verdict, row.city_resolved) == (1, 1, 0)
    assert order_of(bench).resolved is False
    audience = bench.look(
        lambda session: session.scalars(select(Notice.audience).where(Notice.template == "city_said"))
    )
    assert list(audience) == ["supervisor"]


def test_a_return_is_asked_of_the_city_and_its_word_decides(bench: Bench) -> None:
    ticket_id = opened(bench)
    ask_return(bench, ticket_id)
    assert acts(bench)[-1] == ("return", "地点在邻区辖区内")
    assert bench.ticket_state(ticket_id) == "assessed", "it goes on until the city agrees"
    with pytest.raises(RequestPending):
        ask_return(bench, ticket_id)
    take(bench, stated("decision", text="市平台批复", ruling=CityRuling("return", approved=True)))
    assert bench.ticket_state(ticket_id) == "withdrawn"
    assert order_of(bench).state == "returned"


def test_a_refused_return_leaves_the_ticket_and_may_be_asked_again(bench: Bench) -> None:
    ticket_id = opened(bench)
    ask_return(bench, ticket_id)
    take(bench, stated("decision", text="市平台批复：属你区", ruling=CityRuling("return", approved=False)))
    assert bench.ticket_state(ticket_id) == "assessed"
    assert any("不同意退回" in text for text in notices(bench))
    ask_return(bench, ticket_id, now=NOW + timedelta(minutes=5))


def test_what_the_citys_return_rule_forbids_is_refused(bench: Bench) -> None:
    kept = opened(bench, may_return=False)
    with pytest.raises(CityKeepsOut):
        ask_return(bench, kept)
    late = opened(bench, number="YC2", return_until=NOW - timedelta(minutes=1))
    with pytest.raises(DeadlinePassed):
        ask_return(bench, late)
    with pytest.raises(NotAllowed):
        ask_return(bench, opened(bench, number="YC3"), actor=AGENT)
    with pytest.raises(NotFromCity):
        ask_return(bench, bench.ticket())
    with pytest.raises(WrongState):
        ask_return(bench, dispatched(bench, number="YC4")[0])


def test_an_approved_extension_is_asked_of_the_city_whose_deadline_binds_until_it_agrees(bench: Bench) -> None:
    sooner = NOW + timedelta(days=2)
    _, case_id = dispatched(bench, deadline=sooner)
    lead = bench.lead(case_id, Role.UNIT_LEAD)
    bench.do(case_id, "sign", lead)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        given = Given(reason="需要采购灯具", text="需要采购灯具")
        asked = requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=given)
        requests.decide(session, bench.district, asked, approve=True, actor=SUPERVISOR, now=NOW)
    assert acts(bench)[-1] == ("extension", "需要采购灯具")
    clock, _ = answer_clock(bench, case_id)
    assert clock.due_at == sooner
    later = NOW + timedelta(days=5)
    take(bench, stated("decision", text="市平台批复", ruling=CityRuling("extension", approved=True, deadline=later)))
    assert answer_clock(bench, case_id)[0].due_at == later


def test_an_order_that_is_over_and_is_issued_anew_opens_a_ticket_that_follows(bench: Bench) -> None:
    ticket_id, _ = answered(bench)
    take(bench, stated("verdict", text="市平台回访", verdict=GOOD))
    resent = take(bench, stated(text=MATTER + "。", revision=0))
    assert resent.outcome == "ignored", "an export that lists it again"
    anew = take(bench, stated(text=MATTER + "，又不亮了", revision=1))
    assert anew.ticket_id != ticket_id
    assert bench.look(lambda session: session.get_one(Ticket, anew.ticket_id).follows) == ticket_id
    assert order_of(bench).ticket_id == anew.ticket_id


def test_the_citys_category_is_taken_by_the_map_and_where_triage_differs_a_person_looks(bench: Bench) -> None:
    path, code = next((path, code) for path, code in bench.district.city.categories.items())
    receipt = take(bench, stated(category=path))
    bench.file(receipt.ticket_id, assessment(bench.district, decision="auto"))
    ticket = bench.look(lambda session: session.get_one(Ticket, receipt.ticket_id))
    assert ticket.category == code
    assert ticket.needs_review is (assessment(bench.district).category[0].code != code)


def test_what_the_map_does_not_know_is_listed_with_how_often_it_came(bench: Bench) -> None:
    for number in ("A", "B"):
        take(bench, stated(number=number, category="从没见过/的分类"))
    listed = bench.look(city_reports.unmapped)
    assert [(each.category, each.orders) for each in listed] == [("从没见过/的分类", 2)]


def test_a_category_goes_by_the_nearest_level_that_is_mapped(bench: Bench) -> None:
    city = replace(bench.district.city, categories={"城市管理/照明": "100201"})
    assert city.category("城市管理 > 照明 > 路灯") == "100201"
    assert city.category("城市管理") == ""
