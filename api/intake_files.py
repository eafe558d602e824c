"""Payloads from files, in batches: several in a transaction, because a commit costs more than a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from api import pipeline
from api.desk import Desk
from casework.intake import Receipt
from casework.tables import Message, Ticket
from channels.errors import UnreadableMessage
from channels.message import Account, Parsed
from channels.registry import CHANNELS


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


def take_batch(desk: Desk, account: Account, payloads: Sequence[tuple[str, bytes]], report: Report) -> None:
    """Receive named payloads in one transaction and assess what they opened in another."""
    readable: list[tuple[bytes, Sequence[Parsed]]] = []
    for name, payload in payloads:
        try:
            readable.append((payload, CHANNELS[account.channel].parse(payload, account)))
        except UnreadableMessage as problem:
            pipeline.hold(desk, account, payload, problem, source=name)
            report.quarantined += 1
            report.errors.append({"file": name, "row": None, "field": problem.where, "message": problem.why})
    receipts = [receipt for each in pipeline.store(desk, readable) for receipt in each]
    report.receipts += receipts
    fresh = list(dict.fromkeys(receipt.ticket_id for receipt in receipts if receipt.fresh))
    if fresh:
        pipeline.assess(desk, fresh)


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
