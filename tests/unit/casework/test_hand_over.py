"""Rules of handing open work over, and of undoing it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework import hand_over
from casework.actors import Actor
from casework.errors import NotAllowed, UnknownUnit
from casework.people_errors import (
    HandOverMovedOn,
    HandOverTooOld,
    HandOverUndone,
    UnfitHandOver,
    UnknownHandOver,
)
from casework.tables import Case, Clock, Notice, Step, TicketFacts
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench
from .people_bench import staff

TO = "U022"
ADMIN = Actor("u-admin", "管理员", Role.ADMINISTRATOR)


@pytest.fixture
def bench(sqlite_bench: Bench) -> Bench:
    return sqlite_bench


def hand(bench: Bench, source: str, target: str = TO, *, actor: Actor = ADMIN, **more: object) -> str:
    with bench.database.write.begin() as session:
        made = hand_over.hand_over(
            session,
            bench.district,
            source,
            target,
            actor=actor,
            now=bench.now,
            reason=str(more.get("reason", "负责人调离")),
            numbers=more.get("numbers"),  # type: ignore[arg-type]
        )
        return made.id


def undo(bench: Bench, key: str, *, actor: Actor = ADMIN) -> int:
    with bench.database.write.begin() as session:
        return hand_over.undo(session, bench.district, key, actor=actor, now=bench.now)


def case(bench: Bench, case_id: str) -> Case:
    def read(session: object) -> Case:
        found = session.get_one(Case, case_id)  # type: ignore[attr-defined]
        _ = found.units, found.tickets
        return found

    return bench.look(read)


def clocks(bench: Bench, case_id: str) -> list[tuple[str, str, object]]:
    query = select(Clock).where(Clock.case_id == case_id).order_by(Clock.id)
    return bench.look(lambda session: [(each.name, each.state, each.due_at) for each in session.scalars(query)])


def test_all_open_cases_go_over_with_their_clocks_running_on(bench: Bench) -> None:
    first, second = bench.case(), bench.case()
    unit = case(bench, first).lead_unit
    bench.do(second, "sign", bench.lead(second))
    before = clocks(bench, first) + clocks(bench, second)
    hand(bench, unit)
    for case_id, state in ((first, "dispatched"), (second, "in_progress")):
        found = case(bench, case_id)
        assert (found.lead_unit, found.state) == (TO, state)
        assert [(each.unit, each.part) for each in found.units] == [(TO, "lead")]
        assert [ticket.unit for ticket in found.tickets] == [TO]
    assert clocks(bench, first) + clocks(bench, second) == before
    bench.do(first, "sign", bench.lead(first))
    assert bench.state(first) == "in_progress"


def test_each_case_gets_a_step_and_the_new_unit_a_notice_and_all_is_audited(bench: Bench) -> None:
    case_id = bench.case()
    unit = case(bench, case_id).lead_unit
    key = hand(bench, unit)
    step = bench.look(lambda session: session.scalar(select(Step).where(Step.move == "hand_over")))
    assert (step.case_id, step.actor, step.unit) == (case_id, ADMIN.id, TO)
    assert "负责人调离" in step.text
    notice = bench.look(lambda session: session.scalar(select(Notice).where(Notice.template == "handed_over")))
    assert (notice.audience, notice.unit, notice.case_id) == ("unit", TO, case_id)
    row = bench.look(lambda session: session.scalar(select(AuditRow).where(AuditRow.subject_id == key)))
    assert row.details == {"from": unit, "to": TO, "kind": "by_hand", "cases": 1}


def test_chosen_cases_go_and_the_others_stay(bench: Bench) -> None:
    first, second = bench.case(), bench.case()
    unit = case(bench, first).lead_unit
    hand(bench, unit, numbers=[case(bench, second).number])
    assert (case(bench, first).lead_unit, case(bench, second).lead_unit) == (unit, TO)


def test_a_co_handlers_part_goes_over_too_with_what_it_answered(bench: Bench) -> None:
    case_id = bench.case()
    lead = case(bench, case_id).lead_unit
    with bench.database.write.begin() as session:
        found = session.get_one(Case, case_id)
        found.units.append(hand_over.CaseUnit(unit="U023", part="co", answer="已配合", answered_by="u-1"))
    hand(bench, "U023")
    found = case(bench, case_id)
    assert found.lead_unit == lead
    assert {each.unit: (each.part, each.answer) for each in found.units} == {lead: ("lead", ""), TO: ("co", "已配合")}


def test_a_lead_that_goes_to_a_co_handler_makes_that_one_the_lead(bench: Bench) -> None:
    case_id = bench.case()
    lead = case(bench, case_id).lead_unit
    with bench.database.write.begin() as session:
        found = session.get_one(Case, case_id)
        found.units.append(hand_over.CaseUnit(unit=TO, part="co"))
    key = hand(bench, lead)
    assert [(each.unit, each.part) for each in case(bench, case_id).units] == [(TO, "lead")]
    undo(bench, key)
    assert {each.unit: each.part for each in case(bench, case_id).units} == {lead: "lead", TO: "co"}
    assert case(bench, case_id).lead_unit == lead


def test_closed_cases_keep_the_unit_that_closed_them(bench: Bench) -> None:
    case_id = bench.answered()
    unit = case(bench, case_id).lead_unit
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    assert bench.state(case_id) == "closed"
    with pytest.raises(UnfitHandOver, match="没有可移交"):
        hand(bench, unit)


def test_a_hand_over_is_no_mistake_of_the_first_dispatch(bench: Bench) -> None:
    case_id = bench.case()
    hand(bench, case(bench, case_id).lead_unit)
    row = bench.look(lambda session: session.scalar(select(TicketFacts)))
    assert (row.unit, row.first_dispatch_right) == (TO, 1)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, CALLER, AUDITOR])
def test_no_other_role_hands_over_or_undoes(bench: Bench, actor: Actor) -> None:
    unit = case(bench, bench.case()).lead_unit
    with pytest.raises(NotAllowed):
        hand(bench, unit, actor=actor)
    key = hand(bench, unit, actor=SUPERVISOR)
    with pytest.raises(NotAllowed):
        undo(bench, key, actor=actor)
    lead = Actor("u-lead", "负责人", Role.UNIT_LEAD, unit)
    with pytest.raises(NotAllowed):
        undo(bench, key, actor=lead)


def test_what_makes_no_sense_is_refused(bench: Bench) -> None:
    unit = case(bench, bench.case()).lead_unit
    with pytest.raises(UnfitHandOver, match="同一个"):
        hand(bench, unit, unit)
    with pytest.raises(UnfitHandOver, match="原因"):
        hand(bench, unit, reason=" ")
    with pytest.raises(UnfitHandOver, match="C-1"):
        hand(bench, unit, numbers=["C-1"])
    with pytest.raises(UnfitHandOver):
        hand(bench, unit, numbers=[])
    with pytest.raises(UnknownUnit):
        hand(bench, unit, "没有这个单位")


def test_undoing_gives_back_what_was_left_as_handed(bench: Bench) -> None:
    first, second = bench.case(), bench.case()
    unit = case(bench, first).lead_unit
    key = hand(bench, unit)
    hand(bench, TO, "U023", numbers=[case(bench, second).number])
    assert undo(bench, key) == 1
    assert (case(bench, first).lead_unit, case(bench, second).lead_unit) == (unit, "U023")
    with pytest.raises(HandOverUndone):
        undo(bench, key)
    steps = bench.look(
        lambda session: list(
            session.scalars(select(Step.case_id).where(Step.move == "undo_hand_over").order_by(Step.id))
        )
    )
    assert steps == [first]


def test_it_is_undone_on_its_own_day_only(bench: Bench) -> None:
    unit = case(bench, bench.case()).lead_unit
    key = hand(bench, unit)
    bench.now = NOW.replace(hour=15, minute=59)  # 23:59 in China
    undo(bench, key)
    bench.now = NOW
    key = hand(bench, unit)
    bench.now = NOW.replace(hour=16, minute=0)
    with pytest.raises(HandOverTooOld):
        undo(bench, key)


def test_nothing_to_give_back_is_said(bench: Bench) -> None:
    case_id = bench.case()
    key = hand(bench, case(bench, case_id).lead_unit)
    hand(bench, TO, "U023")
    with pytest.raises(HandOverMovedOn):
        undo(bench, key)
    with pytest.raises(UnknownHandOver):
        undo(bench, "none")


def test_the_work_of_one_person_is_the_open_cases_he_acted_on(bench: Bench) -> None:
    first, _ = bench.case(), bench.case()
    officer = staff(bench, "officer", Role.UNIT_OFFICER, case(bench, first).lead_unit)
    bench.do(first, "sign", officer)
    work = bench.look(
        lambda session: [
            each.id
            for each in hand_over.open_work_of(session, bench.district, session.get_one(hand_over.User, officer.id))
        ]
    )
    assert work == [first]


def test_a_proposal_that_nobody_dispatched_goes_over(bench: Bench) -> None:
    case_id = bench.case()
    unit = case(bench, case_id).lead_unit
    bench.do(case_id, "recall", DISPATCHER, text="派错了", proposed_unit=unit)
    hand(bench, unit)
    assert (case(bench, case_id).proposed_unit, case(bench, case_id).lead_unit) == (TO, "")
