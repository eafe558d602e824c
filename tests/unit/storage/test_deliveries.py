"""A lease is held by one try: a late sender changes nothing, and a try that crashed is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from storage import deliveries
from storage.database import Database
from storage.deliveries import Delivery, DeliveryAttempt

NOW = datetime(2026, 3, 24, 1, 30, tzinfo=UTC)
OVER = NOW + deliveries.LEASE + timedelta(seconds=1)


class Rows:
    """Each act in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def queue(self, purpose: str = "1", channel: str = "mailbox") -> str:
        with self.database.write.begin() as session:
            return deliveries.queue(
                session, purpose=purpose, channel=channel, account="main", recipient="r", text="您好", now=NOW
            ).id

    def do(self, act: Callable[..., Any], *args: Any, **given: Any) -> Any:
        with self.database.write.begin() as session:
            return act(session, *args, **given)

    def row(self, key: str) -> Delivery:
        with self.database.read() as session:
            return deliveries.get(session, key)

    def attempts(self, key: str) -> list[tuple[str, str]]:
        with self.database.read() as session:
            found = session.scalars(select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == key))
            return [(attempt.by, attempt.outcome) for attempt in found]


@pytest.fixture
def rows(database: Database) -> Rows:
    return Rows(database)


def test_a_sender_whose_lease_ran_out_does_not_undo_what_the_next_one_sent(rows: Rows) -> None:
    key = rows.queue()
    rows.do(deliveries.lease, key, by="first", now=NOW)
    rows.do(deliveries.expire_leases, safe_channels={"mailbox"}, now=OVER)
    rows.do(deliveries.lease, key, by="second", now=OVER)
    assert rows.do(deliveries.mark_sent, key, by="second", platform_id="<x>", now=OVER)
    assert not rows.do(deliveries.mark_delayed, key, by="first", reason="忙", retry_after=60, now=OVER)
    assert not rows.do(deliveries.mark_failed, key, by="first", reason="拒收", now=OVER)
    row = rows.row(key)
    assert (row.state, row.platform_id, row.reason) == ("sent", "<x>", "")
    assert ("first", "failed") in rows.attempts(key)


def test_a_late_sender_does_not_end_the_lease_of_the_next_one(rows: Rows) -> None:
    key = rows.queue()
    rows.do(deliveries.lease, key, by="first", now=NOW)
    rows.do(deliveries.expire_leases, safe_channels={"mailbox"}, now=OVER)
    rows.do(deliveries.lease, key, by="second", now=OVER)
    assert not rows.do(deliveries.mark_sent, key, by="first", platform_id="<x>", now=OVER)
    row = rows.row(key)
    assert (row.state, row.leased_by, row.attempts) == ("leased", "second", 2)


def test_a_delivery_whose_senders_always_die_is_dead_after_the_last_attempt(rows: Rows) -> None:
    key = rows.queue()
    at = NOW
    for _ in range(deliveries.MAX_ATTEMPTS):
        assert rows.do(deliveries.lease, key, by=f"try-{at}", now=at) is not None
        at += deliveries.LEASE + timedelta(seconds=1)
        rows.do(deliveries.expire_leases, safe_channels={"mailbox"}, now=at)
    assert rows.row(key).state == "dead"
