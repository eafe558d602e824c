"""重办 at the resident's word: within the days a request that others decide, after them a new matter after the old."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from casework import desk_work, reopening, requests
from casework.actors import Actor
from casework.calling_errors import TooLateToReopen
from casework.errors import NeedMissing, NotAllowed, RequestPending, WrongState
from casework.intake import Receipt
from casework.tables import Case, Request, Ticket
from storage.database import Database

from .conftest import AGENT, CALLER, DISPATCHER, NOW, SUPERVISOR, Bench, text_message

SOLVED = {"reached": True, "contacted": True, "resolved": True, "satisfaction": "satisfied"}
LAST = NOW + timedelta(days=7)


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """Nothing here is about locks or dialects."""
    return sqlite_database


def closed(bench: Bench) -> tuple[str, str]:
    """A closed case and its ticket."""
    case_id = bench.answered()
    bench.call_back(case_id, **SOLVED)
    return case_id, bench.look(lambda session: session.get_one(Case, case_id).tickets[0].id)


def ask(bench: Bench, ticket_id: str, text: str = "又不亮了", *, now: datetime = LAST) -> str:
    with bench.database.write.begin() as session:
        return reopening.ask(session, bench.district, session.get_one(Ticket, ticket_id), text, now=now).id


def again(bench: Bench, ticket_id: str, text: str = "路灯又坏了", *, key: str = "k") -> Receipt:
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        late = LAST + timedelta(days=2)
        return reopening.again(session, bench.district, ticket, text, key=key, blob="b" * 64, now=late)


def decide(bench: Bench, key: str, actor: Actor, *, approve: bool, text: str = "") -> None:
    with bench.database.write.begin() as session:
        found = requests.get(session, key)
        requests.decide(session, bench.district, found, approve=approve, actor=actor, now=LAST, text=text)


@pytest.mark.parametrize("actor", [SUPERVISOR, DISPATCHER], ids=lambda actor: str(actor.role))
def test_within_the_days_his_word_becomes_a_request_and_its_approval_reopens_his_matter(
    bench: Bench, actor: Actor
) -> None:
    case_id, ticket_id = closed(bench)
    key = ask(bench, ticket_id)
    assert bench.state(case_id) == "closed"
    assert [
        each.id for each in bench.look(lambda session: requests.queue(session, bench.district, actor, now=LAST))
    ] == [key]
    decide(bench, key, actor, approve=True)
    assert (bench.state(case_id), bench.ticket_state(ticket_id)) == ("in_progress", "on_case")
    assert len(bench.said("reworked")) == 1


def closed_for_two(bench: Bench) -> tuple[str, str]:
    """A case on which two residents called it resolved, and the ticket of the second."""
    case_id = bench.case()
    other = bench.ticket("同一盏路灯不亮")
    with bench.database.write.begin() as session:
        case = session.get_one(Case, case_id)
        desk_work.merge(session, bench.district, session.get_one(Ticket, other), case, actor=DISPATCHER, now=NOW)
    lead = bench.lead(case_id)
    bench.do(case_id, "sign", lead)
    bench.do(case_id, "answer", lead, text="修好了。")
    bench.call_back(case_id, **SOLVED)
    bench.call_back(case_id, **SOLVED)
    return case_id, other


def test_who_asked_is_among_those_taken_up_again_though_he_had_called_it_resolved(bench: Bench) -> None:
    case_id, other = closed_for_two(bench)
    decide(bench, ask(bench, other), SUPERVISOR, approve=True)
    states = bench.look(lambda session: {t.id: t.state for t in session.get_one(Case, case_id).tickets})
    assert states.pop(other) == "on_case"
    assert list(states.values()) == ["closed"]


def test_a_refusal_is_told_to_who_asked(bench: Bench) -> None:
    case_id, ticket_id = closed(bench)
    decide(bench, ask(bench, ticket_id), SUPERVISOR, approve=False, text="现场核实灯是亮的。")
    assert bench.state(case_id) == "closed"
    (told,) = bench.said("reopening_refused")
    assert (told.ticket_id, "现场核实" in told.text) == (ticket_id, True)


def test_after_the_days_it_is_too_late(bench: Bench) -> None:
    _, ticket_id = closed(bench)
    with pytest.raises(TooLateToReopen) as refused:
        ask(bench, ticket_id, now=LAST + timedelta(days=1))
    assert (refused.value.days, refused.value.last.isoformat()) == (7, "2026-03-31")


def test_he_gives_a_reason_and_asks_once_at_a_time(bench: Bench) -> None:
    _, ticket_id = closed(bench)
    with pytest.raises(NeedMissing):
        ask(bench, ticket_id, "  ")
    ask(bench, ticket_id)
    with pytest.raises(RequestPending):
        ask(bench, ticket_id)


def test_what_is_not_over_or_was_never_a_case_cannot_be_reopened(bench: Bench) -> None:
    open_case = bench.case()
    with pytest.raises(WrongState):
        ask(bench, bench.look(lambda session: session.get_one(Case, open_case).tickets[0].id))
    with pytest.raises(WrongState):
        ask(bench, bench.ticket("楼道里的灯也坏了"))


@pytest.mark.parametrize("actor", [AGENT, CALLER], ids=lambda actor: str(actor.role))
def test_neither_agents_nor_callers_decide_it(bench: Bench, actor: Actor) -> None:
    _, ticket_id = closed(bench)
    key = ask(bench, ticket_id)
    with pytest.raises(NotAllowed):
        decide(bench, key, actor, approve=True)


def test_later_his_word_opens_a_new_ticket_that_follows_the_old_on_his_own_channel(bench: Bench) -> None:
    _, ticket_id = closed(bench)
    receipt = again(bench, ticket_id)
    new, old = bench.look(
        lambda session: (session.get_one(Ticket, receipt.ticket_id), session.get_one(Ticket, ticket_id))
    )
    assert (new.follows, new.state, new.text) == (ticket_id, "received", "路灯又坏了")
    assert (new.channel, new.sender, new.resident_id) == (old.channel, old.sender, old.resident_id)
    assert again(bench, ticket_id).ticket_id == new.id  # sent twice is one
    assert again(bench, ticket_id).outcome == "repeated"


def test_a_matter_under_way_is_not_begun_again(bench: Bench) -> None:
    case_id = bench.case()
    ticket_id = bench.look(lambda session: session.get_one(Case, case_id).tickets[0].id)
    with pytest.raises(WrongState):
        again(bench, ticket_id)
    assert bench.look(lambda session: session.scalars(select(Request)).all()) == []
    assert bench.receive(text_message("在吗", delivery="x", sender="o-77")).ticket_id != ticket_id


def test_who_asked_is_taken_up_again_though_a_supervisor_reopens_by_his_own_move(bench: Bench) -> None:
    case_id, other = closed_for_two(bench)
    ask(bench, other)
    bench.do(case_id, "reopen", SUPERVISOR, now=LAST, text="现场确有问题")
    states = bench.look(lambda session: {t.id: t.state for t in session.get_one(Case, case_id).tickets})
    assert states.pop(other) == "on_case"
    assert list(states.values()) == ["closed"]
