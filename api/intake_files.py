"""Payloads from files, in batches: several in a transaction, because a commit costs more than a message."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from api import judging, pipeline
from api.assistants import Assistants, Here
from api.desk import Desk
from api.judging import Judged
from api.pipeline import Reading
from casework.intake import Receipt
from casework.message_tables import Message
from casework.tables import Ticket
from channels.errors import UnreadableMessage
from channels.message import Account, Ignored, InboundMessage, Refused
from channels.registry import CHANNELS

log = logging.getLogger(__name__)

BATCH = 100
"""Payloads a transaction: a crash repeats at most so many, which are then known again."""
BATCH_BYTES = 16_000_000
"""A batch ends as well where its payloads have reached this: what is in hand at a time stays small."""

Named = tuple[str, bytes]
"""A payload under the name of its file."""


@dataclass(slots=True)
class Report:
    """What became of the payloads: the document of ``yingsheng intake --json``."""

    receipts: list[Receipt] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    quarantined: int = 0

    def fault(self, name: str, where: str, why: str, *, row: int | None = None) -> None:
        """Note what could not be taken, and why; ``row`` as the file shows it."""
        self.errors.append({"file": name, "row": row, "field": where, "message": why})

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


FIRST = 10
"""Messages a preview shows."""


def looked_at(account: Account, name: str, payload: bytes) -> dict[str, Any]:
    """How a payload reads, with nothing stored: counts, the first messages, and what cannot be taken and why."""
    report = Report()
    try:
        found = CHANNELS[account.channel].parse(payload, account)
    except UnreadableMessage as problem:
        report.fault(name, problem.where, problem.why)
        found = []
    for part in found:
        if isinstance(part, Refused):
            report.fault(name, part.where, part.why, row=part.row)
    messages = [each for each in found if isinstance(each, InboundMessage)]
    return {
        "file": name,
        "messages": len(messages),
        "ignored": sum(isinstance(each, Ignored) for each in found),
        "first": [each.text for each in messages[:FIRST]],
        "errors": report.errors,
    }


def take(
    desk: Desk,
    account: Account,
    payloads: Iterable[Named],
    report: Report,
    *,
    assistants: Assistants | None = None,
    batch: int = BATCH,
    told: Callable[[int], None] = lambda _done: None,
) -> None:
    """Receive named payloads, a batch in a transaction, and assess what they opened, a batch in another.

    The next batch is being read and the one before judged while a batch is stored: all at the same time if there are
    ``assistants``. After each batch ``told`` hears how many payloads were received whole. Whatever ends this early,
    what is stored by then is filed.
    """
    assistants = assistants or Here(desk)
    done = 0
    asked: deque[Callable[[], Judged]] = deque()
    try:
        for some, readings in _read_ahead(assistants, account, payloads, batch):
            portions = list(_portions(some, readings, batch))
            for number, portion in enumerate(portions, start=1):
                fresh = _store(desk, account, portion, report)
                asked.append(partial(_judged_here, desk, fresh))  # should this end before anybody is asked
                asked[-1] = assistants.judge(judging.questions(desk, fresh))
                _file(desk, asked, left=assistants.ahead)
                done += len(some) if number == len(portions) else 0
                told(done)
    finally:
        _file(desk, asked, left=0)


def store_rows(
    desk: Desk, account: Account, named: Named, reading: Reading, report: Report, *, batch: int = BATCH
) -> Iterator[list[str]]:
    """Store the messages of one payload that was read and kept, a batch in a transaction; after each, the tickets that
    wait for triage.
    """
    for portion in _portions([named], [reading], batch):
        yield _store(desk, account, portion, report)


def _judged_here(desk: Desk, ticket_ids: Sequence[str]) -> Judged:
    return judging.judge(desk, judging.questions(desk, ticket_ids))


def _file(desk: Desk, asked: deque[Callable[[], Judged]], *, left: int) -> None:
    """File what was judged until so many batches are left. One that is interrupted is filed again: it is the first."""
    while len(asked) > left:
        pipeline.file(desk, asked[0]())
        asked.popleft()


def _read_ahead(
    assistants: Assistants, account: Account, payloads: Iterable[Named], most: int
) -> Iterator[tuple[list[Named], list[Reading]]]:
    """The payloads in batches, each with its readings; the next are being read meanwhile.

    Where ``payloads`` raises, what came before is given first.
    """
    reading: deque[tuple[list[Named], Callable[[], list[Reading]]]] = deque()
    try:
        for some in _batches(payloads, most):
            reading.append((some, assistants.read(account, [payload for _, payload in some])))
            if len(reading) > assistants.ahead:
                named, readings = reading.popleft()
                yield named, readings()
    except Exception:
        yield from ((named, readings()) for named, readings in reading)
        raise
    yield from ((named, readings()) for named, readings in reading)


def _batches(payloads: Iterable[Named], most: int) -> Iterator[list[Named]]:
    some: list[Named] = []
    size = 0
    try:
        for named in payloads:
            some.append(named)
            size += len(named[1])
            if len(some) == most or size >= BATCH_BYTES:
                full, some, size = some, [], 0
                yield full
    except Exception:
        if some:
            yield some
        raise
    if some:
        yield some


Portion = list[tuple[Named, Reading]]


def _portions(payloads: Sequence[Named], readings: Sequence[Reading], most: int) -> Iterator[Portion]:
    """In parts of at most so many messages: a sheet of ten thousand rows is one payload and many transactions."""
    portion: Portion = []
    size = 0
    for named, reading in zip(payloads, readings, strict=True):
        for part in _parts(replace(reading, source=named[0]), most):
            if portion and size + len(part.messages) > most:
                yield portion
                portion, size = [], 0
            portion.append((named, part))
            size += len(part.messages)
    if portion:
        yield portion


def _parts(reading: Reading, most: int) -> Iterator[Reading]:
    yield replace(reading, messages=reading.messages[:most])
    for at in range(most, len(reading.messages), most):
        yield replace(reading, messages=reading.messages[at : at + most], refused=())


def _store(desk: Desk, account: Account, portion: Portion, report: Report) -> list[str]:
    """Store what could be read, put the rest into quarantine; the tickets that wait for triage."""
    readable: Portion = []
    for named, reading in portion:
        if reading.problem is None:
            readable.append((named, reading))
        else:
            _hold(desk, account, named, reading.problem, report)
    receipts = _received(desk, account, readable, report)
    report.receipts += receipts
    return list(dict.fromkeys(receipt.ticket_id for receipt in receipts if receipt.fresh))


def _received(desk: Desk, account: Account, readable: Portion, report: Report) -> list[Receipt]:
    """Store together, or each by itself when that fails; a busy database is no fault of theirs and is raised."""
    try:
        receipts = [receipt for each in pipeline.store(desk, [reading for _, reading in readable]) for receipt in each]
    except OperationalError:
        raise
    except Exception as problem:  # noqa: BLE001  whichever it was: each by itself
        alone = _apart(readable)
        if len(alone) != 1:
            return [receipt for each in alone for receipt in _received(desk, account, [each], report)]
        ((named, _),) = alone
        log.error("payload %s could not be stored: %s", pipeline.fingerprint(named[1]), type(problem).__name__)  # noqa: TRY400
        _hold(desk, account, named, UnreadableMessage("", f"登记出错（{type(problem).__name__}）"), report)
        return []
    for (name, _), reading in readable:
        for part in reading.refused:
            report.fault(name, part.where, part.why, row=part.row)
        report.quarantined += len(reading.refused)
    for receipt in receipts:
        if receipt.outcome == "refused":
            report.fault(readable[0][0][0] if len(readable) == 1 else "", "", receipt.reason)
            report.quarantined += 1
    return receipts


def _apart(readable: Portion) -> Portion:
    """Each message, and each payload's refusals, by itself."""
    return [
        (named, part)
        for named, reading in readable
        for part in (
            *(replace(reading, messages=[message], refused=()) for message in reading.messages),
            *([replace(reading, messages=())] if reading.refused else []),
        )
    ]


def _hold(desk: Desk, account: Account, named: Named, problem: UnreadableMessage, report: Report) -> None:
    name, payload = named
    pipeline.hold(desk, account, payload, problem, source=name)
    report.quarantined += 1
    report.fault(name, problem.where, problem.why)


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
