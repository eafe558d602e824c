"""The board: a number is what its list is, and figures add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from casework import board_behind, board_figures, board_report, requests
from casework.actors import Actor, Given
from casework.board_behind import NONE, OF_CASES, Behind
from casework.board_figures import Now, Period
from casework.errors import NotAllowed
from casework.tables import Case, Clock, Ticket, TicketFacts
from district import formulas
from district.schemas import Role
from storage.database import Database
from triage.assessment import Urgency

from .conftest import NOW, SUPERVISOR, Bench

MONTH = (2026, 4)
"""The assessment period from 19 March to 19 April, which ``NOW`` lies in."""
SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
LATER = NOW + timedelta(days=10)


def now_figures(bench: Bench, now: datetime = NOW) -> Now:
    found: Now = bench.look(lambda session: board_figures.now_figures(session, bench.district, now=now))
    return found


def period_figures(bench: Bench, *, with_excluded: bool = False, now: datetime = NOW) -> Period:
    found: Period = bench.look(
        lambda session: board_figures.period_figures(
            session, bench.district, MONTH, now=now, with_excluded=with_excluded
        )
    )
    return found


def counted(bench: Bench, asked: Behind, now: datetime = NOW) -> int:
    """How many stand behind it, which must be as many as its list has."""
    district = bench.district
    number: int = bench.look(lambda session: board_behind.count(session, district, asked, SUPERVISOR, now=now))
    assert number == len(listed(bench, asked, now)), asked
    return number


def listed(bench: Bench, asked: Behind, now: datetime = NOW) -> list[str]:
    """The ids of all pages, three at a time."""

    def pages(session: Any) -> Iterator[str]:
        after = ""
        while True:
            found = board_behind.listing(session, bench.district, asked, SUPERVISOR, now=now, after=after, limit=3)
            yield from (each.id for each in (*found.tickets, *found.cases))
            after = found.next
            if not after:
                return

    keys: list[str] = bench.look(lambda session: list(pages(session)))
    assert len(keys) == len(set(keys))
    return keys


def place(bench: Bench, case_id: str, **values: Any) -> None:
    """Put a case, its tickets and their facts somewhere or sometime else."""
    with bench.database.write.begin() as session:
        for table, column in ((Case, Case.id), (Ticket, Ticket.case_id)):
            session.execute(update(table).where(column == case_id).values(**values))
        for ticket in session.get_one(Case, case_id).tickets:
            session.execute(update(TicketFacts).where(TicketFacts.ticket_id == ticket.id).values(**values))


@pytest.fixture
def busy(bench: Bench) -> Bench:
    """Five cases in work, one of them an emergency; one to be called back, one closed; a ticket nobody has judged."""
    for _ in range(4):
        bench.case()
    bench.case(urgency=Urgency("emergency"))
    bench.answered()
    bench.call_back(bench.answered(), **SOLVED)
    bench.ticket_unfiled()
    return bench


def test_each_of_the_six_numbers_is_as_many_as_its_list(busy: Bench) -> None:
    found = now_figures(busy)
    assert found.numbers == {"in": 8, "closed": 1, "open": 5, "overdue": 0, "emergency": 1, "to_call_back": 1}
    later = now_figures(busy, LATER)
    assert later.numbers["in"] == 0
    assert later.numbers["overdue"] == 6, "the answered one's callback is late too"
    assert later.numbers["emergency"] == 1, "it is not over yet"
    for figures, now in ((found, NOW), (later, LATER)):
        _, end = formulas.day_span(figures.day, busy.district.formulas)
        for what, number in figures.numbers.items():
            asked = Behind(what) if what in OF_CASES else Behind(what, figures.start, end)
            assert counted(busy, asked, now) == number, what


def test_ageing_parts_all_open_cases_and_each_stretch_is_its_list(busy: Bench) -> None:
    days = busy.district.formulas.ageing
    cases = listed(busy, Behind("open"))
    for case_id, age in zip(cases, (0, 1, 2, 8, 40), strict=True):
        place(busy, case_id, opened_at=LATER - timedelta(days=age, seconds=1))
    with busy.database.write.begin() as session:
        session.execute(update(Clock).where(Clock.case_id == cases[4]).values(state="stopped"))
    found = now_figures(busy, LATER)
    assert [each.cases for each in found.ageing] == [1, 2, 0, 1, 0, 1]
    assert sum(each.cases for each in found.ageing) == found.numbers["open"]
    assert found.ageing[len(days)].late == 0
    for age, each in enumerate(found.ageing):
        assert counted(busy, Behind("open", age=age), LATER) == each.cases
        assert counted(busy, Behind("open", age=age, late=True), LATER) == each.late
        assert counted(busy, Behind("open", age=age, late=False), LATER) == each.cases - each.late


def test_a_case_is_in_the_younger_stretch_until_its_days_are_full(bench: Bench) -> None:
    case_id = bench.case()
    first = bench.district.formulas.ageing[0]
    place(bench, case_id, opened_at=LATER - timedelta(days=first) + timedelta(seconds=1))
    assert counted(bench, Behind("open", age=0), LATER) == 1
    place(bench, case_id, opened_at=LATER - timedelta(days=first))
    assert (counted(bench, Behind("open", age=0), LATER), counted(bench, Behind("open", age=1), LATER)) == (0, 1)


def test_open_cases_of_the_streets_are_their_lists(busy: Bench) -> None:
    one, two = (unit.code for unit in busy.district.units.streets[:2])
    first, second, *_ = listed(busy, Behind("open"))
    place(busy, first, street=one)
    place(busy, second, street=two)
    found = now_figures(busy, LATER)
    assert {street: each.cases for street, each in found.streets.items() if street in (one, two)} == {one: 1, two: 1}
    assert sum(each.cases for each in found.streets.values()) == found.numbers["open"]
    for street, each in found.streets.items():
        assert counted(busy, Behind("open", street=street or NONE), LATER) == each.cases
        assert counted(busy, Behind("open", street=street or NONE, late=True), LATER) == each.late


def test_the_hour_is_the_districts_and_each_square_is_its_list(busy: Bench) -> None:
    street = busy.district.units.streets[0].code
    last_of_nine = datetime(2026, 3, 24, 1, 59, 59, tzinfo=UTC)
    for case_id, at in zip(
        listed(busy, Behind("open")), (last_of_nine, last_of_nine + timedelta(seconds=1)), strict=False
    ):
        place(busy, case_id, street=street, opened_at=at)
    found = period_figures(busy)
    assert (found.hours[street, 9], found.hours[street, 10]) == (1, 1)
    assert sum(found.hours.values()) == 7, "of those that were judged"
    for (code, hour), number in found.hours.items():
        asked = Behind("in", found.start, found.end, street=code or NONE, hour=hour)
        assert counted(busy, asked) == number


def test_each_stream_from_a_channel_to_a_unit_is_its_list(busy: Bench) -> None:
    found = period_figures(busy)
    units = sorted({unit for _, _, unit in found.flows})
    assert sum(found.flows.values()) == 7
    for (channel, category, unit), number in found.flows.items():
        asked = Behind("in", found.start, found.end, channel=channel, category=category or NONE, unit=unit or NONE)
        assert counted(busy, asked) == number
    others = Behind("in", found.start, found.end, besides=tuple(units[:1]))
    assert counted(busy, others) == sum(number for (*_, unit), number in found.flows.items() if unit not in units[:1])


@pytest.mark.parametrize("by", board_figures.GROUPINGS)
def test_numerators_and_denominators_of_every_group_are_their_lists(busy: Bench, by: str) -> None:
    found = period_figures(busy)
    narrows = {"unit": "unit", "street": "street", "top_category": "category"}[by]
    for row in found.tables[by].rows:
        for rate in busy.district.formulas.rates:
            value = row.rates[rate.name]
            asked = Behind("rate", found.start, found.end, rate=rate, **{narrows: row.key or NONE})  # type: ignore[arg-type]
            assert counted(busy, replace(asked, part="denominator")) == value.denominator
            if all(term.weight == 1 for term in rate.numerator):
                assert counted(busy, asked) == value.numerator


def test_what_was_excluded_counts_only_where_it_is_asked_for(busy: Bench) -> None:
    with busy.database.write.begin() as session:
        session.execute(update(TicketFacts).where(TicketFacts.effective_callback == 1).values(excluded=1))
    without, with_them = period_figures(busy), period_figures(busy, with_excluded=True)
    for found, number in ((without, 0), (with_them, 1)):
        assert found.tables["unit"].pooled.rates["response_rate"].denominator == number
        assert found.course[-1][1].rates["response_rate"].denominator == number
        rate = next(each for each in busy.district.formulas.rates if each.name == "response_rate")
        asked = Behind("rate", found.start, found.end, rate=rate, with_excluded=number == 1)
        assert counted(busy, asked) == number


def test_the_course_ends_with_the_periods_pooled_rates(busy: Bench) -> None:
    found = period_figures(busy)
    month, last = found.course[-1]
    assert month == MONTH
    assert (last.tickets, last.rates, last.composite) == (
        found.tables["unit"].pooled.tickets,
        found.tables["unit"].pooled.rates,
        found.tables["unit"].pooled.composite,
    )
    assert len(found.course) == board_figures.PERIODS
    assert not any(row.tickets for _, row in found.course[:-1])


def test_an_assessment_day_begins_at_the_cut_off_hour(busy: Bench) -> None:
    noon = datetime(2026, 3, 24, 4, tzinfo=UTC)
    before, at = listed(busy, Behind("open"))[:2]
    place(busy, before, opened_at=noon - timedelta(seconds=1))
    place(busy, at, opened_at=noon)
    found = period_figures(busy, now=LATER)
    days = {each.first: each for each in found.days}
    assert (days[date(2026, 3, 23)].received, days[date(2026, 3, 24)].received) == (7, 1)
    assert (days[date(2026, 3, 23)].closed, days[date(2026, 3, 23)].accepted_closed) == (1, 1)
    for each in (*found.days, *found.weeks):
        start = formulas.day_span(each.first, busy.district.formulas)[0]
        end = formulas.day_span(each.last, busy.district.formulas)[1]
        assert counted(busy, Behind("in", start, end), LATER) == each.received
        assert counted(busy, Behind("closed", start, end), LATER) == each.closed
        assert counted(busy, Behind("accepted", start, end), LATER) == each.accepted
        assert counted(busy, Behind("accepted_closed", start, end), LATER) == each.accepted_closed


@pytest.mark.parametrize("role", [Role.AGENT, Role.DISPATCHER, Role.UNIT_LEAD, Role.CALLBACK_AGENT])
def test_lists_behind_the_board_are_refused_to_who_does_not_see_it(sqlite_bench: Bench, role: Role) -> None:
    actor = Actor("u-x", "某人", role, "U001" if role is Role.UNIT_LEAD else "")
    with pytest.raises(NotAllowed):
        sqlite_bench.look(
            lambda session: board_behind.listing(session, sqlite_bench.district, Behind("open"), actor, now=NOW)
        )


def test_an_empty_desk_has_figures_of_nothing(bench: Bench) -> None:
    found = now_figures(bench)
    assert set(found.numbers.values()) == {0}
    assert [each.cases for each in found.ageing] == [0] * 6
    period = period_figures(bench)
    assert period.tables["street"].rows == []
    assert (period.hours, period.flows) == ({}, {})
    report = bench.look(lambda session: board_report.report(session, bench.district, date(2026, 3, 23)))
    assert set(report.numbers.values()) == {0}


# The morning report


def test_a_report_tells_what_was_late_when_its_day_ended(bench: Bench) -> None:
    day = date(2026, 3, 30)
    _, end = formulas.day_span(day, bench.district.formulas)
    early, late, still, fresh = (bench.case() for _ in range(4))
    times = {
        early: (end - timedelta(days=2), "stopped", end - timedelta(hours=1)),
        late: (end - timedelta(days=1), "stopped", end + timedelta(hours=1)),
        still: (end - timedelta(hours=2), "running", None),
        fresh: (end + timedelta(minutes=1), "running", None),
    }
    with bench.database.write.begin() as session:
        for case_id, (due, state, stopped) in times.items():
            session.execute(
                update(Clock)
                .where(Clock.case_id == case_id, Clock.state == "running")
                .values(due_at=due, state=state, stopped_at=stopped)
            )
    found = bench.look(lambda session: board_report.report(session, bench.district, day))
    assert found.numbers["late"] == 2
    assert [each.case.id for each in found.late] == [late, still], "the longest late first"


def test_a_report_counts_its_own_day_and_the_day_before(bench: Bench) -> None:
    today = bench.case(urgency=Urgency("emergency"))
    yesterday = bench.case()
    place(bench, yesterday, opened_at=NOW - timedelta(days=1))
    found = bench.look(lambda session: board_report.report(session, bench.district, date(2026, 3, 23)))
    assert (found.numbers["in"], found.before["in"]) == (1, 1)
    assert (found.numbers["emergency"], found.before["emergency"]) == (1, 0)
    assert [each.case_id for each in found.emergencies] == [today]


def test_the_last_whole_day_is_over(sqlite_database: Database, sqlite_bench: Bench) -> None:
    del sqlite_database
    noon = datetime(2026, 3, 24, 4, tzinfo=UTC)
    assert board_report.last_whole_day(sqlite_bench.district, noon - timedelta(seconds=1)) == date(2026, 3, 22)
    assert board_report.last_whole_day(sqlite_bench.district, noon) == date(2026, 3, 23)


def test_returns_of_the_day_are_told_by_unit(bench: Bench) -> None:
    case_id = bench.case()
    kind = next(kind for kind in bench.district.workflow.requests if kind.name == "return")
    lead = bench.lead(case_id)
    given = Given(
        reason=next(iter(kind.reasons)),
        text="不属于本单位",
        proposed_unit=bench.district.units.streets[0].code,
        directory_line="DL-0001",
    )
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        requests.ask(session, bench.district, case, "return", actor=lead, now=NOW, given=given)
    found = bench.look(lambda session: board_report.report(session, bench.district, date(2026, 3, 23)))
    assert found.numbers["returned"] == 1
    assert [(each.unit, each.asked, each.pending) for each in found.returns] == [(lead.unit, 1, 1)]
