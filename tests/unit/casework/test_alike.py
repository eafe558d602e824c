"""What a resident is told of others who reported the same, and joining them: a ticket of his own on their case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from casework import alike, desk_work, events
from casework.alike import Matter
from casework.event_tables import Event, EventTicket
from casework.self_service_errors import NothingAlike
from casework.tables import Case, Step, Ticket
from district.self_service import Alike

from .conftest import DISPATCHER, Bench, text_message
from .event_bench import Things, crowd, event_of, report

WORDS = "停水 康泽"


def shown(bench: Bench, words: str = WORDS) -> list[Matter]:
    side = Things().side("", words, bench.now)
    found: list[Matter] = bench.look(
        lambda session: alike.shown(session, bench.district, side, Things(), now=bench.now + timedelta(hours=1))
    )
    return found


def accept(bench: Bench, ticket_id: str) -> str:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return desk_work.accept(session, bench.district, ticket, actor=DISPATCHER, now=bench.now).id


def newcomer(bench: Bench) -> str:
    return bench.receive(text_message(WORDS, delivery="new", sender="13900000001", channel="web")).ticket_id


def join(bench: Bench, ticket_id: str, event_id: str) -> None:
    with bench.database.write.begin() as session:
        alike.join(session, bench.district, session.get_one(Ticket, ticket_id), event_id, now=bench.now)


def ruled(bench: Bench, **rule: Any) -> None:
    own = bench.district.self_service
    bench.district = replace(bench.district, self_service=own.model_copy(update={"alike": Alike(**rule)}))


def test_he_is_told_how_many_reported_what_and_how_far_it_is(bench: Bench) -> None:
    first, *_ = crowd(bench)
    (matter,) = shown(bench)
    category = bench.look(lambda session: session.get_one(Ticket, first).category)
    assert (matter.reporters, matter.about) == (3, bench.district.taxonomy.get(category).name)
    assert (matter.state, matter.unit) == ("热线中心正在派单", "")
    lead = bench.look(lambda session: session.get_one(Case, accept(bench, first)).lead_unit)
    (matter,) = shown(bench)
    assert (matter.state, matter.unit) == ("已派给承办单位", bench.district.units.get(lead).name)


def test_another_matter_is_not_shown(bench: Bench) -> None:
    crowd(bench)
    assert shown(bench, "噪声 广场") == []


def test_who_joins_has_a_ticket_of_his_own_on_their_case(bench: Bench) -> None:
    first, *_ = crowd(bench)
    case_id = accept(bench, first)
    ticket_id = newcomer(bench)
    join(bench, ticket_id, event_of(bench, first).id)
    ticket = bench.look(lambda session: session.get_one(Ticket, ticket_id))
    assert (ticket.case_id, ticket.state) == (case_id, "on_case")
    assert event_of(bench, ticket_id).reporters == 4
    steps = bench.look(lambda session: [each.move for each in session.query(Step).filter_by(ticket_id=ticket_id)])
    assert "join_in" in steps


def test_each_is_answered_and_called_back_by_himself(bench: Bench) -> None:
    first, *_ = crowd(bench, 1)
    case_id = accept(bench, first)
    ticket_id = newcomer(bench)
    join(bench, ticket_id, event_of(bench, first).id)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="水管已修好。")
    assert [bench.ticket_state(each) for each in (first, ticket_id)] == ["told", "told"]
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    assert sorted(bench.ticket_state(each) for each in (first, ticket_id)) == ["closed", "told"]


def test_who_joins_before_there_is_a_case_is_of_the_event(bench: Bench) -> None:
    first, *_ = crowd(bench)
    ticket_id = newcomer(bench)
    join(bench, ticket_id, event_of(bench, first).id)
    assert event_of(bench, ticket_id).id == event_of(bench, first).id
    assert bench.ticket_state(ticket_id) == "received"


def test_a_matter_answered_meanwhile_takes_nobody_and_is_not_shown(bench: Bench) -> None:
    first, *_ = crowd(bench, 1)
    case_id = accept(bench, first)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="水管已修好。")
    assert shown(bench) == []
    ticket_id = newcomer(bench)
    with pytest.raises(NothingAlike):
        join(bench, ticket_id, event_of(bench, first).id)
    assert bench.ticket_state(ticket_id) == "received"


@pytest.mark.parametrize("event", ["", "no-id", "01890000-0000-7000-8000-000000000000"])
def test_nothing_is_joined_by_a_made_up_name(bench: Bench, event: str) -> None:
    ticket_id = newcomer(bench)
    with pytest.raises(NothingAlike):
        join(bench, ticket_id, event)


@pytest.mark.parametrize("way", ["category", "type", "confidential", "few", "none"])
def test_what_is_nobody_elses_business_is_not_shown(bench: Bench, way: str) -> None:
    first, *_ = crowd(bench, 2)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, first)
        category = ticket.category
        ticket.confidential = way == "confidential"
        ticket.request_type = "举报" if way == "type" else ticket.request_type
    assert bool(shown(bench)) is (way in ("category", "few", "none"))
    rules: dict[str, dict[str, Any]] = {
        "category": {"hidden": (category[:2],)},
        "few": {"reporters": 3},
        "none": {"most": 0},
    }
    ruled(bench, **rules.get(way, {}))
    assert shown(bench) == []


def test_what_he_joined_by_his_own_word_stays_when_his_words_are_judged(bench: Bench) -> None:
    first, *_ = crowd(bench)
    other = report(bench, "噪声 广场", by="x")
    ticket_id = newcomer(bench)
    join(bench, ticket_id, event_of(bench, other).id)
    bench.file(ticket_id)
    with bench.database.write.begin() as session:
        events.gather(session, bench.district, [session.get_one(Ticket, ticket_id)], Things(), now=bench.now)
    assert bench.look(lambda session: session.get_one(EventTicket, ticket_id).event_id) == event_of(bench, other).id
    assert event_of(bench, first).tickets == 3


def gathered(bench: Bench, ticket_id: str) -> None:
    bench.file(ticket_id)
    with bench.database.write.begin() as session:
        events.gather(session, bench.district, [session.get_one(Ticket, ticket_id)], Things(), now=bench.now)


def test_what_he_refused_takes_him_in_by_no_judging_and_by_a_persons_word_alone(bench: Bench) -> None:
    first, *_ = crowd(bench)
    ticket_id, refused = newcomer(bench), event_of(bench, first)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        for _ in range(2):
            alike.refuse(session, ticket, [refused.id, "no-id"], now=bench.now)
    gathered(bench, ticket_id)
    assert event_of(bench, ticket_id).id != refused.id
    with bench.database.write.begin() as session:
        event, ticket = session.get_one(Event, refused.id), session.get_one(Ticket, ticket_id)
        events.put_back(session, bench.district, event, ticket, actor=DISPATCHER, now=bench.now)
    assert event_of(bench, ticket_id).id == refused.id


def test_who_refused_nothing_is_put_into_the_event_of_the_same(bench: Bench) -> None:
    first, *_ = crowd(bench)
    ticket_id = newcomer(bench)
    gathered(bench, ticket_id)
    assert event_of(bench, ticket_id).id == event_of(bench, first).id


def test_a_matter_is_here_only_where_he_named_its_place(bench: Bench) -> None:
    first, *_ = crowd(bench)
    with bench.database.write.begin() as session:
        entities = [{"kind": "place", "text": "康泽", "value": {"name": "康泽佳园"}}]
        ticket = session.get_one(Ticket, first)
        ticket.suggestion = {**ticket.suggestion, "entities": entities}
    assert [(each.place, each.here) for each in shown(bench)] == [("康泽佳园", False)]
    assert [(each.place, each.here) for each in shown(bench, f"{WORDS} 康泽佳园")] == [("康泽佳园", True)]
