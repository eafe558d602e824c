"""Payloads from files, in batches: several in a transaction, because a commit costs more than a message."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from api.judges import Judge, here
from casework.intake import Receipt
from casework.tables import Message, Ticket
from channels.errors import UnreadableMessage
from channels.message import Account, Parsed
from channels.registry import CHANNELS

BATCH = 50
"""Payloads a transaction: a crash repeats at most so many, which are then known again."""
AHEAD = 1
"""Batches that wait for their answers while another is stored: so the judge never waits for the next."""


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
    judge: Judge | None = None,
    batch: int = BATCH,
    told: Callable[[int], None] = lambda _done: None,
) -> None:
    """Receive named payloads, a batch in a transaction, and assess what they opened, a batch in another.

    A batch is filed when the next ones are stored, so that another process can judge it meanwhile; ``judge`` is this
    one unless given. After each batch ``told`` hears how many payloads were received.
    """
    judge = judge or here(desk)
    coming, done = iter(payloads), 0
    judging: deque[Callable[[], pipeline.Judged]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="blobs") as disk:  # it mostly waits, and the rest need not
        while some := list(islice(coming, batch)):
            readable = _read(desk, account, some, report)
            kept = disk.submit(pipeline.keep, desk, readable)
            if len(judging) > AHEAD:
                pipeline.file(desk, judging.popleft()())
            receipts = [receipt for each in pipeline.store(desk, readable, kept.result()) for receipt in each]
            report.receipts += receipts
            fresh = list(dict.fromkeys(receipt.ticket_id for receipt in receipts if receipt.fresh))
            judging.append(judge(pipeline.questions(desk, fresh)))
            done += len(some)
            told(done)
    for answers in judging:
        pipeline.file(desk, answers())


def _read(
    desk: Desk, account: Account, payloads: Sequence[tuple[str, bytes]], report: Report
) -> list[tuple[bytes, Sequence[Parsed]]]:
    """The payloads with the messages in them; what cannot be read goes to quarantine."""
    readable: list[tuple[bytes, Sequence[Parsed]]] = []
    for name, payload in payloads:
        try:
            readable.append((payload, CHANNELS[account.channel].parse(payload, account)))
        except UnreadableMessage as problem:
            pipeline.hold(desk, account, payload, problem, source=name)
            report.quarantined += 1
            report.errors.append({"file": name, "row": None, "field": problem.where, "message": problem.why})
    return readable


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
