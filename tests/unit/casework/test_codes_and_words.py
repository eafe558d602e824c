"""A reason is a code of the workflow; what people write goes into texts of any length, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework import desk_work
from casework.errors import UnknownUnit
from casework.tables import Case, Step, Ticket
from tests.unit.casework.conftest import DISPATCHER, Bench

LONG = "与派单目录不一致的理由" * 40


def test_a_long_reason_for_leaving_the_directory_is_kept_whole(bench: Bench) -> None:
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        named = bench.district.directory.line_for(ticket.category, None)
        other = next(each for each in bench.district.units if each.kind == "bureau" and each.code != named.lead)
        case = desk_work.accept(
            session, bench.district, ticket, actor=DISPATCHER, now=bench.now, unit=other.code, reason=LONG
        )
        case_id = case.id
    with bench.database.read() as session:
        step = session.scalars(select(Step).where(Step.case_id == case_id, Step.move == "dispatch")).one()
        assert (step.reason, step.text) == ("", LONG)
        assert session.get_one(Case, case_id).against_directory


def test_a_unit_proposed_with_a_recall_is_one_of_the_districts(bench: Bench) -> None:
    case_id = bench.case()
    with pytest.raises(UnknownUnit):
        bench.do(case_id, "recall", DISPATCHER, text="派错了", proposed_unit="没有这样一个单位" * 5)
    bureau = next(each for each in bench.district.units if each.kind == "bureau")
    bench.do(case_id, "recall", DISPATCHER, text="派错了", proposed_unit=bureau.name)
    assert bench.look(lambda session: session.get_one(Case, case_id).proposed_unit) == bureau.code
