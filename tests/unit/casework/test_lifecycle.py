"""Rules of both lives: who may do what, from which state, with what; and what follows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import desk_work, requests, tickets
from casework.actors import Actor, Given
from casework.errors import (
    AgainstDirectory,
    NeedMissing,
    NotAllowed,
    OwnCallback,
    RequestDecided,
    RequestLimit,
    RequestPending,
    UnknownCase,
    UnknownMove,
    UnknownReason,
    UnknownUnit,
    WrongState,
)
from casework.tables import Case, Notice, Request, Step, Ticket, TicketFacts
from district.schemas import Role
from storage.audit import AuditRow
from triage.assessment import CategoryGuess, RequestTypeGuess

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, category_of

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
UNSOLVED = {"reached": True, "contacted": True, "resolved": False, "satisfaction": "dissatisfied", "text": "还是不亮"}


def test_a_case_goes_from_dispatch_to_closure_and_the_resident_hears_the_answer(bench: Bench) -> None:
    case_id = bench.answered()
    assert bench.state(case_id) == "answered"
    answers = [delivery for delivery in bench.said() if "路灯已修好" in delivery.text]
    assert len(answers) == 1
    bench.call_back(case_id, **SOLVED)
    assert bench.state(case_id) == "closed"
    ticket = bench.look(lambda session: session.scalars(select(Ticket)).one())
    assert (ticket.state, ticket.close_reason) == ("closed", "callback")


def test_every_move_leaves_a_step_and_an_audit_row_without_the_residents_words(bench: Bench) -> None:
    case_id = bench.answered()
    steps = select(Step.move).where(Step.case_id == case_id).order_by(Step.id)
    moves = bench.look(lambda session: list(session.scalars(steps)))
    assert [move for move in moves if move in ("open", "dispatch", "sign", "answer")] == [
        "open",
        "dispatch",
        "sign",
        "answer",
    ]
    rows = bench.look(lambda session: list(session.scalars(select(AuditRow))))
    assert {"dispatch", "sign", "answer"} <= {row.act for row in rows}
    assert not any("路灯" in str(row.details) for row in rows)


def test_the_timeline_tells_an_act_on_ticket_and_case_once(bench: Bench) -> None:
    bench.case()
    steps = bench.look(lambda session: tickets.timeline(session, ticket=session.scalars(select(Ticket)).one()))
    labels = [step.label for step in steps]
    assert labels.count("立案") == 1
    assert labels.index("收到诉求") < labels.index("立案")


def test_a_move_from_the_wrong_state_is_refused(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(WrongState):
        bench.do(case_id, "answer", bench.lead(case_id), text="好")
    with pytest.raises(UnknownMove):
        bench.do(case_id, "teleport", SUPERVISOR)
    assert bench.state(case_id) == "dispatched"


@pytest.mark.parametrize("actor", [AGENT, AUDITOR, CALLER], ids=lambda actor: str(actor.role))
def test_a_role_that_may_not_is_refused(bench: Bench, actor: Actor) -> None:
    case_id = bench.case()
    with pytest.raises(NotAllowed):
        bench.do(case_id, "sign", actor)


def test_another_unit_neither_sees_nor_moves_a_case(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    other = next(unit.code for unit in bench.district.units if unit.kind == "bureau" and unit.code != lead.unit)
    stranger = Actor("u-x", "别的单位", Role.UNIT_LEAD, other)
    with pytest.raises(NotAllowed):
        bench.do(case_id, "sign", stranger)
    with bench.database.read() as session:
        assert [case.id for case in session.scalars(tickets.seen_cases(bench.district, lead))] == [case_id]
        assert list(session.scalars(tickets.seen_cases(bench.district, stranger))) == []
        assert list(session.scalars(tickets.seen_tickets(bench.district, stranger))) == []
        with pytest.raises(UnknownCase):
            tickets.get_case(session, bench.district, case_id, stranger)


def test_a_street_sees_the_cases_of_its_communities(bench: Bench) -> None:
    case_id = bench.case()
    community = next(unit for unit in bench.district.units if unit.kind == "community")
    with bench.database.write.begin() as session:
        from casework.dispatch import set_units

        case = session.get_one(Case, case_id)
        case.lead_unit = community.code
        set_units(case, community.code, ())
    street = Actor("u-s", "街道", Role.UNIT_LEAD, community.parent or "")
    with bench.database.read() as session:
        assert [case.id for case in session.scalars(tickets.seen_cases(bench.district, street))] == [case_id]


def test_an_answer_needs_its_words(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    with pytest.raises(NeedMissing):
        bench.do(case_id, "answer", lead, text="")


def test_dispatch_follows_the_directory_line_and_cites_it(bench: Bench) -> None:
    case_id = bench.case()
    case = bench.look(lambda session: session.get_one(Case, case_id))
    code, unit = category_of(bench.district)
    line = bench.district.directory.line_for(code, None)
    assert line is not None
    assert (case.lead_unit, case.directory_line, case.clause) == (unit, line.line, line.clause)


def test_dispatch_against_the_directory_needs_a_reason_and_is_on_record(bench: Bench) -> None:
    ticket_id = bench.ticket()
    street = bench.district.units.streets[0].code
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        case = desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW, dispatch_now=False)
        case_id = case.id
    with pytest.raises(AgainstDirectory):
        bench.do(case_id, "dispatch", DISPATCHER, unit=street)
    bench.do(case_id, "dispatch", DISPATCHER, unit=street, text="区领导协调会确定由街道牵头")
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.lead_unit, case.against_directory) == (street, True)


def test_dispatch_to_no_such_unit_is_refused(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session, pytest.raises(UnknownUnit):
        ticket = session.get_one(Ticket, ticket_id)
        desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW, unit="火星街道")


def test_an_officers_answer_waits_for_his_lead_and_then_reaches_the_resident(bench: Bench) -> None:
    case_id = bench.case()
    officer, lead = bench.lead(case_id, Role.UNIT_OFFICER), bench.lead(case_id)
    bench.do(case_id, "sign", officer)
    asked = bench.do(case_id, "answer", officer, text="您好,已更换灯泡。")
    assert isinstance(asked, Request)
    assert bench.state(case_id) == "in_progress"
    with bench.database.write.begin() as session:
        request = requests.get(session, asked.id)
        requests.decide(session, bench.district, request, approve=True, actor=lead, now=NOW)
    assert bench.state(case_id) == "answered"
    assert any("已更换灯泡" in delivery.text for delivery in bench.said())


def decide(bench: Bench, request_id: str, actor: Actor, *, approve: bool) -> None:
    with bench.database.write.begin() as session:
        requests.decide(
            session, bench.district, requests.get(session, request_id), approve=approve, actor=actor, now=NOW
        )


def ask(bench: Bench, case_id: str, kind: str, actor: Actor, **given: object) -> str:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        made = requests.ask(session, bench.district, case, kind, actor=actor, now=NOW, given=Given(**given))  # type: ignore[arg-type]
        return made.id


def a_return(bench: Bench) -> dict[str, object]:
    kind = next(kind for kind in bench.district.workflow.requests if kind.name == "return")
    other = bench.district.units.streets[1].code
    return {
        "reason": next(iter(kind.reasons)),
        "text": "不属于本单位职责",
        "proposed_unit": other,
        "directory_line": "DL-0001",
    }


def test_an_accepted_return_brings_the_case_back_and_the_desk_dispatches_anew(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    key = ask(bench, case_id, "return", lead, **a_return(bench))
    decide(bench, key, DISPATCHER, approve=True)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.lead_unit, case.returns) == ("open", "", 1)
    with bench.database.read() as session:
        assert list(session.scalars(tickets.seen_cases(bench.district, lead))) == []
    bench.do(case_id, "dispatch", DISPATCHER, unit=str(a_return(bench)["proposed_unit"]), text="按退单建议改派")
    facts = bench.look(lambda session: session.scalars(select(TicketFacts)).one())
    assert (facts.returned, facts.first_dispatch_right) == (1, 0)


def test_a_refused_return_leaves_the_case_with_its_unit(bench: Bench) -> None:
    case_id = bench.case()
    key = ask(bench, case_id, "return", bench.lead(case_id), **a_return(bench))
    decide(bench, key, DISPATCHER, approve=False)
    assert bench.state(case_id) == "dispatched"
    with pytest.raises(RequestDecided):
        decide(bench, key, DISPATCHER, approve=True)


def test_a_return_needs_code_line_and_proposed_unit(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    whole = a_return(bench)
    for missing in ("proposed_unit", "directory_line", "reason"):
        with pytest.raises(NeedMissing):
            ask(bench, case_id, "return", lead, **(whole | {missing: ""}))
    with pytest.raises(UnknownReason):
        ask(bench, case_id, "return", lead, **(whole | {"reason": "no-such-code"}))


def test_one_request_of_a_kind_at_a_time_and_a_third_return_is_impossible(bench: Bench) -> None:
    case_id = bench.case()
    unit = category_of(bench.district)[1]
    for last in (False, True):
        lead = bench.lead(case_id)
        key = ask(bench, case_id, "return", lead, **a_return(bench))
        with pytest.raises(RequestPending):
            ask(bench, case_id, "return", lead, **a_return(bench))
        decide(bench, key, DISPATCHER, approve=True)
        if not last:
            bench.do(case_id, "dispatch", DISPATCHER, unit=unit, text="仍由该单位承办")
    bench.do(case_id, "arbitrate", SUPERVISOR, unit=unit, text="会商决定由该单位承办")
    with pytest.raises(RequestLimit):
        ask(bench, case_id, "return", bench.lead(case_id), **a_return(bench))


def test_nobody_decides_his_own_request_and_no_role_anothers(bench: Bench) -> None:
    case_id = bench.case()
    key = ask(bench, case_id, "return", bench.lead(case_id), **a_return(bench))
    for actor in (AGENT, CALLER, bench.lead(case_id)):
        with pytest.raises(NotAllowed):
            decide(bench, key, actor, approve=True)


def test_an_unresolved_matter_goes_back_to_its_unit_and_is_called_back_again(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, **UNSOLVED)
    case = bench.look(lambda session: session.get_one(Case, case_id))
    assert (case.state, case.reworks) == ("in_progress", 1)
    lead = bench.lead(case_id)
    bench.do(case_id, "answer", lead, text="您好,已重新检修。")
    assert any("重新检修" in delivery.text for delivery in bench.said())
    bench.call_back(case_id, **SOLVED)
    facts = bench.look(lambda session: session.scalars(select(TicketFacts)).one())
    assert (facts.reworked, facts.resolved, facts.closed) == (1, 1, 1)


def test_after_the_last_rework_an_unresolved_matter_is_closed_as_unresolved(bench: Bench) -> None:
    case_id = bench.answered()
    for _ in range(bench.district.workflow.rework_at_most):
        bench.call_back(case_id, **UNSOLVED)
        bench.do(case_id, "answer", bench.lead(case_id), text="您好,再次处理。")
    bench.call_back(case_id, **UNSOLVED)
    assert bench.state(case_id) == "closed"
    facts = bench.look(lambda session: session.scalars(select(TicketFacts)).one())
    assert (facts.effective_callback, facts.resolved) == (1, 0)


def test_three_attempts_at_different_hours_make_a_resident_unreachable(bench: Bench) -> None:
    case_id = bench.answered()
    for minutes in (0, 5, 60):
        bench.call_back(case_id, reached=False, now=NOW + timedelta(minutes=minutes))
        assert bench.state(case_id) == "answered"
    bench.call_back(case_id, reached=False, now=NOW + timedelta(minutes=120))
    ticket = bench.look(lambda session: session.scalars(select(Ticket)).one())
    assert (ticket.state, ticket.close_reason) == ("closed", "unreachable")
    assert bench.state(case_id) == "closed"
    facts = bench.look(lambda session: session.scalars(select(TicketFacts)).one())
    assert facts.effective_callback == 0


def test_a_handler_never_calls_back_his_own_case(bench: Bench) -> None:
    case_id = bench.answered()
    lead = bench.lead(case_id)
    own = Actor("u-own", "本单位回访员", Role.CALLBACK_AGENT, lead.unit)
    with pytest.raises(OwnCallback):
        bench.call_back(case_id, own, **SOLVED)


def test_each_reporter_of_a_merged_case_is_answered_called_back_and_counted(bench: Bench) -> None:
    case_id = bench.case()
    second = bench.ticket("路灯又不亮了")
    with bench.database.write.begin() as session:
        from casework.dispatch import join

        ticket, case = session.get_one(Ticket, second), session.get_one(Case, case_id)
        join(session, bench.district, ticket, case, actor=DISPATCHER, now=NOW)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="您好,路灯已修好。")
    assert len({delivery.recipient for delivery in bench.said() if "路灯已修好" in delivery.text}) == 2
    bench.call_back(case_id, **SOLVED)
    assert bench.state(case_id) == "answered"
    bench.call_back(case_id, **SOLVED)
    assert bench.state(case_id) == "closed"
    assert (
        bench.look(lambda session: len(list(session.scalars(select(TicketFacts).where(TicketFacts.closed == 1))))) == 2
    )


def test_a_rejection_names_the_lawful_way_and_counts_as_not_accepted(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        move = next(m for m in bench.district.workflow.ticket.transitions if m.name == "reject")
        given = Given(reason=next(iter(move.reasons)), text="该事项正在法院审理,请按诉讼程序办理。")
        desk_work.move(session, bench.district, ticket, "reject", actor=AGENT, now=NOW, given=given)
    assert bench.ticket_state(ticket_id) == "rejected"
    facts = bench.look(lambda session: session.scalars(select(TicketFacts)).one())
    assert facts.accepted == 0


def test_a_withdrawn_last_ticket_closes_its_case(bench: Bench) -> None:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        ticket = session.scalars(select(Ticket)).one()
        desk_work.move(session, bench.district, ticket, "withdraw", actor=AGENT, now=NOW)
    assert bench.look(lambda session: session.scalars(select(Ticket.state)).one()) == "withdrawn"
    assert bench.state(case_id) == "closed"


def test_the_unit_is_told_of_its_dispatch_and_nobody_else(bench: Bench) -> None:
    case_id = bench.case()
    lead = bench.lead(case_id)
    units = bench.look(lambda session: set(session.scalars(select(Notice.unit).where(Notice.audience == "unit"))))
    assert units == {lead.unit}


def test_a_correction_is_kept_for_learning(bench: Bench) -> None:
    from casework.tables import Correction

    ticket_id = bench.ticket()
    other = next(c.code for c in bench.district.taxonomy.leaves if c.code != category_of(bench.district)[0])
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        desk_work.correct(session, bench.district, ticket, actor=AGENT, now=NOW, category=other, request_type="求助")
    rows = bench.look(lambda session: list(session.scalars(select(Correction).order_by(Correction.field))))
    assert [(row.field, row.corrected) for row in rows] == [("category", other), ("request_type", "求助")]


def test_a_suggestion_taken_as_it_stands_is_told_as_confirmed_and_a_changed_one_as_corrected(bench: Bench) -> None:
    ticket_id = bench.ticket()
    proposed, other = category_of(bench.district)[0], bench.district.taxonomy.leaves[-1].code
    assert proposed != other
    for category in (proposed, other, proposed):
        with bench.database.write.begin() as session:
            found = session.get_one(Ticket, ticket_id)
            desk_work.correct(session, bench.district, found, actor=AGENT, now=NOW, category=category)
    told = bench.look(lambda session: list(session.scalars(select(Step.label).order_by(Step.id))))
    assert told[-3:] == ["确认研判", "更正研判", "更正研判"]


def test_a_report_keeps_its_reporter_from_the_unit_reported_on(bench: Bench) -> None:
    from api import views
    from casework.reading import Reader

    code = category_of(bench.district)[0]
    guess = CategoryGuess(code, bench.district.taxonomy.get(code).path, 0.9)
    case_id = bench.case(
        "我叫王五,电话13800001234,举报小作坊", category=(guess,), request_type=RequestTypeGuess("举报", 0.9)
    )
    lead = bench.lead(case_id)
    with bench.database.read() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert "13800001234" not in views.ticket_whole(Reader(bench.district, lead), ticket)["text"]
        assert "13800001234" in views.ticket_whole(Reader(bench.district, AGENT), ticket)["text"]
