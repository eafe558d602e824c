"""Events as people look at them: which are listed, what they are about, their curve, and merging them as a whole."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import desk_work, event_list, event_merging
from casework.actors import Actor, Given
from casework.errors import NoMasterCase, NotAllowed, UnknownEvent
from casework.event_list import Part
from casework.event_merging import Plan
from casework.reading import Reader
from casework.tables import Case, Ticket
from district.schemas import Role
from storage.audit import AuditRow

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench
from .event_bench import crowd, event_of, report, take_out

UNIT = Actor("u-unit", "承办人", Role.UNIT_OFFICER, "U001")
ADMINISTRATOR = Actor("u-admin", "管理员", Role.ADMINISTRATOR)


def listed(bench: Bench, actor: Actor = DISPATCHER, *, after: float = 1, **more: object) -> list[str]:
    """Numbers of the events listed so many hours later."""
    with bench.database.read() as session:
        now = bench.now + timedelta(hours=after)
        found, _ = event_list.mass_events(session, bench.district, actor, now=now, **more)  # type: ignore[arg-type]
        return [each.number for each in found]


def accept(bench: Bench, ticket_id: str) -> str:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=bench.now).id


def merge(bench: Bench, ticket_id: str, actor: Actor = DISPATCHER) -> Plan:
    with bench.database.write.begin() as session:
        event = event_list.of_ticket(session, session.get_one(Ticket, ticket_id))
        assert event is not None
        return event_merging.merge(session, bench.district, event, actor=actor, now=bench.now)


# The list


def test_mass_events_are_listed_while_open_and_after_they_are_over(bench: Bench) -> None:
    crowd(bench)
    crowd(bench, 2, "噪声 广场")
    quiet = bench.district.matters.event.quiet_hours
    assert listed(bench, show="open") == ["E20260324-0001"]
    assert listed(bench, show="over") == []
    assert listed(bench, show="open", after=quiet + 1) == []
    assert listed(bench, show="over", after=quiet + 1) == ["E20260324-0001"]
    assert listed(bench, days=7, after=8 * 24) == []


def test_the_list_is_paged_by_cursor_the_latest_reported_first(bench: Bench) -> None:
    for number in range(3):
        for reporter in range(3):
            report(bench, f"停水{number} 康泽{number}", by=f"n{number}-{reporter}", after=number + reporter / 10)
    seen: list[str] = []
    after = ""
    with bench.database.read() as session:
        while True:
            now = NOW + timedelta(hours=4)
            found, after = event_list.mass_events(session, bench.district, AGENT, now=now, after=after, limit=1)
            seen += [each.number for each in found]
            if not after:
                break
    assert seen == ["E20260324-0003", "E20260324-0002", "E20260324-0001"]


@pytest.mark.parametrize("actor", [UNIT, CALLER, ADMINISTRATOR])
def test_others_than_the_desk_see_no_event(bench: Bench, actor: Actor) -> None:
    keys = crowd(bench)
    event = event_of(bench, keys[0])
    with pytest.raises(NotAllowed):
        listed(bench, actor)
    with bench.database.read() as session, pytest.raises(NotAllowed):
        event_list.get(session, event.id, actor)


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, SUPERVISOR, AUDITOR])
def test_the_desk_finds_an_event_by_id_and_number(bench: Bench, actor: Actor) -> None:
    keys = crowd(bench)
    with bench.database.read() as session:
        by_number = event_list.get(session, "E20260324-0001", actor)
        assert event_list.get(session, by_number.id, actor) is by_number
        for unknown in ("", "E1", "00000000-0000-0000-0000-000000000000"):
            with pytest.raises(UnknownEvent):
                event_list.get(session, unknown, actor)
    assert by_number.id == event_of(bench, keys[0]).id


def test_a_ticket_that_is_alone_has_no_event_to_show(bench: Bench) -> None:
    key = report(bench, "停水 康泽", by="a")
    assert bench.look(lambda session: event_list.of_ticket(session, session.get_one(Ticket, key))) is None


# What an event is about


def test_a_summary_names_category_channels_and_curve(bench: Bench) -> None:
    keys = [*crowd(bench), report(bench, "停水 康泽", by="phone", after=2, channel="hotline")]
    event = event_of(bench, keys[0])
    with bench.database.read() as session:
        about = event_list.summaries(session, bench.district, [event])[event.id]
        category = session.get_one(Ticket, keys[0]).category
    assert (about.category, about.channels) == (category, {"wechat": 3, "hotline": 1})
    assert sum(bar.reporters for bar in about.curve) == 4
    assert about.curve[0].start <= event.first_at < about.curve[0].end
    assert about.curve[-1].start <= event.last_at < about.curve[-1].end


@pytest.mark.parametrize(("hours", "step"), [(0, 15), (1, 15), (4, 60), (24, 360), (24 * 30, 10_080)])
def test_a_curve_has_even_steps_that_few_reports_can_fill(bench: Bench, hours: int, step: int) -> None:
    reports = [(NOW, "a"), (NOW, "b"), (NOW, "b"), (NOW + timedelta(hours=hours), "c")]
    bars = event_list.curve(reports, bench.district)
    assert {bar.end - bar.start for bar in bars} == {timedelta(minutes=step)}
    assert len(bars) <= event_list.BARS[0] + 1
    assert (bars[0].reporters, bars[0].tickets) == ((2, 3) if hours else (3, 4))
    assert event_list.curve([], bench.district) == []


def test_a_bar_opens_its_own_tickets_and_a_long_list_is_paged(bench: Bench) -> None:
    keys = crowd(bench, 5)
    event = event_of(bench, keys[0])
    reader = Reader(bench.district, DISPATCHER)
    with bench.database.read() as session:
        part = Part(NOW + timedelta(minutes=10), NOW + timedelta(minutes=30))
        found, _ = event_list.reports(session, reader, event, part)
        assert [each.id for each in found] == keys[1:3]
        first, after = event_list.reports(session, reader, event, limit=3)
        rest, end = event_list.reports(session, reader, event, after=after, limit=3)
    assert [each.id for each in (*first, *rest)] == keys
    assert end == ""


def test_what_was_taken_out_is_shown_with_who_did_it(bench: Bench) -> None:
    keys = crowd(bench, 4)
    event = event_of(bench, keys[0])
    take_out(bench, keys[2])
    with bench.database.read() as session:
        ((row, ticket),) = event_list.taken_out(session, Reader(bench.district, DISPATCHER), event)
    assert (row.by_name, ticket.id) == (DISPATCHER.name, keys[2])


# Merging


def test_an_event_is_merged_into_the_case_of_one_of_its_tickets(bench: Bench) -> None:
    keys = crowd(bench, 4)
    case = accept(bench, keys[1])
    done = merge(bench, keys[0])
    assert [each.id for each in done.ready] == [keys[0], *keys[2:]]
    assert done.refused == []
    with bench.database.read() as session:
        assert {each.id for each in session.get_one(Case, case).tickets} == set(keys)
        acts = session.scalars(select(AuditRow.act).where(AuditRow.act == "event_merge")).all()
    assert len(acts) == 1
    again = merge(bench, keys[0])
    assert (list(again.ready), len(again.there)) == ([], 4)


def test_what_cannot_be_merged_is_named_with_the_reason(bench: Bench) -> None:
    keys = crowd(bench, 4)
    accept(bench, keys[0])
    other = accept(bench, keys[1])
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, keys[2])
        given = Given(text="已恢复供水", reason="")
        desk_work.move(session, bench.district, ticket, "withdraw", actor=DISPATCHER, now=bench.now, given=given)
    done = merge(bench, keys[0])
    number = bench.look(lambda session: session.get_one(Case, other).number)
    assert [each.id for each in done.ready] == [keys[3]]
    assert [(ticket.id, why) for ticket, why in done.refused] == [
        (keys[1], f"已在办件 {number} 办理（待签收）"),
        (keys[2], "工单已撤诉"),
    ]


def test_an_emergencys_own_case_that_nobody_has_yet_is_merged_too(bench: Bench) -> None:
    keys = crowd(bench)
    dispatched = accept(bench, keys[0])
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, keys[2])
        own = desk_work.accept(session, bench.district, ticket, actor=AGENT, now=bench.now).id
    done = merge(bench, keys[0])
    assert done.case is not None
    assert done.case.id == dispatched
    assert len(done.ready) == 2
    assert bench.state(own) == "closed"


def test_without_a_case_there_is_nothing_to_merge_into(bench: Bench) -> None:
    keys = crowd(bench)
    with pytest.raises(NoMasterCase):
        merge(bench, keys[0])


@pytest.mark.parametrize("actor", [UNIT, CALLER, AUDITOR])
def test_others_than_the_desk_merge_nothing(bench: Bench, actor: Actor) -> None:
    keys = crowd(bench)
    accept(bench, keys[0])
    with pytest.raises(NotAllowed):
        merge(bench, keys[0], actor)
