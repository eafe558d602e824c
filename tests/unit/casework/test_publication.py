"""Years whose days off are not loaded, acts out of order: what is said of them and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from casework import in_order, publication
from casework.deadline_errors import ClockBackwards, ProvisionalDays
from casework.tables import Case, Step
from district.pack import District

from .conftest import DISPATCHER, NOW, SUPERVISOR, Bench


def at(district: District, text: str) -> datetime:
    return district.calendars.utc(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("now", "missing"),
    [
        ("2026-09-30 23:59", None),
        ("2026-10-01 00:00", 2027),
        ("2026-12-31 23:59", 2027),
        ("2027-01-01 00:00", 2027),
        ("2025-12-31 23:59", None),
    ],
)
def test_next_years_notice_is_waited_for_from_october_on(district: District, now: str, missing: int | None) -> None:
    assert publication.missing_year(district.calendars, now=at(district, now)) == missing


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_is_said_how_many_open_deadlines_rest_on_it(bench: Bench) -> None:
    bench.now = at(bench.district, "2026-12-29 10:00")
    bench.case()
    bench.now = at(bench.district, "2026-12-29 10:01")
    case_id = bench.case()
    found = bench.look(lambda session: publication.missing_notice(session, bench.district, now=bench.now))
    assert found.sentence == "2027 年放假安排尚未载入，2 个时限为暂定"
    bench.do(case_id, "sign", bench.lead(case_id))
    bench.do(case_id, "answer", bench.lead(case_id), text="路灯已修好。")
    found = bench.look(lambda session: publication.missing_notice(session, bench.district, now=bench.now))
    assert found.provisional == 1
    early = at(bench.district, "2026-09-01 10:00")
    assert bench.look(lambda session: publication.missing_notice(session, bench.district, now=early)) is None


@pytest.mark.parametrize(
    ("start", "end", "now", "years"),
    [
        ("2026-11-19 12:00", "2026-12-19 12:00", "2027-01-05 09:00", ()),
        ("2026-12-19 12:00", "2027-01-19 12:00", "2026-12-31 23:59", ()),
        ("2026-12-19 12:00", "2027-01-19 12:00", "2027-01-01 00:00", (2027,)),
        ("2026-12-19 12:00", "2028-01-19 12:00", "2029-01-01 00:00", (2027, 2028)),
        ("2026-03-01 12:00", "2026-04-01 12:00", "2026-11-05 09:00", ()),
    ],
)
def test_a_report_refuses_days_that_came_without_their_notice(
    district: District, start: str, end: str, now: str, years: tuple[int, ...]
) -> None:
    moments = {name: at(district, text) for name, text in (("start", start), ("end", end), ("now", now))}
    if not years:
        publication.check_publishable(district, **moments)
        return
    with pytest.raises(ProvisionalDays) as refused:
        publication.check_publishable(district, **moments)
    assert refused.value.years == years


def test_an_act_before_the_last_step_of_the_case_is_refused_and_changes_nothing(bench: Bench) -> None:
    case_id = bench.case()
    later = NOW + timedelta(hours=3)
    bench.do(case_id, "sign", bench.lead(case_id), now=later)
    with pytest.raises(ClockBackwards) as refused:
        bench.do(case_id, "contact", bench.lead(case_id), now=later - timedelta(minutes=3), text="已联系")
    assert refused.value.last == later
    assert bench.state(case_id) == "in_progress"
    steps = bench.look(lambda session: session.scalars(select(Step.move).where(Step.case_id == case_id)).all())
    assert "contact" not in steps


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_two_minutes_between_the_clocks_of_two_machines_are_allowed(bench: Bench) -> None:
    case_id = bench.case()
    later = NOW + timedelta(hours=3)
    bench.do(case_id, "sign", bench.lead(case_id), now=later)
    bench.do(case_id, "contact", bench.lead(case_id), now=later - in_order.SKEW, text="已联系")
    with bench.database.read() as session:
        case = session.get_one(Case, case_id)
        with pytest.raises(ClockBackwards):
            in_order.moment(session, case, now=later - in_order.SKEW - timedelta(seconds=1))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_waited_for_another_is_dated_after_him_whenever_he_began(bench: Bench) -> None:
    case_id, later = bench.case(), NOW + timedelta(hours=3)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead, now=later)
    bench.do(case_id, "answer", lead, now=later - timedelta(seconds=5), text="已修好")
    bench.call_back(case_id, now=later - timedelta(seconds=9), reached=True, resolved=True, satisfaction="satisfied")
    steps = select(Step.at).where(Step.case_id == case_id, Step.move.in_(("sign", "answer", "close")))
    assert bench.look(lambda session: session.scalars(steps).all()) == [later] * 3
    clocks = bench.look(lambda session: list(session.get_one(Case, case_id).clocks))
    assert all(clock.started_at <= clock.stopped_at for clock in clocks)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_supervisors_and_dispatchers_are_held_to_it_too(bench: Bench) -> None:
    case_id = bench.case()
    before = datetime(2026, 3, 1, tzinfo=UTC)
    for actor in (SUPERVISOR, DISPATCHER):
        with pytest.raises(ClockBackwards):
            bench.do(case_id, "recall", actor, now=before, text="派错了")
