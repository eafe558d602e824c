"""Lists of cases: what is due first stands first, whatever the list is cut to; those overdue are narrowed as any."""

from __future__ import annotations

from datetime import timedelta

import pytest

from casework import tickets
from casework.tables import Case
from casework.tickets import CaseFilter
from storage.database import Database

from .conftest import NOW, SUPERVISOR, Bench


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


def due_in(bench: Bench, days: int) -> str:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        for clock in session.get_one(Case, case_id).clocks:
            clock.due_at = NOW + timedelta(days=days)
    return case_id


def test_what_is_due_first_is_shown_though_it_is_the_oldest_and_the_list_is_cut(bench: Bench) -> None:
    old, stopped, new = due_in(bench, -1), due_in(bench, 1), due_in(bench, 2)
    with bench.database.write.begin() as session:
        for clock in session.get_one(Case, stopped).clocks:
            clock.state = "paused"
    lead = bench.lead(old)

    def shown(limit: int) -> tuple[list[str], int]:
        def read(session: object) -> tuple[list[str], int]:
            states = ("dispatched", "in_progress")
            found, total = tickets.due_first(session, bench.district, lead, states, limit=limit)  # type: ignore[arg-type]
            return [case.id for case in found], total

        return bench.look(read)

    assert shown(1) == ([old], 3)
    assert shown(9) == ([old, new, stopped], 3)


def test_overdue_cases_are_narrowed_by_unit_and_the_oldest_stand_first(bench: Bench) -> None:
    first, second = due_in(bench, -1), due_in(bench, -2)
    due_in(bench, 1)
    unit = bench.lead(first).unit
    other = next(each.code for each in bench.district.units if each.kind == "bureau" and each.code != unit)

    def listed(unit: str, after: str = "") -> list[str]:
        chosen = CaseFilter(unit=unit, overdue_at=NOW)
        found = bench.look(
            lambda session: tickets.list_cases(session, bench.district, SUPERVISOR, chosen, after=after, limit=9)
        )
        return [case.id for case in found.items]

    assert listed(unit) == [first, second]
    assert listed(unit, after=first) == [second]
    assert listed(other) == []
