"""Where there is no line to write back on, a person tells the resident, and nothing is ever shown as sent."""

from __future__ import annotations

from typing import Any

import pytest

from casework import desk_work
from casework.errors import NotAllowed
from casework.tables import Ticket
from channels.registry import CHANNELS
from storage.deliveries import Delivery, due

from .conftest import AGENT, NOW, Bench


class Spoken:
    name, label = "wechat", "只听不写的渠道"

    def parse(self, payload: bytes, account: Any) -> list[Any]:
        return []


@pytest.fixture(autouse=True)
def only_listening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHANNELS, "wechat", Spoken())  # type: ignore[arg-type]


def answered(bench: Bench) -> tuple[str, Delivery]:
    case = bench.answered()
    (delivery,) = bench.said()
    assert delivery.ticket_id is not None
    assert case
    return delivery.ticket_id, delivery


def test_an_answer_waits_to_be_told_and_is_never_due_to_be_sent(bench: Bench) -> None:
    _, delivery = answered(bench)
    assert delivery.state == "to_tell"
    assert bench.look(lambda session: due(session, now=NOW.replace(year=NOW.year + 1))) == []


def test_a_caller_is_not_written_the_number_he_was_told_on_the_telephone(bench: Bench) -> None:
    bench.ticket()
    assert bench.said("received") == []


def test_a_callback_that_reached_him_has_told_him(bench: Bench) -> None:
    case = bench.answered()
    bench.call_back(case, reached=True, contacted=True, resolved=True, satisfaction="satisfied")
    (delivery,) = bench.said()
    assert delivery.state == "told"


def test_a_callback_that_did_not_reach_him_has_told_him_nothing(bench: Bench) -> None:
    case = bench.answered()
    bench.call_back(case, reached=False)
    assert [delivery.state for delivery in bench.said()] == ["to_tell"]


def test_the_desk_says_once_that_he_was_told(bench: Bench) -> None:
    ticket_id, _ = answered(bench)
    with bench.database.write.begin() as session:
        ticket = session.get_one(Ticket, ticket_id)
        assert desk_work.told(session, ticket, actor=AGENT, now=NOW) is not None
        assert desk_work.told(session, ticket, actor=AGENT, now=NOW) is None
    assert [delivery.state for delivery in bench.said()] == ["told"]


def test_a_unit_does_not_say_that_he_was_told(bench: Bench) -> None:
    case = bench.answered()
    (delivery,) = bench.said()
    ticket_id = delivery.ticket_id
    with bench.database.write.begin() as session, pytest.raises(NotAllowed):
        desk_work.told(session, session.get_one(Ticket, ticket_id), actor=bench.lead(case), now=NOW)
