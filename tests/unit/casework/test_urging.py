"""催办: counted by whichever way it comes, shown to the unit, and told to the supervisors once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from casework import urging
from casework.actors import Actor
from casework.errors import NotAllowed, WrongState
from casework.self_service_errors import UrgedLately
from casework.tables import Case, Notice, Step, Ticket
from district.schemas import Role
from storage.database import Database

from .conftest import AGENT, AUDITOR, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, text_message


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


def ticket_of(bench: Bench, case_id: str) -> str:
    return bench.look(lambda session: session.get_one(Case, case_id).tickets[0].id)


def record(bench: Bench, ticket_id: str, actor: Actor = AGENT, text: str = "居民来电催问") -> None:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        urging.record(session, bench.district, ticket, text, actor=actor, now=NOW + timedelta(hours=1))


def notices(bench: Bench, template: str) -> list[Notice]:
    return bench.look(
        lambda session: list(session.scalars(select(Notice).where(Notice.template == template).order_by(Notice.id)))
    )


@pytest.mark.parametrize("actor", [AGENT, DISPATCHER, SUPERVISOR, CALLER], ids=lambda actor: str(actor.role))
def test_an_urging_by_telephone_is_counted_and_the_unit_is_told(bench: Bench, actor: Actor) -> None:
    case_id = bench.case()
    record(bench, ticket_of(bench, case_id), actor)
    ticket = bench.look(lambda session: session.get_one(Ticket, ticket_of(bench, case_id)))
    assert ticket.urgings == 1
    assert [each.unit for each in notices(bench, "resident_urged")] == [bench.lead(case_id).unit]
    step = bench.look(lambda session: session.scalars(select(Step).where(Step.move == "urge")).one())
    assert (step.actor, step.text) == (actor.id, "居民来电催问")
    assert "第 1 次催办" in bench.said("urging_noted")[0].text


def test_the_supervisors_are_told_with_the_third_and_with_no_other(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.case())
    for number in range(1, 6):
        record(bench, ticket_id)
        assert len(notices(bench, "urging_escalated")) == (number >= 3)
    (told,) = notices(bench, "urging_escalated")
    assert (told.audience, "催办 3 次" in told.text) == ("supervisor", True)


def test_urgings_by_message_and_by_telephone_are_counted_together(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.case())
    for number in range(2):
        record(bench, ticket_id)
        bench.receive(text_message("怎么还没人处理？", delivery=f"u{number}", sender="o-1"))
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).urgings) == 4
    assert len(notices(bench, "urging_escalated")) == 1


def test_neither_units_nor_auditors_write_urgings_down(bench: Bench) -> None:
    case_id = bench.case()
    for actor in (AUDITOR, bench.lead(case_id), bench.lead(case_id, Role.UNIT_OFFICER)):
        with pytest.raises(NotAllowed):
            record(bench, ticket_of(bench, case_id), actor)


def test_a_matter_that_is_over_is_not_urged(bench: Bench) -> None:
    case_id = bench.answered()
    bench.call_back(case_id, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    with pytest.raises(WrongState):
        record(bench, ticket_of(bench, case_id))


def by_himself(bench: Bench, ticket_id: str, *, after: timedelta) -> None:
    with bench.database.write.begin() as session:
        urging.by_himself(session, bench.district, session.get_one(Ticket, ticket_id), now=NOW + after)


def test_on_his_page_he_urges_once_in_the_packs_hours(bench: Bench) -> None:
    case_id = bench.case()
    ticket_id = ticket_of(bench, case_id)
    hours = timedelta(hours=bench.district.self_service.urge_hours)
    by_himself(bench, ticket_id, after=timedelta(hours=1))
    with pytest.raises(UrgedLately) as refused:
        by_himself(bench, ticket_id, after=hours)
    assert refused.value.again_at == NOW + timedelta(hours=1) + hours
    by_himself(bench, ticket_id, after=timedelta(hours=1) + hours)
    assert bench.look(lambda session: session.get_one(Ticket, ticket_id).urgings) == 2
    assert len(notices(bench, "resident_urged")) == 2


def test_on_his_page_he_cannot_urge_what_is_answered(bench: Bench) -> None:
    ticket_id = ticket_of(bench, bench.answered())
    with pytest.raises(WrongState):
        by_himself(bench, ticket_id, after=timedelta(hours=1))
