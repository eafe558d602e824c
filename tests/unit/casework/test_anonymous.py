"""Whoever left no way to be asked is closed as such after the answer, and the callback queue does not fill with him."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from casework import callbacks, desk_work
from casework.actors import Given
from casework.tables import Case, Notice, Step, Ticket, TicketFacts
from channels.message import InboundMessage, Sender
from triage.assessment import Entity

from .conftest import AGENT, DISPATCHER, NOW, Bench, assessment
from .on_one import bench

__all__ = ["bench"]

WAYS = {
    "a telephone": ("web", Sender("13800005678", "", "13800005678")),
    "a mail address": ("web", Sender("someone@example.org")),
    "a chat": ("wechat", Sender("o-9")),
    "the number he called from": ("hotline", Sender("13800005678")),
}


def ticket(bench: Bench, channel: str, sender: Sender, **changes: object) -> str:
    message = InboundMessage(
        channel=channel, account="main", delivery_id=sender.id, kind="text", sender=sender, text="路灯坏了三天没人修"
    )
    found = bench.receive(message).ticket_id
    bench.file(found, assessment(bench.district, **changes))
    return found


def answered(bench: Bench, ticket_id: str) -> str:
    with bench.database.write.begin() as session:
        found = session.get_one(Ticket, ticket_id)
        case = desk_work.accept(session, bench.district, found, actor=DISPATCHER, now=NOW).id
    lead = bench.lead(case)
    bench.do(case, "sign", lead)
    bench.do(case, "answer", lead, text="已修好")
    return case


def queue(bench: Bench) -> list[str]:
    return bench.look(lambda session: [each.id for each in callbacks.to_call(session)])


@pytest.mark.parametrize(("channel", "name"), [("web", "form:1"), ("hotline", "call:7"), ("walk_in", "counter:3")])
def test_an_anonymous_ticket_is_closed_after_its_answer_without_a_callback(
    bench: Bench, channel: str, name: str
) -> None:
    found = ticket(bench, channel, Sender(name))
    case = answered(bench, found)
    closed = bench.look(lambda session: session.get_one(Ticket, found))
    assert (closed.state, closed.close_reason, closed.answer) == ("closed", "anonymous", "已修好")
    assert bench.state(case) == "closed"
    assert queue(bench) == []
    moves = bench.look(lambda s: list(s.scalars(select(Step.move).where(Step.ticket_id == found).order_by(Step.id))))
    assert "close_anonymous" in moves


def test_it_counts_in_none_of_the_three_rates_and_as_closed(bench: Bench) -> None:
    found = ticket(bench, "web", Sender("form:1"))
    answered(bench, found)
    facts = bench.look(lambda session: session.get_one(TicketFacts, found))
    assert (facts.effective_callback, facts.counted_at) == (0, None)
    assert (facts.accepted, facts.closed, facts.answered) == (1, 1, 1)


def test_nobody_is_asked_to_tell_by_word_of_mouth_whom_nobody_can_speak_to(bench: Bench) -> None:
    answered(bench, ticket(bench, "web", Sender("form:1")))
    assert "to_tell" not in {each.state for each in bench.said()}
    notices = bench.look(
        lambda s: list(s.scalars(select(Notice).where(Notice.template == "to_tell").order_by(Notice.id)))
    )
    assert all(each.read_at is not None for each in notices)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_whoever_can_be_reached_is_called_back(bench: Bench, way: tuple[str, Sender]) -> None:
    found = ticket(bench, *way)
    answered(bench, found)
    assert bench.ticket_state(found) == "told"
    assert queue(bench) == [found]


def test_a_telephone_in_his_words_is_a_way_to_reach_him(bench: Bench) -> None:
    number = Entity("phone", "13800005678", 0, 11, {"number": "13800005678"})
    found = ticket(bench, "web", Sender("form:1"), entities=(number,))
    answered(bench, found)
    assert bench.ticket_state(found) == "told"


def test_an_anonymous_reporter_leaves_the_others_of_his_case_to_their_callback(bench: Bench) -> None:
    case = bench.case()
    found = ticket(bench, "web", Sender("form:1"))
    with bench.database.write.begin() as session:
        one, its = session.get_one(Ticket, found), session.get_one(Case, case)
        desk_work.merge(session, bench.district, one, its, actor=DISPATCHER, now=NOW)
    lead = bench.lead(case)
    bench.do(case, "sign", lead)
    bench.do(case, "answer", lead, text="已修好")
    assert (bench.state(case), bench.ticket_state(found)) == ("answered", "closed")
    bench.call_back(case, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    assert bench.state(case) == "closed"


def test_an_answer_on_the_spot_that_was_drawn_to_be_called_back_is_closed_where_nobody_can_be(bench: Bench) -> None:
    workflow = bench.district.workflow.model_copy(update={"direct_callback_share": Decimal(1)})
    bench.district = replace(bench.district, workflow=workflow)
    for sender, state in (
        (Sender("form:1"), "closed"),
        (Sender("13800005678", "", "13800005678"), "answered_directly"),
    ):
        found = ticket(bench, "web", sender)
        with bench.database.write.begin() as session:
            one = session.get_one(Ticket, found)
            given = Given(text="请走某路")
            desk_work.move(session, bench.district, one, "answer_directly", actor=AGENT, now=NOW, given=given)
        assert bench.ticket_state(found) == state
