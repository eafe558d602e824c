"""A resident begins to follow, comes back, and tells the number he can be called on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from casework.resident_tables import Resident
from casework.tables import Step
from channels.message import InboundMessage, Sender

from .conftest import NOW, Bench


@pytest.mark.parametrize(
    ("came", "welcomes"),
    [
        ("subscribe subscribe", 1),
        ("subscribe unsubscribe subscribe", 2),
        ("subscribe unsubscribe subscribe subscribe", 2),
        ("unsubscribe subscribe subscribe", 1),
    ],
    ids=["told twice", "came back", "let in again and started", "known only as gone"],
)
def test_one_follow_is_welcomed_once_however_many_signs_of_it_come(bench: Bench, came: str, welcomes: int) -> None:
    for number, name in enumerate(came.split()):
        bench.receive(InboundMessage("telegram", "main", f"e{number}", "event", Sender("7"), event=name))
    assert len(bench.said("welcome")) == welcomes


def test_who_starts_again_on_another_day_is_welcomed_again(bench: Bench) -> None:
    for number in range(2):
        event = InboundMessage("telegram", "main", f"e{number}", "event", Sender("7"), event="subscribe")
        bench.receive(event, now=NOW + timedelta(days=number))
    assert len(bench.said("welcome")) == 2


def test_a_number_of_his_own_that_a_resident_gives_later_is_kept_and_noted_on_his_ticket(bench: Bench) -> None:
    def said(delivery: str, phone: str) -> str:
        sender = Sender("7", "林", phone)
        found = InboundMessage("telegram", "main", delivery, "text", sender, text="光明路的路灯坏了三天没人修")
        return bench.receive(found).ticket_id

    def kept() -> tuple[str, int]:
        noted = select(func.count(Step.id)).where(Step.move == "phone", Step.ticket_id == ticket)
        return bench.look(lambda session: (session.scalars(select(Resident.phone)).one(), session.scalar(noted)))

    ticket = said("1", "")
    assert kept() == ("", 0)
    said("2", "13800000001")
    assert kept() == ("13800000001", 1)
    said("3", "13800000001")
    said("4", "")
    assert kept() == ("13800000001", 1)
    said("5", "13800000002")
    assert kept() == ("13800000002", 2)
