"""Rules of units that ended in mid-year: nothing new goes to them, their open work moves, history keeps their code."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from casework import dispatch, hand_over, rates, requests, unit_handovers
from casework.actors import SYSTEM, Actor, Given
from casework.errors import NotAllowed
from casework.people_errors import UnitEnded
from casework.people_tables import HandOver
from casework.tables import Case, CaseUnit, Ticket, TicketFacts
from district.schemas import Role
from district.unit_changes import UnitChange, UnitChanges

from .conftest import DISPATCHER, NOW, SUPERVISOR, Bench, category_of
from .people_bench import staff, user

TODAY = date(2026, 3, 24)
NEW, OTHER = "U022", "U023"


@pytest.fixture
def bench(sqlite_bench: Bench) -> Bench:
    return sqlite_bench


def change(bench: Bench, kind: str, *targets: str, source: str = "", day: date = TODAY) -> str:
    """The unit of ordinary cases ends; its code."""
    ended = source or category_of(bench.district)[1]
    rows = [{"day": day, "kind": kind, "from": ended, "to": target} for target in targets or ("",)]
    changes = UnitChanges([UnitChange.model_validate(row) for row in rows])
    bench.district = replace(bench.district, unit_changes=changes)
    return ended


def apply(bench: Bench, actor: Actor = SUPERVISOR) -> list[HandOver]:
    with bench.database.write.begin() as session:
        return unit_handovers.apply(session, bench.district, actor=actor, now=bench.now)


def case(bench: Bench, case_id: str) -> Case:
    return bench.look(lambda session: session.get_one(Case, case_id))


def recalled(bench: Bench) -> str:
    """An open case that waits for its dispatch; its id."""
    case_id = bench.case()
    bench.do(case_id, "recall", DISPATCHER, text="派错了")
    return case_id


def test_nothing_is_dispatched_to_a_unit_that_ended_and_the_successor_is_named(bench: Bench) -> None:
    case_id = recalled(bench)
    ended = change(bench, "rename", NEW)
    with pytest.raises(UnitEnded) as refused:
        bench.do(case_id, "dispatch", DISPATCHER, unit=ended)
    successor = bench.district.units.get(NEW).name
    assert (refused.value.name, refused.value.successor) == (bench.district.units.get(ended).name, successor)
    bench.do(case_id, "dispatch", DISPATCHER, unit=NEW)
    assert case(bench, case_id).against_directory is False, "the directory's unit is this one now"


def test_until_the_day_it_is_dispatched_to_as_ever(bench: Bench) -> None:
    case_id = recalled(bench)
    ended = change(bench, "rename", NEW, day=TODAY + timedelta(days=1))
    bench.do(case_id, "dispatch", DISPATCHER, unit=ended)
    assert case(bench, case_id).lead_unit == ended


def test_a_closed_unit_without_successor_names_nobody(bench: Bench) -> None:
    case_id = recalled(bench)
    ended = change(bench, "end")
    with pytest.raises(UnitEnded) as refused:
        bench.do(case_id, "dispatch", DISPATCHER, unit=ended)
    assert refused.value.successor == ""


def test_a_return_proposes_no_unit_that_ended(bench: Bench) -> None:
    case_id = bench.case()
    ended = change(bench, "rename", NEW, source=OTHER)
    kind = next(kind for kind in bench.district.workflow.requests if kind.name == "return")
    line = bench.district.directory.line_for(category_of(bench.district)[0], None)
    given = Given(reason=next(iter(kind.reasons)), text="不归我管", proposed_unit=ended, directory_line=line.line)
    with bench.database.write.begin() as session, pytest.raises(UnitEnded):
        found = session.get_one(Case, case_id)
        requests.ask(session, bench.district, found, "return", actor=bench.lead(case_id), now=NOW, given=given)


def test_what_the_directory_still_says_of_the_old_unit_goes_to_its_successor(bench: Bench) -> None:
    change(bench, "merge", NEW)
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        made = dispatch.without_a_person(session, bench.district, found, now=NOW)
        assert (made.lead_unit, made.state) == (NEW, "dispatched")


def test_a_matter_of_a_split_unit_waits_for_a_person(bench: Bench) -> None:
    change(bench, "split", NEW, OTHER)
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        made = dispatch.without_a_person(session, bench.district, session.get_one(Ticket, ticket_id), now=NOW)
        assert (made.lead_unit, made.proposed_unit, made.state) == ("", "", "open")


def test_open_work_and_staff_go_to_the_successor_and_a_second_time_nothing_is_left(bench: Bench) -> None:
    first = bench.case()
    ended = change(bench, "merge", NEW)
    staff(bench, "officer", Role.UNIT_OFFICER, ended)
    (planned,) = bench.look(lambda session: unit_handovers.due(session, bench.district, now=NOW))
    assert (planned.cases, planned.staff, planned.staff_to) == ({NEW: [case(bench, first).number]}, ["officer"], NEW)
    (made,) = apply(bench)
    assert (made.kind, made.source, made.target) == ("unit_change", ended, NEW)
    assert case(bench, first).lead_unit == NEW
    assert user(bench, "officer").unit == NEW
    assert apply(bench) == []
    assert bench.look(lambda session: unit_handovers.due(session, bench.district, now=NOW)) == []


def test_before_the_day_nothing_is_due(bench: Bench) -> None:
    bench.case()
    change(bench, "merge", NEW, day=TODAY + timedelta(days=1))
    assert apply(bench) == []


def test_after_a_split_each_case_goes_where_the_directory_says_else_to_the_first(bench: Bench) -> None:
    category, named = category_of(bench.district)
    first = bench.case()
    with bench.database.write.begin() as session:
        found = session.get_one(Case, first)
        found.lead_unit = OTHER
        found.units[0].unit = OTHER
    assert case(bench, first).category == category
    change(bench, "split", NEW, named, source=OTHER)
    apply(bench)
    assert case(bench, first).lead_unit == named


def test_what_nobody_inherits_is_left_and_told(bench: Bench) -> None:
    first = bench.case()
    ended = change(bench, "end")
    (left,) = bench.look(lambda session: unit_handovers.due(session, bench.district, now=NOW))
    assert (left.cases, left.settled) == ({"": [case(bench, first).number]}, True)
    assert apply(bench) == []
    assert case(bench, first).lead_unit == ended


def test_a_change_of_units_is_not_undone_by_hand(bench: Bench) -> None:
    bench.case()
    change(bench, "rename", NEW)
    (made,) = apply(bench)
    with bench.database.write.begin() as session, pytest.raises(UnitEnded):
        hand_over.undo(session, bench.district, made.id, actor=SUPERVISOR, now=NOW)


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.AGENT, Role.UNIT_LEAD, Role.AUDITOR])
def test_no_other_role_applies_changes(bench: Bench, role: Role) -> None:
    with pytest.raises(NotAllowed):
        apply(bench, Actor("u", "某", role))


def test_history_keeps_the_old_code_and_rates_roll_it_into_the_successor_when_asked(bench: Bench) -> None:
    old = bench.answered()
    bench.call_back(old, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    open_one = bench.case()
    ended = change(bench, "merge", NEW)
    apply(bench, SYSTEM)
    units = bench.look(lambda session: sorted(session.scalars(select(TicketFacts.unit))))
    assert units == sorted([ended, NEW])
    assert bench.look(lambda session: list(session.scalars(select(CaseUnit.unit).where(CaseUnit.case_id == old)))) == [
        ended
    ]
    start, end = NOW - timedelta(days=1), NOW + timedelta(days=1)

    def table(*, successors: bool) -> dict[str, int]:
        found = bench.look(
            lambda session: rates.compute(session, bench.district, start=start, end=end, successors=successors)
        )
        return {row.key: row.tickets for row in found.rows if row.tickets}

    assert table(successors=False) == {ended: 1, NEW: 1}
    assert table(successors=True) == {NEW: 2}
    assert case(bench, open_one).first_unit == ended


def test_a_period_that_ended_before_the_change_is_not_rolled(bench: Bench) -> None:
    bench.case()
    ended = change(bench, "merge", NEW, day=TODAY + timedelta(days=1))
    start, end = NOW - timedelta(days=1), NOW + timedelta(hours=2)
    found = bench.look(lambda session: rates.compute(session, bench.district, start=start, end=end, successors=True))
    assert [row.key for row in found.rows if row.tickets] == [ended]
