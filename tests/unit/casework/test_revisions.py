"""A later wording belongs to the matter of the first and takes its place in the ticket's text."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import func, select

from casework import desk_work
from casework.message_tables import Message
from casework.tables import Ticket
from channels.message import InboundMessage

from .conftest import AGENT, NOW, Bench, text_message

FIRST = "光明路3号院门口的井盖不见了"


def worded(text: str, delivery: str, *, revises: str = "", external: str = "", sender: str = "o-1") -> InboundMessage:
    message = text_message(text, delivery=delivery, sender=sender)
    return replace(message, external_id=external or delivery, revises=revises)


def ticket_of(bench: Bench, ticket_id: str) -> Ticket:
    return bench.look(lambda session: session.get_one(Ticket, ticket_id))


def count(bench: Bench) -> int:
    return bench.look(lambda session: session.scalar(select(func.count()).select_from(Ticket)) or 0)


def test_a_later_wording_takes_the_place_of_the_first_and_is_judged_again(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.file(first.ticket_id)
    bench.receive(worded("车都不敢走", "m2"))
    bench.file(first.ticket_id)
    edited = bench.receive(worded("光明路8号院门口的井盖不见了", "m3", revises="m1", external="m1"))
    assert (edited.ticket_id, edited.fresh, count(bench)) == (first.ticket_id, True, 1)
    ticket = ticket_of(bench, first.ticket_id)
    assert ticket.text == "光明路8号院门口的井盖不见了\n车都不敢走"
    assert ticket.assessed_at is None


def test_the_latest_wording_is_the_one_that_is_replaced(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.receive(worded("光明路8号院门口的井盖不见了", "m2", revises="m1", external="m1"))
    bench.receive(worded("光明路9号院门口的井盖不见了", "m3", revises="m1", external="m1"))
    assert ticket_of(bench, first.ticket_id).text == "光明路9号院门口的井盖不见了"
    texts = bench.look(lambda session: list(session.scalars(select(Message.text).order_by(Message.id))))
    assert texts[0] == FIRST  # every wording stays on record


def test_the_same_wording_again_is_no_news(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.file(first.ticket_id)
    again = bench.receive(worded(FIRST, "m2", revises="m1", external="m1"))
    assert (again.ticket_id, again.fresh) == (first.ticket_id, False)
    assert ticket_of(bench, first.ticket_id).text == FIRST


def test_a_wording_of_what_never_came_is_a_matter_of_its_own(bench: Bench) -> None:
    receipt = bench.receive(worded(FIRST, "m1", revises="m0", external="m0"))
    assert (receipt.outcome, receipt.fresh, count(bench)) == ("accepted", True, 1)


def test_nobody_rewords_the_message_of_another(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.receive(worded("东街的树倒了压住了车", "m2", revises="m1", external="m1", sender="o-2"))
    assert ticket_of(bench, first.ticket_id).text == FIRST
    assert count(bench) == 2


def test_a_corrected_call_is_the_same_call_where_its_number_was_corrected(bench: Bench) -> None:
    first = bench.receive(replace(worded(FIRST, "c1", sender="13800138041"), channel="hotline"))
    again = worded(FIRST + "，请快些", "c2", revises="c1", external="c1", sender="13800138042")
    assert bench.receive(replace(again, channel="hotline")).ticket_id == first.ticket_id
    assert count(bench) == 1


def test_a_ticket_that_is_over_keeps_its_text_and_opens_no_second(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.file(first.ticket_id)
    with bench.database.write.begin() as session:
        desk_work.move(
            session, bench.district, session.get_one(Ticket, first.ticket_id), "withdraw", actor=AGENT, now=NOW
        )
    late = bench.receive(worded("光明路8号院门口的井盖不见了", "m2", revises="m1", external="m1"))
    assert (late.ticket_id, late.fresh, count(bench)) == (first.ticket_id, False, 1)
    assert ticket_of(bench, first.ticket_id).text == FIRST


def test_a_wording_that_shows_an_emergency_alerts_at_once(bench: Bench) -> None:
    first = bench.receive(worded(FIRST, "m1"))
    bench.file(first.ticket_id)
    bench.receive(worded("光明路3号院有人掉进井里了，快救人", "m2", revises="m1", external="m1"))
    assert any("120" in delivery.text for delivery in bench.said())
