"""Which files wait for the scanner, and who is told of an infection."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from casework import infections, intake
from casework.tables import Notice, Ticket
from channels.message import Attachment, InboundMessage, Sender
from district.pack import District
from storage import scans
from storage.database import Database
from tests.unit.casework.conftest import NOW

OLD, NEW = "ab" * 32, "cd" * 32


def receive(database: Database, district: District, number: int, *blobs: str) -> str:
    files = tuple(Attachment(f"{blob[:2]}.png", "image/png", blob=blob, size=3) for blob in blobs)
    message = InboundMessage(
        "mailbox", "mayor", f"d-{number}", "mail", Sender(f"r{number}@example.com"), text="路灯不亮", attachments=files
    )
    with database.write.begin() as session:
        return intake.receive(session, district, message, blob="", now=NOW).ticket_id


def waiting(database: Database, days: int = 0) -> list[str]:
    with database.read() as session:
        return list(infections.waiting(session, now=NOW + timedelta(days=days), limit=10))


def test_each_content_waits_once_and_the_latest_first(database: Database, district: District) -> None:
    receive(database, district, 1, OLD)
    receive(database, district, 2, NEW, OLD)
    assert sorted(waiting(database)) == [OLD, NEW]
    with database.write.begin() as session:
        infections.keep(session, district, OLD, "clean", "", now=NOW)
        infections.keep(session, district, NEW, "unscannable", "too large", now=NOW)
    assert waiting(database) == []
    assert waiting(database, days=2) == [NEW]


def test_the_desk_is_told_once_for_each_ticket_that_holds_the_file(database: Database, district: District) -> None:
    held = {receive(database, district, number, OLD) for number in (1, 2)}
    receive(database, district, 3, NEW)
    for _ in range(2):
        with database.write.begin() as session:
            infections.keep(session, district, OLD, "infected", "Some.Virus", now=NOW)
    with database.read() as session:
        notices = list(session.scalars(select(Notice)))
        numbers = set(session.scalars(select(Ticket.number).where(Ticket.id.in_(held))))
        assert scans.of(session, [OLD])[OLD].state == "infected"
    assert {(notice.audience, notice.template) for notice in notices} == {("desk", "infected")}
    assert sorted(str(notice.ticket_id) for notice in notices) == sorted(held)
    assert all("Some.Virus" in notice.text and any(number in notice.text for number in numbers) for notice in notices)
