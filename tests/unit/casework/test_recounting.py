"""Days off that are announced late, on cases in flight. Moments were worked out by hand from the calendar of 2026/27.

The rule book of the tests knows 2026 and not 2027. A notice for 2027 comes as a new version of the pack that states the
year: New Year's Day and the Saturday and Sunday after it off, Monday 4 January off for it, Saturday 9 January made up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import select

from casework import deadlines, recounting, requests, rules
from casework.actors import SYSTEM, Actor, Given
from casework.errors import NotAllowed
from casework.tables import Case, Clock, Notice, Step, TicketFacts
from district.calendar import Calendars
from district.pack import District
from district.schemas import Role

from .conftest import DISPATCHER, SUPERVISOR, Bench

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NEW_YEAR = {"2027-01-01", "2027-01-04"}
MADE_UP = {"2027-01-09"}


def at(bench: Bench, text: str) -> datetime:
    return bench.district.calendars.utc(datetime.fromisoformat(text))


def told(bench: Bench, moment: datetime) -> str:
    return f"{moment.astimezone(bench.district.calendars.zone):%Y-%m-%d %H:%M}"


def announced(district: District, *, off: set[str], on: set[str], years: set[int], version: str = "new") -> District:
    """The district of a later pack, whose office calendar states these days."""
    stated = {"closed_on": frozenset(off), "open_on": frozenset(on), "years": frozenset(years)}
    calendars = [each.rule.model_copy(update=stated if each.rule.holidays else {}) for each in district.calendars]
    return replace(district, calendars=Calendars(calendars), rule_version=version)


def the_notice_comes(bench: Bench) -> None:
    bench.district = announced(bench.district, off=NEW_YEAR, on=MADE_UP, years={2027})


def recount(bench: Bench, case_id: str, now: str = "2026-12-30 18:00", actor: Actor = SYSTEM) -> int:
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        return len(recounting.recount(session, bench.district, case, actor=actor, now=at(bench, now)))


def clock(bench: Bench, case_id: str, name: str = "answer") -> Clock:
    return bench.look(lambda session: deadlines.latest(session.get_one(Case, case_id), name))


def ask(bench: Bench, case_id: str, kind: str, now: str, *, actor: Actor, approve: str = "", **given: object) -> None:
    """A request, decided at ``approve``."""
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        request = requests.ask(
            session,
            bench.district,
            case,
            kind,
            actor=actor,
            now=at(bench, now),
            given=Given(**given),  # type: ignore[arg-type]
        )
        decider = SUPERVISOR if kind == "suspension" else DISPATCHER
        requests.decide(session, bench.district, request, approve=True, actor=decider, now=at(bench, approve))


@pytest.fixture
def december(bench: Bench) -> str:
    """Dispatched on Tuesday 29 December 2026 at 10:00: by plain weekdays due on Tuesday 5 January at 10:00."""
    bench.now = at(bench, "2026-12-29 10:00")
    case_id = bench.case()
    bench.do(case_id, "sign", bench.lead(case_id))
    assert told(bench, clock(bench, case_id).due_at) == "2027-01-05 10:00"
    assert clock(bench, case_id).provisional
    return case_id


def test_a_notice_moves_the_deadline_and_makes_it_certain(bench: Bench, december: str) -> None:
    the_notice_comes(bench)
    assert recount(bench, december) == 1  # the first contact is due within 24 h of wall time: no day off touches it
    found = clock(bench, december)
    # 30, 31 December are two days; 1 to 4 January off; 5, 6, 7 January are the third to fifth
    assert (told(bench, found.due_at), found.provisional) == ("2027-01-07 10:00", False)


def test_the_case_says_so_and_the_unit_is_told_once(bench: Bench, december: str) -> None:
    the_notice_comes(bench)
    assert [recount(bench, december) for _ in range(3)] == [1, 0, 0]
    with bench.database.read() as session:
        steps = session.scalars(select(Step).where(Step.case_id == december, Step.move == "recount")).all()
        notices = session.scalars(select(Notice).where(Notice.template == "clock_recounted")).all()
    assert [step.text for step in steps] == ["放假安排公布，答复时限由 2027年01月05日 10:00 改为 2027年01月07日 10:00"]
    assert [(notice.audience, notice.unit) for notice in notices] == [("unit", bench.lead(december).unit)]
    assert "由 2027年01月05日 10:00 改为" in notices[0].text


def test_a_late_notice_over_an_extension(bench: Bench, december: str) -> None:
    ask(
        bench, december, "extension", "2026-12-30 09:00", actor=bench.lead(december), approve="2026-12-30 11:00",
        reason="采购配件",
    )  # fmt: skip
    # five more from 5 January: 6, 7, 8, 11, 12
    assert told(bench, clock(bench, december).due_at) == "2027-01-12 10:00"
    the_notice_comes(bench)
    assert recount(bench, december) == 1
    # five from 7 January: 8, Saturday 9 (made up), 11, 12, 13
    assert told(bench, clock(bench, december).due_at) == "2027-01-13 10:00"


def test_a_late_notice_over_a_pause(bench: Bench, december: str) -> None:
    lead = bench.lead(december)
    given = {"reason": "等待上级批复", "review_date": datetime.fromisoformat("2027-01-20").date()}
    ask(bench, december, "suspension", "2026-12-30 09:00", actor=lead, approve="2026-12-30 10:00", **given)
    bench.do(december, "resume", SUPERVISOR, now=at(bench, "2027-01-05 10:00"))
    # stood still 30 December 10:00 to 5 January 10:00: four plain working days (31 December, 1 and 4 January, and what
    # makes the fourth of 30 December and 5 January), so 5 January 10:00 becomes 11 January 10:00
    assert told(bench, clock(bench, december).due_at) == "2027-01-11 10:00"
    the_notice_comes(bench)
    assert recount(bench, december, "2027-01-05 11:00") == 1
    # with 1 and 4 January off it lost two days, and the deadline before was 7 January 10:00: 8 and Saturday 9 (made up)
    assert told(bench, clock(bench, december).due_at) == "2027-01-09 10:00"


def test_a_late_notice_over_a_pause_and_then_an_extension(bench: Bench, december: str) -> None:
    lead = bench.lead(december)
    given = {"reason": "等待上级批复", "review_date": datetime.fromisoformat("2027-01-20").date()}
    ask(bench, december, "suspension", "2026-12-30 09:00", actor=lead, approve="2026-12-30 10:00", **given)
    bench.do(december, "resume", SUPERVISOR, now=at(bench, "2027-01-05 10:00"))
    ask(bench, december, "extension", "2027-01-05 11:00", actor=lead, approve="2027-01-05 11:30", reason="采购配件")
    assert told(bench, clock(bench, december).due_at) == "2027-01-18 10:00"  # from the 11th: 12 to 15, 18
    the_notice_comes(bench)
    assert recount(bench, december, "2027-01-05 12:00") == 1
    assert told(bench, clock(bench, december).due_at) == "2027-01-15 10:00"  # from Saturday the 9th: 11 to 15


def test_a_clock_that_stands_still_is_counted_anew_and_goes_on_from_there(bench: Bench, december: str) -> None:
    lead = bench.lead(december)
    given = {"reason": "等待上级批复", "review_date": datetime.fromisoformat("2027-01-20").date()}
    ask(bench, december, "suspension", "2026-12-30 09:00", actor=lead, approve="2026-12-30 10:00", **given)
    the_notice_comes(bench)
    assert recount(bench, december) == 1
    assert told(bench, clock(bench, december).due_at) == "2027-01-07 10:00"
    bench.do(december, "resume", SUPERVISOR, now=at(bench, "2027-01-05 10:00"))
    assert told(bench, clock(bench, december).due_at) == "2027-01-09 10:00"
    assert recount(bench, december, "2027-01-05 11:00") == 0


def test_the_hours_a_case_was_promised_stay_though_the_days_are_new(bench: Bench, december: str) -> None:
    the_notice_comes(bench)
    shorter = [
        each.rule.model_copy(update={"hours": each.rule.hours[:1]} if each.rule.holidays else {})
        for each in bench.district.calendars
    ]
    bench.district = replace(bench.district, calendars=Calendars(shorter))
    with bench.database.read() as session:
        book = rules.of(session, bench.district, session.get_one(Case, december))
    office = book.calendars.get("office")
    assert len(office.rule.hours) == 2
    assert not office.is_open_on(datetime.fromisoformat("2027-01-04").date())


def test_a_year_published_as_plain_weekdays_only_makes_the_deadline_certain(bench: Bench, december: str) -> None:
    bench.district = announced(bench.district, off=set(), on=set(), years={2027})
    assert recount(bench, december) == 1
    found = clock(bench, december)
    assert (told(bench, found.due_at), found.provisional) == ("2027-01-05 10:00", False)
    with bench.database.read() as session:
        texts = session.scalars(select(Step.text).where(Step.move == "recount")).all()
        assert session.scalars(select(Notice).where(Notice.template == "clock_recounted")).all() == []
    assert list(texts) == ["放假安排公布，答复时限2027年01月05日 10:00 不变，不再是暂定"]


def test_a_moved_deadline_is_warned_of_anew_and_counts_as_in_time_again(bench: Bench, december: str) -> None:
    from casework import supervision

    late = at(bench, "2027-01-05 15:00")
    with bench.database.write.begin() as session:
        supervision.check_clocks(session, bench.district, now=late)
    assert clock(bench, december).warned == "overdue"
    the_notice_comes(bench)
    recount(bench, december, "2027-01-05 15:30")
    assert clock(bench, december).warned == ""
    assert bench.look(lambda session: session.scalars(select(TicketFacts.overdue)).all()) == [0]


def test_nothing_moves_while_nothing_is_announced(bench: Bench, december: str) -> None:
    ask(
        bench, december, "extension", "2026-12-30 09:00", actor=bench.lead(december), approve="2026-12-30 11:00",
        reason="采购配件",
    )  # fmt: skip
    assert bench.look(lambda session: recounting.find_moved(session, bench.district)) == []
    assert recount(bench, december) == 0


def test_what_would_move_is_found_without_moving_it(bench: Bench, december: str) -> None:
    the_notice_comes(bench)
    found = bench.look(lambda session: recounting.find_moved(session, bench.district))
    assert [(each.clock, told(bench, each.before), told(bench, each.after)) for each in found] == [
        ("答复", "2027-01-05 10:00", "2027-01-07 10:00")
    ]
    assert told(bench, clock(bench, december).due_at) == "2027-01-05 10:00"


def test_an_answered_case_is_left_as_it_was(bench: Bench, december: str) -> None:
    bench.do(december, "answer", bench.lead(december), text="路灯已修好。")
    before = clock(bench, december).due_at
    the_notice_comes(bench)
    assert all(each.clock != "答复" for each in bench.look(lambda s: recounting.find_moved(s, bench.district)))
    recount(bench, december)
    assert clock(bench, december).due_at == before


def test_a_clock_that_began_before_its_history_was_kept_is_left_alone(bench: Bench, december: str) -> None:
    with bench.database.write.begin() as session:
        for each in session.get_one(Case, december).clocks:
            each.history = None
    the_notice_comes(bench)
    assert recount(bench, december) == 0


@pytest.mark.parametrize("role", [role for role in Role if role not in recounting.MAY_RECOUNT])
def test_only_supervisors_and_administrators_recount_by_hand(bench: Bench, december: str, role: Role) -> None:
    the_notice_comes(bench)
    with pytest.raises(NotAllowed):
        recount(bench, december, actor=Actor("u-x", "某人", role))
    assert told(bench, clock(bench, december).due_at) == "2027-01-05 10:00"
