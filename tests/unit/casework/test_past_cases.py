"""Which cases teach triage of units."""

from __future__ import annotations

from casework import past_cases
from casework.actors import SYSTEM
from casework.tables import Request
from storage.database import new_id
from triage.past_cases import PastCase

from .conftest import NOW, Bench


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
