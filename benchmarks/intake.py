"""Messages a second from raw bytes to a filed ticket with its answer queued: the path of ``yingsheng intake``.

Many are taken with the help of other processes, as ``yingsheng intake`` does; ``here`` is all in one.
The baselines of the same run: the standard library parses the same letters and SQLite takes each in a commit of
its own, with no desk around it; and our own intake without triage.
"""

from __future__ import annotations

import email
import email.policy
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from api import pipeline
from api.assistants import Assistants, apart
from api.desk import Desk
from api.intake_files import BATCH, Report, take
from benchmarks.figures import Figure, in_turn, spent
from benchmarks.place import Place
from channels.message import Account
from drills.payloads import letter, wechat_text

ROUNDS = 3
BATCHED, SINGLE = 1000, 60
"""Messages of a round."""
ALONE = "email + sqlite3, a commit each, nothing else"
UNJUDGED = "the same without triage"
AIM = 440.0
"""Four times what a Django help desk takes on such a machine without triage."""
MAKERS: dict[str, Callable[[int], bytes]] = {"mailbox": letter, "wechat": wechat_text}


def run(place: Place) -> list[Figure]:
    """Letters in batches, one by one, and chat messages in batches."""
    with place.desk() as desk, apart(desk) as aside:
        _take(desk, "mailbox", "before", ROUNDS, BATCHED, BATCH, assistants=aside)  # until its processes have loaded
        return [*_batched(desk, aside), *_one_by_one(desk), *_chats(desk, aside)]


def _batched(desk: Desk, aside: Assistants) -> list[Figure]:
    used: list[float] = []

    def here(number: int) -> float:
        before = time.process_time()
        rate = _take(desk, "mailbox", "here", number, BATCHED, BATCH)
        used.append(1000 * (time.process_time() - before) / BATCHED)
        return rate

    alone, ours, single, unjudged = in_turn(
        lambda number: _alone(desk.home / "alone.sqlite", number, BATCHED),
        lambda number: _take(desk, "mailbox", "judged", number, BATCHED, BATCH, assistants=aside),
        here,
        lambda number: _store(desk, "mailbox", "unjudged", number, BATCHED, BATCH),
        rounds=ROUNDS,
    )
    per_message = sorted(used)[len(used) // 2]
    return [
        Figure("intake.letters.batched", ours, "/s", ALONE, alone, "higher", AIM),
        Figure("intake.letters.batched.triage", ours, "/s", UNJUDGED, unjudged, "higher"),
        Figure("intake.letters.batched.here", single, "/s", ALONE, alone, "higher"),
        Figure("intake.letters.batched.processor", per_message, "ms", "the same, wall clock", 1000 / single, "lower"),
    ]


def _one_by_one(desk: Desk) -> list[Figure]:
    alone, ours, unjudged = in_turn(
        lambda number: _alone(desk.home / "alone.sqlite", ROUNDS + number, SINGLE),
        lambda number: _take(desk, "mailbox", "judged1", number, SINGLE, 1),
        lambda number: _store(desk, "mailbox", "unjudged1", number, SINGLE, 1),
        rounds=ROUNDS,
    )
    return [
        Figure("intake.letters.single", ours, "/s", ALONE, alone, "higher"),
        Figure("intake.letters.single.triage", ours, "/s", UNJUDGED, unjudged, "higher"),
    ]


def _chats(desk: Desk, aside: Assistants) -> list[Figure]:
    ours, unjudged = in_turn(
        lambda number: _take(desk, "wechat", "judged", number, BATCHED, BATCH, assistants=aside),
        lambda number: _store(desk, "wechat", "unjudged", number, BATCHED, BATCH),
        rounds=ROUNDS,
    )
    return [Figure("intake.chats.batched", ours, "/s", UNJUDGED, unjudged, "higher")]


def _payloads(channel: str, number: int, many: int) -> list[tuple[str, bytes]]:
    make = MAKERS[channel]
    return [(f"{channel}-{at}", make(at)) for at in range(number * many, (number + 1) * many)]


def _take(
    desk: Desk, channel: str, account: str, number: int, many: int, batch: int, *, assistants: Assistants | None = None
) -> float:
    """Messages a second, the making of the payloads not counted."""
    payloads, report = _payloads(channel, number, many), Report()
    took = spent(lambda: take(desk, Account(channel, account), payloads, report, assistants=assistants, batch=batch))
    accepted = report.count("accepted")
    assert accepted == many, f"{accepted} of {many} accepted"
    return many / took


def _store(desk: Desk, channel: str, account: str, number: int, many: int, batch: int) -> float:
    """The same without triage."""
    payloads, to = _payloads(channel, number, many), Account(channel, account)

    def work() -> None:
        for at in range(0, many, batch):
            readings = pipeline.read(desk, to, [payload for _, payload in payloads[at : at + batch]])
            receipts = [receipt for each in pipeline.store(desk, readings) for receipt in each]
            assert all(receipt.outcome == "accepted" for receipt in receipts)

    return many / spent(work)


def _alone(file: Path, number: int, many: int) -> float:
    payloads = _payloads("mailbox", number, many)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS mails (id TEXT, sender TEXT, subject TEXT, body TEXT, headers TEXT)")
    try:
        return many / spent(lambda: _keep_all(connection, payloads))
    finally:
        connection.close()


def _keep_all(connection: sqlite3.Connection, payloads: list[tuple[str, bytes]]) -> None:
    for _, payload in payloads:
        _keep(connection, payload)


def _keep(connection: sqlite3.Connection, payload: bytes) -> None:
    mail = email.message_from_bytes(payload, policy=email.policy.default)
    headers = json.dumps(dict(mail.items()), ensure_ascii=False)
    values = (mail["Message-ID"], mail["From"], mail["Subject"], mail.get_content(), headers)
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO mails VALUES (?, ?, ?, ?, ?)", values)
    connection.execute("COMMIT")
