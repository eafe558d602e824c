"""A unit's own work: what it is narrowed to, what came since the last look, what answers are written from."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework import dispatch_desk, requests, supervision_orders, tickets, unit_answers, unit_work, unsure, urging
from casework.actors import Actor, Given
from casework.errors import NeedMissing, NotAllowed
from casework.reading import Reader
from casework.tables import Case, Ticket
from casework.unit_errors import TooManySaved, UnknownSavedReply
from casework.unit_work import News, Work
from district.schemas import Role

from .conftest import AGENT, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

STRANGER = Actor("u-stranger", "别的单位", Role.UNIT_LEAD, "U040")
UNSOLVED = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied"}


def look(bench: Bench, actor: Actor, *, words: str = "", later: timedelta = timedelta()) -> Work:
    return bench.look(lambda session: unit_work.look(session, bench.district, actor, now=NOW + later, words=words))


def shown(work: Work, name: str) -> list[str]:
    return [line.case_id for line in work.of(name)]


def news(bench: Bench, actor: Actor, *, later: timedelta = timedelta(minutes=1)) -> News:
    return bench.look(lambda session: unit_work.news(session, bench.district, actor, now=NOW + later))


def test_a_unit_finds_each_case_under_what_it_waits_for(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    first, second, third = bench.case(), bench.case(), bench.case()
    lead = bench.lead(first)
    bench.do(second, "sign", lead)
    bench.do(third, "sign", lead)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, third)
        requests.ask(session, bench.district, case, "extension", actor=lead, now=NOW, given=Given(reason="等配件到货"))
    work = look(bench, lead)
    assert shown(work, "sign") == [first]
    assert set(shown(work, "doing")) == {second, third}
    assert shown(work, "asked") == [third]
    assert work.counts()[""] == 3
    assert look(bench, STRANGER).lines == []


def test_what_is_due_first_stands_first_and_what_is_late_is_counted(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    slow, quick = bench.case(), bench.case()
    lead = bench.lead(slow)
    bench.do(slow, "sign", lead)
    work = look(bench, lead)
    assert shown(work, "") == [quick, slow], "the sign clock runs out before the clock of the first contact"
    assert shown(work, "today") == [quick]
    late = look(bench, lead, later=timedelta(days=30))
    assert set(shown(late, "overdue")) == {slow, quick}
    assert shown(late, "today") == []


def test_a_co_handler_sees_its_part_until_it_has_told_the_lead(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.case()
    lead = bench.lead(case_id)
    helper = next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != lead.unit)
    bench.do(case_id, "recall", DISPATCHER, text="补充协办")
    bench.do(case_id, "dispatch", DISPATCHER, unit=lead.unit, co_units=(helper,))
    bench.do(case_id, "sign", lead)
    officer = Actor("u-helper", "协办", Role.UNIT_OFFICER, helper)
    assert shown(look(bench, officer), "") == [case_id]
    bench.do(case_id, "co_answer", officer, text="已配合")
    assert shown(look(bench, officer), "") == []
    assert shown(look(bench, officer), "co") == [case_id], "it stays to be found"


def test_a_suspended_case_is_not_in_hand_and_is_found_by_itself(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    given = Given(reason="产权单位注销", review_date=(NOW + timedelta(days=40)).date())
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        asked = requests.ask(session, bench.district, case, "suspension", actor=lead, now=NOW, given=given)
        requests.decide(session, bench.district, asked, approve=True, actor=SUPERVISOR, now=NOW)
    work = look(bench, lead)
    assert shown(work, "") == []
    assert shown(work, "suspended") == [case_id]


def test_words_find_a_case_by_its_title_and_by_no_masked_number(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.case("光明路的路灯坏了，我的电话13800001234")
    bench.case("别的事情，水管爆了")
    lead = bench.lead(case_id)
    assert shown(look(bench, lead, words="路灯"), "") == [case_id]
    assert shown(look(bench, lead, words="0000"), "") == []


def test_what_came_from_outside_is_told_until_it_is_seen(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        urging.record(session, bench.district, case.tickets[0], "还没有人来", actor=AGENT, now=NOW)
        supervision_orders.issue(
            session, bench.district, case, level="yellow", text="限期答复", actor=SUPERVISOR, now=NOW
        )
    bench.do(case_id, "sign", lead)
    assert dict(news(bench, lead).counts) == {"新派来": 1, "催办": 1, "督办": 1}
    assert dict(news(bench, STRANGER).counts) == {}
    with bench.database.write.begin() as session:
        unit_work.seen(session, lead, now=NOW)
    assert dict(news(bench, lead).counts) == {}
    officer = bench.lead(case_id, Role.UNIT_OFFICER)
    assert news(bench, officer).counts["催办"] == 1, "each has seen for himself"


def test_a_rework_is_news_to_the_unit(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.answered()
    lead = bench.lead(case_id)
    with bench.database.write.begin() as session:
        unit_work.seen(session, lead, now=NOW)
    bench.call_back(case_id, now=NOW + timedelta(hours=1), text="还是不亮", **UNSOLVED)
    assert dict(news(bench, lead, later=timedelta(hours=2)).counts) == {"退回重办": 1}


def test_answers_are_written_from_own_saved_ones_the_districts_and_past_ones_that_name_nobody(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    old, case_id = bench.case(), bench.case()
    lead = bench.lead(old)
    bench.do(old, "sign", lead)
    bench.do(old, "answer", lead, text="刘先生您好，您的电话13800001234已登记，路灯已修好。")
    with bench.database.write.begin() as session:
        unit_answers.save(session, bench.district, "路灯", "【地点】的路灯已修复。", actor=lead, now=NOW)

    def offered(actor: Actor) -> list[unit_answers.Offered]:
        return bench.look(
            lambda session: unit_answers.offered(
                session, Reader(bench.district, actor), session.get_one(Case, case_id), now=NOW
            )
        )

    found = {each.source: each for each in offered(lead)}
    assert found["本单位模板"].text == "【地点】的路灯已修复。"
    assert "本区模板" in found
    past = found["本单位同类答复"].text
    assert "【联系电话】已登记" in past
    assert "*" not in past
    assert "1234" not in past
    assert "路灯已修好" in past
    assert {each.source for each in offered(STRANGER)} == {"本区模板"}


def test_a_units_saved_answers_are_its_own(sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = sqlite_bench
    lead = bench.lead(bench.case())
    with bench.database.write.begin() as session:
        key = unit_answers.save(session, bench.district, "路灯", "已修复。", actor=lead, now=NOW).id
        with pytest.raises(NotAllowed):
            unit_answers.save(session, bench.district, "路灯", "已修复。", actor=CALLER, now=NOW)
        with pytest.raises(NeedMissing):
            unit_answers.save(session, bench.district, " ", "已修复。", actor=lead, now=NOW)
        with pytest.raises(UnknownSavedReply):
            unit_answers.remove(session, bench.district, key, actor=STRANGER)
        monkeypatch.setattr(unit_answers, "SAVED_AT_MOST", 1)
        with pytest.raises(TooManySaved):
            unit_answers.save(session, bench.district, "又一个", "已修复。", actor=lead, now=NOW)
        unit_answers.remove(session, bench.district, key, actor=lead)
    assert bench.look(lambda session: unit_answers.saved(session, bench.district, lead)) == []


def test_the_least_sure_stands_first_and_the_pages_of_that_order_leave_nobody_out(bench: Bench) -> None:
    judged = ["光明路的路灯坏了", "和平里的井盖丢了", "滨河公园的长椅断了"]
    for text in judged:
        bench.ticket(text)
    bench.ticket_unfiled("还没有研判")

    def page(after: str) -> tickets.Page[Ticket]:
        chosen = tickets.TicketFilter(queue=True, sort=unsure.UNSURE)
        return bench.look(
            lambda session: tickets.list_tickets(session, bench.district, DISPATCHER, chosen, after=after, limit=1)
        )

    seen, after = [], ""
    while True:
        found = page(after)
        seen += [ticket.text for ticket in found.items]
        after = found.next
        if not after:
            break
    assert seen[0] == "还没有研判"
    assert sorted(seen) == sorted([*judged, "还没有研判"])


def test_a_case_that_came_back_may_be_hard_until_somebody_says_so(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        asked = requests.ask(
            session, bench.district, case, "extension", actor=lead, now=NOW, given=Given(reason="等配件到货")
        )
        requests.decide(session, bench.district, asked, approve=True, actor=DISPATCHER, now=NOW)

    def offered() -> list[str]:
        found = bench.look(lambda session: dispatch_desk.perhaps_hard(session, bench.district, limit=5))
        return [case.id for case in found]

    assert offered() == [case_id]
    bench.do(case_id, "mark_hard", DISPATCHER, text="涉及多家产权单位")
    assert offered() == []
