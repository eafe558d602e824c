"""Tickets find their events as they are filed; a person's word goes before; enough reporters make a mass event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework import desk_work
from casework.actors import Actor
from casework.errors import AloneInEvent, MergedInEvent, NotAllowed, NotTakenOut
from casework.event_tables import EventKey, EventTicket
from casework.tables import Case, Notice, Ticket
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AUDITOR, CALLER, DISPATCHER, Bench, text_message
from .event_bench import crowd, event_of, gather, members, put_back, report, take_out

UNIT = Actor("u-unit", "承办人", Role.UNIT_OFFICER, "U001")


def notices(bench: Bench) -> list[Notice]:
    query = select(Notice).where(Notice.template == "mass_event")
    found: list[Notice] = bench.look(lambda session: list(session.scalars(query)))
    return found


def merge(bench: Bench, ticket_id: str, case_id: str) -> None:
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, ticket_id), session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, ticket, case, actor=DISPATCHER, now=bench.now)


def accept(bench: Bench, ticket_id: str) -> str:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=bench.now).id


# Finding an event


def test_reports_of_one_thing_are_one_event_with_every_reporter_counted(bench: Bench) -> None:
    first, second, third = crowd(bench)
    other = report(bench, "噪声 广场", by="x")
    event = event_of(bench, first)
    assert members(bench, event) == [first, second, third]
    assert (event.tickets, event.reporters) == (3, 3)
    assert (event.first_at, event.last_at) == (bench.now, bench.now + timedelta(minutes=20))
    assert event_of(bench, other).tickets == 1


def test_a_resident_who_reports_twice_is_one_reporter(bench: Bench) -> None:
    report(bench, "停水 康泽", by="same", channel="hotline")
    again = report(bench, "停水 康泽", by="same", after=40, channel="hotline")
    event = event_of(bench, again)
    assert (event.tickets, event.reporters, event.mass_at) == (2, 1, None)


def test_a_redelivery_counts_nobody_twice(bench: Bench) -> None:
    keys = crowd(bench)
    again = bench.receive(text_message("停水 康泽", delivery="r1-0.16666666666666666", sender="r1"))
    assert (again.outcome, again.ticket_id) == ("repeated", keys[1])
    gather(bench, keys)
    assert event_of(bench, keys[0]).reporters == 3


def test_a_ticket_that_is_judged_again_stays_in_its_event(bench: Bench) -> None:
    keys = crowd(bench)
    with bench.database.write.begin() as session:
        session.get_one(Ticket, keys[0]).text += " 另说 别的 事情 很多"
    gather(bench, keys)
    assert members(bench, event_of(bench, keys[0])) == keys


def test_a_ticket_that_was_alone_joins_when_more_was_written(bench: Bench) -> None:
    keys = crowd(bench)
    alone = report(bench, "喂", by="late", after=1, channel="hotline")
    assert event_of(bench, alone).tickets == 1
    with bench.database.write.begin() as session:
        session.get_one(Ticket, alone).text = "停水 康泽"
    gather(bench, [alone])
    assert event_of(bench, alone).id == event_of(bench, keys[0]).id


def test_a_late_report_joins_while_the_event_is_not_over(bench: Bench) -> None:
    keys = crowd(bench)
    late = report(bench, "停水 康泽", by="late", after=bench.district.matters.event.quiet_hours - 1)
    assert event_of(bench, late).id == event_of(bench, keys[0]).id


def test_an_event_that_is_over_takes_no_newcomer(bench: Bench) -> None:
    keys = crowd(bench)
    late = report(bench, "停水 康泽", by="late", after=bench.district.matters.event.quiet_hours + 1)
    assert event_of(bench, late).id != event_of(bench, keys[0]).id


def test_what_is_long_over_keeps_no_keys(bench: Bench) -> None:
    keys = crowd(bench)
    report(bench, "别的", by="late", channel="hotline", after=3 * bench.district.matters.event.quiet_hours)
    event = event_of(bench, keys[0])
    of_it = select(func.count()).select_from(EventKey).where(EventKey.event_id == event.id)
    assert not event.keyed
    assert bench.look(lambda session: session.scalar(of_it)) == 0


def test_a_ticket_that_says_nothing_is_alone(bench: Bench) -> None:
    one, other = report(bench, "。", by="a", channel="hotline"), report(bench, "", by="b", after=1, channel="hotline")
    assert event_of(bench, one).id != event_of(bench, other).id


def test_what_is_not_judged_yet_is_of_no_event(bench: Bench) -> None:
    waiting = bench.ticket_unfiled("停水 康泽")
    gather(bench, [waiting])
    assert bench.look(lambda session: session.get(EventTicket, waiting)) is None


def test_tickets_filed_at_once_are_of_one_event(bench: Bench) -> None:
    waiting = [report(bench, "停水 康泽", by=f"w{number}", gathered=False) for number in range(6)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda part: gather(bench, part), (waiting[:2], waiting[2:4], waiting[4:])))
    assert sorted(members(bench, event_of(bench, waiting[0]))) == sorted(waiting)
    assert len(notices(bench)) == 1


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(6)), cut=st.integers(0, 6))
def test_tickets_are_filed_in_any_order(bench: Bench, order: list[int], cut: int) -> None:
    run = bench.look(lambda session: session.scalar(select(func.count(Ticket.id))))
    thing = f"停水{run} 康泽{run}"
    waiting = [report(bench, thing, by=f"p{run}-{each}", after=each / 6, gathered=False) for each in range(6)]
    gather(bench, [waiting[each] for each in order[:cut]] or waiting)
    gather(bench, [waiting[each] for each in order[cut:]] or waiting)
    event = event_of(bench, waiting[0])
    assert members(bench, event) == waiting
    assert event.reporters == 6


# Mass events


def test_enough_reporters_in_time_make_a_mass_event_and_the_desk_is_told_once(bench: Bench) -> None:
    first, second, *_ = crowd(bench, 2)
    assert event_of(bench, second).mass_at is None
    third = report(bench, "停水 康泽", by="r9", after=2)
    report(bench, "停水 康泽", by="r10", after=3)
    event = event_of(bench, first)
    assert event.mass_at == bench.now + timedelta(hours=2)
    assert event.number == "E20260324-0001"
    (told,) = notices(bench)
    assert (told.audience, told.ticket_id) == ("desk", third)
    assert "3 人" in told.text


def test_reporters_too_far_apart_make_no_mass_event(bench: Bench) -> None:
    hours = bench.district.matters.event.hours
    keys = [report(bench, "停水 康泽", by=f"r{number}", after=number * (hours - 1)) for number in range(4)]
    event = event_of(bench, keys[0])
    assert (event.reporters, event.mass_at) == (4, None)


# A person's word


def test_who_is_taken_out_stays_out(bench: Bench) -> None:
    keys = crowd(bench, 4)
    take_out(bench, keys[1])
    event = event_of(bench, keys[0])
    assert members(bench, event) == [keys[0], keys[2], keys[3]]
    gather(bench, keys)
    report(bench, "停水 康泽", by="late", after=1)
    assert event_of(bench, keys[1]).id != event.id
    assert event_of(bench, keys[0]).reporters == 4


def test_an_event_with_too_few_left_is_no_mass_event_any_more(bench: Bench) -> None:
    keys = crowd(bench)
    take_out(bench, keys[0])
    assert event_of(bench, keys[1]).mass_at is None
    report(bench, "停水 康泽", by="late", after=1)
    assert event_of(bench, keys[1]).mass_at is not None
    assert len(notices(bench)) == 1


def test_what_was_taken_out_can_be_put_back(bench: Bench) -> None:
    keys = crowd(bench)
    event = event_of(bench, keys[0])
    take_out(bench, keys[2])
    put_back(bench, event, keys[2])
    assert members(bench, event) == keys
    assert event_of(bench, keys[0]).mass_at is not None
    with pytest.raises(NotTakenOut):
        put_back(bench, event, keys[2])
    acts = select(AuditRow.act).where(AuditRow.subject == "event").order_by(AuditRow.id)
    assert bench.look(lambda session: list(session.scalars(acts))) == [
        "mass_event",
        "event_take_out",
        "event_put_back",
    ]


def test_what_is_alone_is_not_taken_out(bench: Bench) -> None:
    with pytest.raises(AloneInEvent):
        take_out(bench, report(bench, "停水 康泽", by="a"))


@pytest.mark.parametrize("actor", [UNIT, CALLER, AUDITOR])
def test_others_than_the_desk_take_nothing_out(bench: Bench, actor: Actor) -> None:
    keys = crowd(bench)
    event = event_of(bench, keys[0])
    with pytest.raises(NotAllowed):
        take_out(bench, keys[0], actor)
    take_out(bench, keys[0])
    with pytest.raises(NotAllowed):
        put_back(bench, event, keys[0], actor)


def test_a_merged_ticket_is_of_its_cases_event(bench: Bench) -> None:
    keys = crowd(bench)
    other = report(bench, "家里 没水", by="other", after=1)
    case = accept(bench, keys[0])
    merge(bench, other, case)
    event = event_of(bench, keys[0])
    assert members(bench, event) == [*keys, other]
    assert event.reporters == 4


def test_merging_goes_before_what_was_taken_out(bench: Bench) -> None:
    keys = crowd(bench)
    take_out(bench, keys[1])
    case = accept(bench, keys[0])
    merge(bench, keys[1], case)
    assert members(bench, event_of(bench, keys[0])) == keys
    with pytest.raises(MergedInEvent):
        take_out(bench, keys[1])


def test_a_ticket_that_is_over_stays_counted(bench: Bench) -> None:
    keys = crowd(bench)
    with bench.database.write.begin() as session:
        desk_work.move(
            session, bench.district, session.get_one(Ticket, keys[0]), "withdraw", actor=DISPATCHER, now=bench.now
        )
    report(bench, "停水 康泽", by="late", after=1)
    assert event_of(bench, keys[0]).reporters == 4
