"""The jobs of reaching residents: what failed goes the next way, what waits for company or for the morning leaves."""

from __future__ import annotations

from api.desk import Desk
from casework import reaching
from casework.residents import SMS
from storage import waiting


def follow_failed(desk: Desk) -> int:
    """Decide what comes after deliveries that failed and that nobody followed. Return how many."""
    sms = desk.first_account(SMS)
    with desk.database.write.begin() as session:
        return reaching.sweep(session, desk.district, sms=sms, now=desk.now())


def release_waiting(desk: Desk) -> int:
    """Queue what has waited long enough, one recipient a transaction. Return how many messages that makes."""
    with desk.database.read() as session:
        lines = waiting.due_lines(session, now=desk.now())
    released = 0
    for line in lines:
        with desk.database.write.begin() as session:
            released += len(reaching.release(session, desk.district, line, now=desk.now()))
    return released
