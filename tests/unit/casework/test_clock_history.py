"""Whatever befalls a clock, the deadline it has is the one its record gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from casework import clock_history, deadlines
from casework.clock_history import Carried, Extension, Pause
from casework.rules import RuleBook
from casework.tables import Case, Clock
from district.pack import District

START = datetime(2026, 9, 22, 2, tzinfo=UTC)
ACTS = ("pause", "resume", "extend", "hard", "plain", "tighten")


def case_of(district: District) -> tuple[Case, Clock]:
    case = Case(clocks=[], urgency="normal", hard=False, request_type="投诉")
    return case, deadlines.start(cast("RuleBook", district), case, "answer", now=START)


def act(district: District, case: Case, name: str, now: datetime) -> None:
    rules = cast("RuleBook", district)
    if name == "pause":
        deadlines.pause(case, "answer", now=now, why="挂账")
    elif name == "resume":
        deadlines.resume(rules, case, "answer", now=now)
    elif name == "extend":
        deadlines.extend(rules, case, "answer", now=now)
    elif name == "tighten":
        deadlines.tighten(rules, case, now=now)
    else:
        case.hard = name == "hard"
        deadlines.reallow(rules, case)


@settings(max_examples=60, deadline=None)
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(1, 4000)), max_size=7))
def test_a_deadline_is_always_the_one_its_record_gives(district: District, acts: list[tuple[str, int]]) -> None:
    case, clock = case_of(district)
    now = START
    for name, minutes in acts:
        now += timedelta(minutes=minutes)
        act(district, case, name, now)
        counted = clock_history.counted(district.calendars, clock)
        assert (clock.own_due_at, clock.provisional) == (counted.due_at, counted.provisional)
        assert deadlines.recounted(cast("RuleBook", district), clock) is None
        sentence = deadlines.explain(cast("RuleBook", district), case, clock)
        assert "待重新计算" not in sentence


def test_what_a_pause_took_stays_given_back_when_the_case_becomes_hard(district: District) -> None:
    case, clock = case_of(district)
    act(district, case, "pause", datetime(2026, 9, 23, 2, tzinfo=UTC))
    act(district, case, "resume", datetime(2026, 9, 24, 2, tzinfo=UTC))
    act(district, case, "hard", datetime(2026, 9, 24, 3, tzinfo=UTC))
    # fifteen working days from Tuesday 22 September 10:00, over 中秋 and 国庆, end on 20 October; one was lost
    assert f"{clock.due_at.astimezone(district.calendars.zone):%m-%d %H:%M}" == "10-21 10:00"


def test_a_clock_from_before_the_record_goes_on_from_the_deadline_it_had(district: District) -> None:
    case, clock = case_of(district)
    clock.history = None
    had = clock.own_due_at = clock.due_at = datetime(2026, 9, 30, 2, tzinfo=UTC)
    act(district, case, "extend", START + timedelta(hours=1))
    assert [type(each) for each in clock_history.events(clock)] == [Carried, Extension]
    assert clock.own_due_at == district.calendars.add(had, clock_history.allowed(clock, 5)).due_at
    assert "此前的停表和延期已计入" in deadlines.explain(cast("RuleBook", district), case, clock)


def test_a_pause_from_before_the_record_is_given_back_when_it_ends(district: District) -> None:
    case, clock = case_of(district)
    had = clock.own_due_at
    clock.history, clock.state, clock.paused_at = None, "paused", START + timedelta(hours=1)
    act(district, case, "resume", START + timedelta(hours=2))
    assert [type(each) for each in clock_history.events(clock)] == [Carried, Pause]
    assert clock.own_due_at == had + timedelta(hours=1)
