"""16 threads redeliver 400 messages three times each: 400 tickets, on SQLite and on PostgreSQL."""

from __future__ import annotations

import argparse
import random
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from api import pipeline
from api.desk import Desk
from api.settings import Settings
from casework import rules
from casework.message_tables import Message
from casework.tables import Ticket
from channels.message import Account
from drills import databases
from drills.payloads import wechat_text
from storage import migrate

MESSAGES, TIMES, THREADS = 400, 3, 16


def redeliver(desk: Desk, *, messages: int = MESSAGES) -> tuple[int, int]:
    """Send each message three times, shuffled, from 16 threads. Return (messages stored, tickets)."""
    migrate.upgrade(desk.database)
    with desk.database.write.begin() as session:
        rules.keep(session, desk.district, now=desk.now())
    account = Account("wechat", "drill")
    payloads = [wechat_text(number) for number in range(messages)] * TIMES
    random.Random(7).shuffle(payloads)
    with ThreadPoolExecutor(THREADS) as pool:
        received = list(pool.map(lambda payload: pipeline.receive(desk, account, payload), payloads))
    accepted = sum(receipt.outcome == "accepted" for each in received for receipt in each.receipts)
    with desk.database.read() as session:
        stored = session.scalar(select(func.count(Message.id))) or 0
        tickets = session.scalar(select(func.count(Ticket.id))) or 0
    assert accepted == messages, f"{accepted} accepted, {messages} sent"
    return stored, tickets


def check(name: str, settings: Settings, *, messages: int = MESSAGES) -> None:
    """Raises ``AssertionError`` when a message was lost or opened a second ticket. ``name`` is the database's."""
    desk = Desk(settings)
    try:
        stored, tickets = redeliver(desk, messages=messages)
    finally:
        desk.close()
    print(f"   {name}: {messages} messages × {TIMES} by {THREADS} threads → {stored} messages, {tickets} tickets")
    assert stored == tickets == messages, f"{name}: {stored} messages, {tickets} tickets"


def run(_given: argparse.Namespace) -> None:
    """Both databases."""
    with databases.both() as there:
        for name, settings in there.items():
            check(name, settings)
