"""An answer and its record: looked over, sent in spite of warnings, approved and changed, shown to whom it concerns."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from casework import replies, requests
from casework.actors import Actor, Given
from casework.errors import NeedMissing, NotAllowed, RequestDecided, WrongState
from casework.replies_errors import TextNotChangeable
from casework.tables import Case, Request, Step, Ticket
from casework.tickets import timeline
from district.schemas import Role
from storage.audit import AuditRow
from tests.unit.casework.conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench

GOOD = "您好，光明路的路灯是控制箱跳闸，我委照明所3月23日已更换开关并恢复照明。电话0999-5550-1007。"
POOR = "您好，路灯的事会尽快安排。"
RECORD = "电工两人到场，开关受潮短路；灯杆编号另报，责任在施工队"


@pytest.fixture
def bench(sqlite_database: Any, district: Any) -> Bench:
    from casework import rules

    with sqlite_database.write.begin() as session:
        rules.keep(session, district, now=NOW)
    return Bench(sqlite_database, district)


def signed(bench: Bench, **changes: Any) -> tuple[str, Actor, Actor]:
    """A signed case, its officer and its lead."""
    case_id = bench.case(**changes)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    return case_id, bench.lead(case_id, Role.UNIT_OFFICER), lead


def kinds(bench: Bench, case_id: str, answer: str, actor: Actor) -> set[str]:
    def read(session: Any) -> set[str]:
        case = session.get_one(Case, case_id)
        return {each.kind for each in replies.look_over(bench.district, case, answer, actor=actor, now=bench.now)}

    found: set[str] = bench.look(read)
    return found


def moves(bench: Bench, case_id: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = bench.look(
        lambda session: [(step.move, step.text) for step in timeline(session, case=session.get_one(Case, case_id))]
    )
    return rows


def asked(bench: Bench, case_id: str, officer: Actor, text: str = GOOD, record: str = RECORD) -> str:
    made = bench.do(case_id, "answer", officer, text=text, record=record)
    assert isinstance(made, Request)
    return made.id


def decide(bench: Bench, request_id: str, actor: Actor, *, approve: bool = True, **more: Any) -> None:
    with bench.database.write.begin() as session:
        request = requests.get(session, request_id)
        requests.decide(session, bench.district, request, approve=approve, actor=actor, now=bench.now, **more)


# the record


def test_the_record_is_kept_on_the_case_and_goes_to_no_resident(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    bench.do(case_id, "answer", lead, text=GOOD, record=RECORD)
    case, ticket = bench.look(lambda session: (session.get_one(Case, case_id), session.scalars(select(Ticket)).one()))
    assert (case.answer, case.record, ticket.answer) == (GOOD, RECORD, GOOD)
    assert ("record", RECORD) in moves(bench, case_id)
    told = [f"{delivery.title}{delivery.text}{delivery.details}" for delivery in bench.said()]
    assert any(GOOD in words for words in told)
    assert not any("电工" in words for words in told)
    rows = bench.look(lambda session: list(session.scalars(select(AuditRow))))
    assert not any("电工" in str(row.details) for row in rows)


def test_an_answer_without_a_record_leaves_the_last_one(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    bench.do(case_id, "answer", lead, text=GOOD, record=RECORD)
    bench.call_back(case_id, reached=True, resolved=False, satisfaction="dissatisfied")
    assert bench.state(case_id) == "in_progress"
    bench.do(case_id, "answer", lead, text=GOOD + "二次复查正常。")
    assert bench.look(lambda session: session.get_one(Case, case_id).record) == RECORD


# the check


def test_a_good_answer_is_warned_of_nothing_and_leaves_no_trace(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    assert kinds(bench, case_id, GOOD, lead) == set()
    bench.do(case_id, "answer", lead, text=GOOD)
    assert "answer_despite" not in dict(moves(bench, case_id))


def test_a_poor_answer_goes_out_and_what_it_was_warned_of_is_on_record(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    bench.do(case_id, "answer", lead, text=POOR)
    assert bench.state(case_id) == "answered"
    despite = dict(moves(bench, case_id))["answer_despite"]
    assert {"过于简短", "承诺没有期限", "没有写明单位或联系方式"} <= set(despite.split("、"))
    acts = bench.look(lambda session: list(session.scalars(select(AuditRow.act))))
    assert "answer_despite" in acts


def test_a_refused_answer_leaves_no_warning_on_record(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    with pytest.raises(NeedMissing):
        bench.do(case_id, "answer", lead, text="")
    for actor in (AGENT, DISPATCHER, SUPERVISOR, CALLER, AUDITOR):
        with pytest.raises(NotAllowed):
            bench.do(case_id, "answer", actor, text=POOR, record=RECORD)
    stranger = next(unit.code for unit in bench.district.units if unit.code != lead.unit and not unit.parent)
    with pytest.raises(NotAllowed):
        bench.do(case_id, "answer", Actor("u-x", "外单位", Role.UNIT_LEAD, stranger), text=POOR)
    assert bench.state(case_id) == "in_progress"
    assert not {"answer_despite", "record"} & set(dict(moves(bench, case_id)))


def test_an_answer_to_an_answered_case_is_refused(bench: Bench) -> None:
    case_id = bench.answered()
    with pytest.raises(WrongState):
        bench.do(case_id, "answer", bench.lead(case_id), text=GOOD, record=RECORD)
    assert bench.look(lambda session: session.get_one(Case, case_id).record) == ""


def test_the_last_answer_over_again_is_warned_of_after_a_rework(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    assert "copied" not in kinds(bench, case_id, GOOD, lead)
    bench.do(case_id, "answer", lead, text=GOOD)
    bench.call_back(case_id, reached=True, resolved=False, satisfaction="dissatisfied")
    assert "copied" in kinds(bench, case_id, GOOD, lead)


def test_a_promise_beyond_the_answers_deadline_is_warned_of(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    due = bench.look(
        lambda session: next(c.due_at for c in session.get_one(Case, case_id).clocks if c.name == "answer")
    )
    inside = f"{GOOD}预计{due:%m}月{due:%d}日前换完全部灯泡。"
    beyond = due + timedelta(days=20)
    assert "late_date" not in kinds(bench, case_id, inside, lead)
    assert "late_date" in kinds(bench, case_id, f"{GOOD}预计{beyond:%m}月{beyond:%d}日前换完。", lead)


def test_a_name_the_unit_may_not_know_is_not_told_by_the_check(bench: Bench) -> None:
    """Else writing names into answers would find out who made a 举报."""
    text = "我叫陈晓燕，光明路的路灯坏了三天没人修"
    open_case, _, lead = signed(bench, text=text)
    assert "personal" in kinds(bench, open_case, GOOD + "陈晓燕", lead)
    hidden, _, lead = signed(bench, text=text)
    with bench.database.write.begin() as session:
        session.get_one(Case, hidden).request_type = "举报"
    assert "personal" not in kinds(bench, hidden, GOOD + "陈晓燕", lead)


def test_a_check_that_the_pack_switches_off_is_not_made(bench: Bench) -> None:
    case_id, _, lead = signed(bench)
    rules = bench.district.replies
    bench.district = replace(bench.district, replies=rules.model_copy(update={"without": ("too_short", "unsigned")}))
    assert kinds(bench, case_id, "路灯已经更换修好。", lead) == set()


# approval by the lead


def test_an_approved_answer_goes_out_with_its_record(bench: Bench) -> None:
    case_id, officer, lead = signed(bench)
    request_id = asked(bench, case_id, officer)
    assert bench.look(lambda session: session.get_one(Case, case_id).record) == ""
    decide(bench, request_id, lead)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.answer, case.record, case.answered_by) == ("answered", GOOD, RECORD, officer.id)
    request = bench.look(lambda session: session.get_one(Request, request_id))
    assert (request.text, request.changed_text, request.record) == (GOOD, "", RECORD)


def test_a_text_that_the_lead_changes_goes_out_and_the_officers_is_kept(bench: Bench) -> None:
    case_id, officer, lead = signed(bench)
    request_id = asked(bench, case_id, officer, POOR)
    decide(bench, request_id, lead, changed=GOOD, text="补上了处理经过")
    case, request, ticket = bench.look(
        lambda session: (
            session.get_one(Case, case_id),
            session.get_one(Request, request_id),
            session.scalars(select(Ticket)).one(),
        )
    )
    assert (request.text, request.changed_text, request.decision) == (POOR, GOOD, "补上了处理经过")
    assert (case.answer, ticket.answer) == (GOOD, GOOD)
    assert [text for move, text in moves(bench, case_id) if move == "answer"] == [GOOD]
    despite = bench.look(
        lambda session: list(session.scalars(select(Step.actor).where(Step.move == "answer_despite").order_by(Step.id)))
    )
    assert despite == [officer.id], "the officer was warned of his text, the lead of nothing in his own"


def test_what_a_lead_approves_in_spite_of_warnings_is_on_record_as_his(bench: Bench) -> None:
    case_id, officer, lead = signed(bench)
    decide(bench, asked(bench, case_id, officer, POOR), lead)
    despite = bench.look(
        lambda session: list(session.scalars(select(Step.actor).where(Step.move == "answer_despite").order_by(Step.id)))
    )
    assert sorted(despite) == sorted([officer.id, lead.id])


def test_a_refused_answer_goes_nowhere(bench: Bench) -> None:
    case_id, officer, lead = signed(bench)
    request_id = asked(bench, case_id, officer)
    decide(bench, request_id, lead, approve=False, changed=POOR, text="请补充")
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.answer, case.record) == ("in_progress", "", "")
    assert bench.look(lambda session: session.get_one(Request, request_id).changed_text) == ""
    with pytest.raises(RequestDecided):
        decide(bench, request_id, lead)


def test_only_the_lead_of_the_unit_decides_an_answer(bench: Bench) -> None:
    case_id, officer, lead = signed(bench)
    request_id = asked(bench, case_id, officer)
    stranger = next(unit.code for unit in bench.district.units if unit.code != lead.unit and not unit.parent)
    others = (AGENT, DISPATCHER, SUPERVISOR, CALLER, AUDITOR, officer, Actor("u-x", "外单位", Role.UNIT_LEAD, stranger))
    for actor in others:
        with pytest.raises(NotAllowed):
            decide(bench, request_id, actor, changed=POOR)
    assert bench.state(case_id) == "in_progress"


def test_the_text_of_another_request_is_not_the_approvers_to_change(bench: Bench) -> None:
    case_id, officer, _ = signed(bench)
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        given = Given(reason="配件未到")
        made = requests.ask(session, bench.district, case, "extension", actor=officer, now=bench.now, given=given)
        request_id = made.id
    with pytest.raises(TextNotChangeable):
        decide(bench, request_id, DISPATCHER, changed="另一段话")
    assert bench.look(lambda session: session.get_one(Request, request_id).state) == "pending"
