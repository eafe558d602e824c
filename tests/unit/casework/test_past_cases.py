"""Which cases teach triage of units, and what becomes of a suggestion that rests on returns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from casework import desk_work, past_cases
from casework.actors import SYSTEM
from casework.tables import Request, Step, Ticket
from storage.database import new_id
from triage.assessment import UnitGuess
from triage.past_cases import PastCase

from .conftest import DISPATCHER, NOW, Bench, category_of


def known(bench: Bench) -> list[PastCase]:
    found: list[PastCase] = bench.look(past_cases.answered)
    return found


def decided(bench: Bench, case_id: str, kind: str, state: str, unit: str = "") -> None:
    with bench.database.write.begin() as session:
        session.add(
            Request(
                id=new_id(),
                case_id=case_id,
                kind=kind,
                state=state,
                asked_by=SYSTEM.id,
                asked_by_unit=unit,
                asked_at=NOW,
            )
        )


def test_a_case_teaches_once_a_unit_has_answered_it(bench: Bench) -> None:
    bench.case()
    assert known(bench) == []
    case_id = bench.answered(text="另一条路的路灯坏了")
    (only,) = known(bench)
    assert (only.case_id, only.returned_by, only.text) == (case_id, (), "另一条路的路灯坏了")


def test_only_returns_that_were_approved_count(bench: Bench) -> None:
    case_id = bench.answered()
    decided(bench, case_id, "return", "refused", "U001")
    assert known(bench)[0].returned_by == ()
    decided(bench, case_id, "return", "approved", "U002")
    assert known(bench)[0].returned_by == ("U002",)


def test_an_excluded_case_teaches_nothing(bench: Bench) -> None:
    decided(bench, bench.answered(), "exclusion", "approved")
    assert known(bench) == []


def proposed_by_returns(bench: Bench) -> tuple[str, dict[str, Any]]:
    """A ticket whose suggestion puts a street before the directory's unit, which gave such cases back."""
    street = bench.district.units.streets[0]
    lead = category_of(bench.district)[1]
    units = (
        UnitGuess(street.code, street.name, 0.6, basis="returns"),
        UnitGuess(lead, bench.district.units.get(lead).name, 0.3, returns=("c1", "c2")),
    )
    return bench.ticket(unit=units), {"unit": street.code, "lead": lead, "name": street.name}


def test_what_returns_speak_for_is_taken_over_with_that_as_its_reason(bench: Bench) -> None:
    ticket_id, known = proposed_by_returns(bench)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        case = desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW)
        assert (case.lead_unit, case.against_directory) == (known["unit"], True)
    step = bench.look(lambda session: session.scalars(select(Step).where(Step.move == "dispatch")).one())
    assert step.text == f"类似办件被退回后由{known['name']}办理"


def test_another_category_goes_by_the_directory_whatever_was_given_back(bench: Bench) -> None:
    ticket_id, known = proposed_by_returns(bench)
    other = next(
        category.code
        for category in bench.district.taxonomy.leaves
        if (line := bench.district.directory.line_for(category.code, None)) is not None
        and line.lead not in (known["lead"], known["unit"])
        and not line.lead.startswith("@")
    )
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        case = desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=NOW, category=other)
        assert (case.lead_unit == known["unit"], case.against_directory) == (False, False)
