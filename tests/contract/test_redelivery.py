"""The same delivery twice, through intake into a real database: no second message, no second ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

import packs
from casework import intake
from casework.message_tables import Message
from casework.tables import Ticket
from channels.errors import UnreadableMessage
from channels.message import Refused
from district.pack import District, load
from storage import migrate
from storage.database import Database

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def district() -> District:
    return load(Path(packs.__file__).parent / "demo")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """One for all samples: their neighbours must not matter either."""
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('redelivery') / 'test.sqlite'}")
    migrate.upgrade(made)
    yield made
    made.dispose()


def deliver(database: Database, district: District, subject, payload: bytes) -> list[intake.Receipt]:
    try:
        found = subject.channel.parse(payload, subject.account)
    except UnreadableMessage:
        return []
    receipts = []
    for message in found:
        if isinstance(message, Refused):
            continue  # a part that intake never sees
        with database.write.begin() as session:
            receipts.append(intake.receive(session, district, message, blob="b" * 64, now=NOW))
    return receipts


def counted(database: Database) -> tuple[int, int]:
    with database.read() as session:
        messages = session.scalar(select(func.count(Message.id))) or 0
        return messages, session.scalar(select(func.count(Ticket.id))) or 0


def test_redelivery_opens_no_second_ticket(subject, sample, database, district):
    """Also where the second delivery came another way, with other bytes (``redelivery_of``)."""
    payloads = {one.name: one.payload for one in subject.samples}
    first = deliver(database, district, subject, payloads[sample.redelivery_of or sample.name])
    before = counted(database)
    again = deliver(database, district, subject, sample.redelivered())
    assert counted(database) == before
    assert [receipt.outcome for receipt in again] == ["repeated"] * len(first)
    assert [(receipt.message_id, receipt.ticket_id) for receipt in again] == [
        (receipt.message_id, receipt.ticket_id) for receipt in first
    ]
