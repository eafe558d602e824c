"""Payloads from files, in batches: several in a transaction, because a commit costs more than a message."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import select

from api import pipeline
from api.assistants import Assistants, Here
from api.desk import Desk
from api.pipeline import Judged, Reading
from casework.intake import Receipt
from casework.tables import Message, Ticket
from channels.message import Account

BATCH = 100
"""Payloads a transaction: a crash repeats at most so many, which are then known again."""
AHEAD = 1
"""Batches that are read, and batches that are judged, while another is stored: so nobody waits for the next."""


@dataclass(slots=True)
class Report:
    """What became of the payloads: the document of ``yingsheng intake --json``."""

    receipts: list[Receipt] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0

    def count(self, outcome: str) -> int:
        """How many messages ended so."""
        return sum(receipt.outcome == outcome for receipt in self.receipts)

    def document(self, desk: Desk) -> dict[str, Any]:
        """The counts, one entry for each accepted or repeated message, and the errors."""
        shown = [receipt for receipt in self.receipts if receipt.ticket_id]
        return {
            "accepted": self.count("accepted"),
            "repeated": self.count("repeated"),
            "ignored": self.count("ignored"),
            "quarantined": self.quarantined,
            "tickets": _tickets(desk, shown),
            "ignored_reasons": [receipt.reason for receipt in self.receipts if receipt.outcome == "ignored"],
            "errors": self.errors,
        }


def take(
    desk: Desk,
    account: Account,
    payloads: Iterable[tuple[str, bytes]],
    report: Report,
    *,
    assistants: Assistants | None = None,
    batch: int = BATCH,
    told: Callable[[int], None] = lambda _done: None,
) -> None:
    """Receive named payloads, a batch in a transaction, and assess what they opened, a batch in another.

    The next batch is being read and the one before judged while a batch is stored: all at the same time if there are
    ``assistants``. After each batch ``told`` hears how many payloads were received.
    """
    assistants = assistants or Here(desk)
    done = 0
    judging: deque[Callable[[], Judged]] = deque()
    for some, readings in _read_ahead(assistants, account, payloads, batch):
        fresh = _store(desk, account, some, readings, report)
        judging.append(assistants.judge(pipeline.questions(desk, fresh)))
        if len(judging) > AHEAD:
            pipeline.file(desk, judging.popleft()())
        done += len(some)
        told(done)
    for answers in judging:
        pipeline.file(desk, answers())


def _read_ahead(
    assistants: Assistants, account: Account, payloads: Iterable[tuple[str, bytes]], batch: int
) -> Iterator[tuple[list[tuple[str, bytes]], list[Reading]]]:
    """The payloads in batches, each with its readings; the next are being read meanwhile."""
    coming = iter(payloads)
    reading: deque[tuple[list[tuple[str, bytes]], Callable[[], list[Reading]]]] = deque()
    while some := list(islice(coming, batch)):
        reading.append((some, assistants.read(account, [payload for _, payload in some])))
        if len(reading) > AHEAD:
            named, readings = reading.popleft()
            yield named, readings()
    for named, readings in reading:
        yield named, readings()


def _store(
    desk: Desk, account: Account, payloads: Sequence[tuple[str, bytes]], readings: Sequence[Reading], report: Report
) -> list[str]:
    """Store what could be read, put the rest into quarantine; the tickets that wait for triage."""
    for (name, payload), reading in zip(payloads, readings, strict=True):
        if problem := reading.problem:
            pipeline.hold(desk, account, payload, problem, source=name)
            report.quarantined += 1
            report.errors.append({"file": name, "row": None, "field": problem.where, "message": problem.why})
    stored = pipeline.store(desk, [reading for reading in readings if reading.problem is None])
    receipts = [receipt for each in stored for receipt in each]
    report.receipts += receipts
    return list(dict.fromkeys(receipt.ticket_id for receipt in receipts if receipt.fresh))


def _tickets(desk: Desk, receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    with desk.database.read() as session:
        found = session.execute(
            select(Message, Ticket)
            .join(Ticket, Ticket.id == Message.ticket_id)
            .where(Message.id.in_([receipt.message_id for receipt in receipts]))
        )
        rows = {message.id: (message, ticket) for message, ticket in found}
    return [_entry(*rows[receipt.message_id]) for receipt in receipts if receipt.message_id in rows]


def _entry(message: Message, ticket: Ticket) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "channel": ticket.channel,
        "external_id": message.external_id,
        "sender": ticket.sender,
        "text": ticket.text,
        "case_id": ticket.case_id,
        "suggestion": ticket.suggestion or None,
    }
