"""Who acts on a case has it to himself; whoever holds several takes all of them in one order before he changes one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as events_of
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from casework import desk_work, event_merging, events, hand_over, holding, lifecycle, merging, supervision
from casework.errors import CaseChanged
from casework.event_tables import Event
from casework.tables import Case, Step, Ticket
from storage.database import Database, new_id
from storage.deliveries import Delivery
from tests.unit.casework.conftest import DISPATCHER, NOW, SUPERVISOR, Bench, category_of, text_message

on_postgres = pytest.mark.parametrize("database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True)
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COMMON: dict[str, Any] = {"actor": DISPATCHER, "now": NOW}


def ticket_of(session: Session, case_id: str) -> Ticket:
    return session.scalars(select(Ticket).where(Ticket.case_id == case_id)).one()


@contextmanager
def statements(database: Database) -> Iterator[list[tuple[str, str]]]:
    """What is said to the database, with its values."""
    said: list[tuple[str, str]] = []

    def heard(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        said.append((" ".join(statement.split()), str(values)))

    events_of.listen(database.writer, "before_cursor_execute", heard)
    try:
        yield said
    finally:
        events_of.remove(database.writer, "before_cursor_execute", heard)


def held_first(said: list[tuple[str, str]]) -> int:
    """How many cases were locked before the first row was changed."""
    first = next(at for at, (each, _) in enumerate(said) if each.startswith(("UPDATE", "INSERT", "DELETE")))
    return len({of for each, of in said[:first] if "FROM cases" in each and each.endswith("FOR NO KEY UPDATE")})


@on_postgres
def test_an_act_on_a_ticket_that_went_to_another_case_meanwhile_is_told_so(bench: Bench) -> None:
    case_id, master = bench.case(), bench.case()
    with bench.database.write.begin() as session:
        ticket = ticket_of(session, case_id)
        assert ticket.case is not None
        with bench.database.write.begin() as other:
            merging.merge_case(
                other, bench.district, other.get_one(Case, case_id), other.get_one(Case, master), **COMMON
            )
        with pytest.raises(CaseChanged):
            desk_work.move(session, bench.district, ticket, "withdraw", **COMMON)
    assert bench.look(lambda session: session.scalars(select(Ticket.state)).all()) == ["on_case"] * 2


@on_postgres
def test_of_two_who_merge_one_ticket_one_is_told_what_the_other_did(bench: Bench) -> None:
    ticket_id, case_id, another = bench.ticket(), bench.case(), bench.case()
    with bench.database.write.begin() as session:
        ticket, case = session.get_one(Ticket, ticket_id), session.get_one(Case, another)
        assert ticket.case is None
        with bench.database.write.begin() as other:
            mine = other.get_one(Case, case_id)
            desk_work.merge(other, bench.district, other.get_one(Ticket, ticket_id), mine, **COMMON)
        with pytest.raises(CaseChanged) as told:
            desk_work.merge(session, bench.district, ticket, case, **COMMON)
    assert told.value.since[-1] == "派单员已并单"
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).case_id) == case_id


@on_postgres
def test_a_residents_words_follow_a_ticket_that_goes_to_another_case_meanwhile(bench: Bench) -> None:
    case_id, master = bench.case(), bench.case()
    with bench.database.write.begin() as session:
        ticket = ticket_of(session, case_id)
        assert ticket.case is not None
        with bench.database.write.begin() as other:
            mine = other.get_one(Case, case_id)
            merging.merge_case(other, bench.district, mine, other.get_one(Case, master), **COMMON)
        lifecycle.note(session, "told", "告知", actor=DISPATCHER, now=NOW, ticket=ticket)
        holding.follow(session, ticket)
        assert ticket.case_id == master
        with bench.database.write.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '500ms'"))
            lifecycle.hold(other, other.get_one(Case, case_id))  # what he held in vain he has let go
        ticket.urgings += 1
    found = bench.look(lambda session: session.get_one(Ticket, ticket.id).urgings)
    noted = select(Step.move).where(Step.ticket_id == ticket.id, Step.move == "told")
    assert (found, bench.look(lambda session: session.scalars(noted).all())) == (1, ["told"])


@on_postgres
def test_what_refers_to_a_held_case_is_put_on_record_without_waiting_for_it(bench: Bench) -> None:
    case_id = bench.case()
    with bench.database.write.begin() as session:
        lifecycle.hold(session, session.get_one(Case, case_id))
        with bench.database.write.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '500ms'"))
            case = other.get_one(Case, case_id)
            lifecycle.note(other, "told", "告知", actor=DISPATCHER, now=NOW, case=case)


@on_postgres
def test_a_merge_holds_both_cases_before_it_changes_one(bench: Bench) -> None:
    one, two = bench.case(), bench.case()
    with statements(bench.database) as said, bench.database.write.begin() as session:
        merging.merge_case(session, bench.district, session.get_one(Case, two), session.get_one(Case, one), **COMMON)
    assert held_first(said) == 2


@on_postgres
def test_merging_an_event_holds_all_its_cases_before_it_changes_one(bench: Bench) -> None:
    master = bench.case()
    opened = [opened_case(bench) for _ in range(3)]
    loose = bench.ticket()
    event_id = new_id()
    with bench.database.write.begin() as session:
        tickets = [ticket_of(session, case_id) for case_id in (master, *opened)] + [session.get_one(Ticket, loose)]
        event = Event(id=event_id, first_at=NOW, last_at=NOW, tickets=0, reporters=0, told_at=NOW)
        session.add(event)
        session.flush()
        for ticket in tickets:
            events._move(session, bench.district, ticket, event, by=DISPATCHER, now=NOW)
    with statements(bench.database) as said, bench.database.write.begin() as session:
        event_merging.merge(session, bench.district, session.get_one(Event, event_id), **COMMON)
    assert held_first(said) == 4
    assert bench.look(lambda session: len(session.get_one(Case, master).tickets)) == 5


def opened_case(bench: Bench) -> str:
    """A case that no unit has yet."""
    ticket_id = bench.ticket()
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        return desk_work.accept(session, bench.district, ticket, dispatch_now=False, **COMMON).id


@on_postgres
def test_a_hand_over_holds_all_cases_before_it_changes_one(bench: Bench) -> None:
    cases = [bench.case() for _ in range(3)]
    source = category_of(bench.district)[1]
    target = next(unit.code for unit in bench.district.units if unit.kind == "bureau" and unit.code != source)
    common: dict[str, Any] = {"actor": SUPERVISOR, "now": NOW, "reason": "职责调整"}
    with statements(bench.database) as said, bench.database.write.begin() as session:
        made = hand_over.hand_over(session, bench.district, source, target, **common)
        assert len(made.cases) == len(cases)
    assert held_first(said) == len(cases)


@on_sqlite
def test_residents_are_told_in_one_order_whenever_they_wrote(bench: Bench) -> None:
    case_id = bench.case()
    for sender in ("o-zz", "o-aa", "o-mm"):
        ticket_id = bench.receive(text_message("楼道的灯也坏了", delivery=sender, sender=sender)).ticket_id
        bench.file(ticket_id)
        with bench.database.write.begin() as session:
            case = session.get_one(Case, case_id)
            desk_work.merge(session, bench.district, session.get_one(Ticket, ticket_id), case, **COMMON)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="已修好")
    told = select(Delivery.recipient).where(Delivery.template == "answered").order_by(Delivery.id)
    assert bench.look(lambda session: session.scalars(told).all()) == ["o-1", "o-aa", "o-mm", "o-zz"]


@on_sqlite
def test_only_cases_of_which_there_is_something_to_tell_are_checked_and_then_no_more(bench: Bench) -> None:
    late, early = bench.case(), bench.case()
    bench.do(early, "sign", bench.lead(early))
    at = NOW + timedelta(hours=6)
    bench.now = at
    fresh = bench.case()
    assert bench.look(lambda session: fresh in supervision.to_check(session, bench.district, now=at)) is False
    assert bench.look(lambda session: supervision.to_check(session, bench.district, now=at)[0]) == late
    while cases := bench.look(lambda session: supervision.to_check(session, bench.district, now=at)):
        with bench.database.write.begin() as session:
            assert supervision.check_case(session, bench.district, session.get_one(Case, cases[0]), now=at)
