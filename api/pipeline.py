"""The way of one message through the desk: parse, store, think, file. Used by webhooks, pollers, jobs and commands.

The thinking happens outside any transaction. A failure of triage leaves the ticket for the sweep, which tries again
and at last hands it to a person.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from api import gathering, judging
from api.desk import Desk
from api.judging import Judged, Thought
from casework import automatic, city_orders, events, filing, intake
from casework.dialogue import keeping
from casework.intake import Receipt
from channels import file_limits
from channels.base import Channel
from channels.errors import UnreadableMessage
from channels.message import Account, Attachment, Ignored, InboundMessage, Refused
from channels.registry import CHANNELS
from storage import quarantine
from storage.blobs import digest_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A payload that could not be read: it lies in quarantine under ``quarantine_id``."""

    quarantine_id: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one payload: a receipt for each message in it, or its quarantine."""

    receipts: tuple[Receipt, ...] = ()
    held: Held | None = None


def receive(desk: Desk, account: Account, payload: bytes, *, delivery_id: str = "", source: str = "") -> Received:
    """Parse one payload and store its messages in one transaction. What cannot be read goes to quarantine.

    ``delivery_id`` is the transport's own name for the payload (IMAP's mailbox+UIDVALIDITY+UID), by which a
    quarantined one is known again.
    """
    (found,) = read(desk, account, [payload])
    if found.problem is not None:
        return Received(held=hold(desk, account, payload, found.problem, delivery_id=delivery_id, source=source))
    return Received(receipts=store(desk, [replace(found, source=source)])[0])


@dataclass(frozen=True, slots=True)
class Reading:
    """A payload as it was read: the digest under which it is kept, its messages, or why it could not be read.

    ``refused`` are parts of it that cannot be taken; ``source`` is the file it came from, where there is one.

    The bytes of attachments are kept too, and not here: a batch of letters with pictures would fill the memory.
    """

    messages: Sequence[InboundMessage | Ignored] = ()
    digest: str = ""
    refused: Sequence[Refused] = ()
    size: int = 0
    source: str = ""
    problem: UnreadableMessage | None = None


def read(desk: Desk, account: Account, payloads: Sequence[bytes]) -> list[Reading]:
    """Parse payloads and have them and their attachments on disk. Reads and writes no table."""
    channel = CHANNELS[account.channel]
    parsed = [_parsed(channel, account, payload) for payload in payloads]
    files = [file.content for found in parsed for file in _attached(found) if file.content is not None]
    digests = desk.blobs.put_many([*payloads, *files])
    return [_kept(found, digest) for found, digest in zip(parsed, digests[: len(payloads)], strict=True)]


def _parsed(channel: Channel, account: Account, payload: bytes) -> Reading:
    try:
        found = channel.parse(payload, account)
    except UnreadableMessage as problem:
        return Reading(problem=problem)
    except MemoryError:
        raise  # no fault of the payload
    except Exception as problem:  # noqa: BLE001  our fault: no other payload waits, and it can be read again when mended
        path = "".join(traceback.format_tb(problem.__traceback__))  # without its words, which may be the resident's
        log.error("reading payload %s failed: %s\n%s", fingerprint(payload), type(problem).__name__, path)  # noqa: TRY400
        return Reading(problem=UnreadableMessage("", f"读取程序出错（{type(problem).__name__}）"))
    return Reading(
        messages=[
            file_limits.within(each, account) if isinstance(each, InboundMessage) else each
            for each in found
            if not isinstance(each, Refused)
        ],
        refused=[each for each in found if isinstance(each, Refused)],
        size=len(payload),
    )


def _attached(reading: Reading) -> Iterator[Attachment]:
    for message in reading.messages:
        if isinstance(message, InboundMessage):
            yield from message.attachments


def _kept(reading: Reading, digest: str) -> Reading:
    """With the digests of what is on disk in the place of its bytes."""
    messages = [
        replace(message, attachments=tuple(_without_bytes(file) for file in message.attachments))
        if isinstance(message, InboundMessage)
        else message
        for message in reading.messages
    ]
    return replace(reading, messages=messages, digest=digest)


def _without_bytes(file: Attachment) -> Attachment:
    if file.content is None:
        return file
    return replace(file, content=None, blob=digest_of(file.content), size=len(file.content))


def store(desk: Desk, readings: Sequence[Reading]) -> list[tuple[Receipt, ...]]:
    """Store the messages of payloads that were read and kept, in one transaction; hold the parts that were refused."""
    now = desk.now()
    return store_as_of(desk, [(each, now) for each in readings])


def store_as_of(desk: Desk, readings: Sequence[tuple[Reading, datetime]]) -> list[tuple[Receipt, ...]]:
    """``store``, each as of the moment at which it was received."""
    with desk.database.write.begin() as session:
        return [stored(desk, session, [reading], now=at)[0] for reading, at in readings]


def stored(desk: Desk, session: Session, readings: Sequence[Reading], *, now: datetime) -> list[tuple[Receipt, ...]]:
    """``store`` in a transaction that does more."""
    for each in readings:
        for part in each.refused:
            _refuse(session, part, each, now=now)
    return [tuple(_received(session, desk, message, each, now=now) for message in each.messages) for each in readings]


def _received(
    session: Session, desk: Desk, message: InboundMessage | Ignored, of: Reading, *, now: datetime
) -> Receipt:
    """Store one message; an order of the city's that cannot be taken (its number is another's) goes to quarantine."""
    if not isinstance(message, InboundMessage) or message.order is None:
        return intake.receive(session, desk.district, message, blob=of.digest, now=now, sms=desk.first_account("sms"))
    receipt = city_orders.receive(session, desk.district, message, blob=of.digest, now=now)
    if receipt.outcome == "refused":
        part = Refused(message.channel, message.account, message.delivery_id, 0, message.order.number, receipt.reason)
        _refuse(session, part, of, now=now)
    return receipt


def _refuse(session: Session, part: Refused, of: Reading, *, now: datetime) -> None:
    """The whole payload stays with it: read again, the parts that were taken are known."""
    quarantine.hold(
        session,
        channel=part.channel,
        account=part.account,
        delivery_id=part.delivery_id,
        blob=of.digest,
        size=of.size,
        source=of.source,
        where=f"第 {part.row} 行 {part.where}".rstrip() if part.row else part.where,
        why=part.why,
        now=now,
    )


def hold(
    desk: Desk,
    account: Account,
    payload: bytes,
    problem: UnreadableMessage,
    *,
    delivery_id: str = "",
    source: str = "",
) -> Held:
    """Put an unreadable payload into quarantine with its bytes and the reason."""
    digest = desk.blobs.put(payload)
    with desk.database.write.begin() as session:
        row = quarantine.hold(
            session,
            channel=account.channel,
            account=account.name,
            delivery_id=delivery_id or f"sha256:{digest}",
            blob=digest,
            size=len(payload),
            source=source,
            where=problem.where,
            why=problem.why,
            now=desk.now(),
        )
        return Held(row.id, problem.where, problem.why)


def assess(
    desk: Desk,
    ticket_ids: Sequence[str],
    *,
    first: Callable[[], None] = lambda: None,
) -> None:
    """Think about tickets and file them, in one transaction if it can be; a failure of one is counted on it and holds
    up none. ``first`` is what the filing waits for.
    """
    judged = judging.judge(desk, judging.questions(desk, ticket_ids))
    if judged:
        first()
    file(desk, judged)


def file(desk: Desk, judged: Judged) -> None:
    """File what was judged, in one transaction if it can be, else each in its own. A failure is on the ticket.

    While the database is busy none is tried by itself: each would wait as long as all. The sweep comes again.
    """
    if not judged:
        return
    ordered = sorted(judged, key=lambda pair: pair[0].ticket_id)  # whoever files several locks them in one order
    try:
        _file(desk, ordered)
    except Exception as problem:  # noqa: BLE001  told in the log, and tried one by one
        if len(ordered) > 1 and not isinstance(problem, OperationalError):
            log.warning("filing %d tickets together failed: %s", len(ordered), type(problem).__name__)
            for each in ordered:
                file(desk, [each])
        else:
            _count_failure(desk, ordered[0][0].ticket_id, problem)


def _file(desk: Desk, judged: Judged) -> None:
    now = desk.now()
    reading = gathering.reading(desk, [question for question, _ in judged])
    with desk.database.write.begin() as session:
        ids = [question.ticket_id for question, _ in judged]
        talks = keeping.held_for(session, ids)  # before the tickets, as everybody does
        held = filing.hold(session, ids)  # one query for all
        sure = any(isinstance(result, Thought) and result.assessment.decision == "auto" for _, result in judged)
        switched_on = automatic.switched_on(session) if sure else frozenset()
        for question, result in judged:
            talk = talks.get(question.ticket_id)
            if isinstance(result, Thought):
                if result.offer is None and talk is not None and keeping.wants_answer(talk, question.ticket_id):
                    continue  # the resident said meanwhile that it is a matter of its own: it was handed in again
                filing.file(
                    session,
                    desk.district,
                    held[question.ticket_id],
                    result.assessment,
                    now=now,
                    judged=question.text,
                    automatic_categories=switched_on,
                    dialogue=talk,
                    offer=result.offer or filing.NO_OFFER,
                )
            else:
                filing.assess_failed(session, desk.district, question.ticket_id, why=result.why, now=now)
        if reading is not None:
            events.gather(session, desk.district, held.values(), reading, now=now)


def _count_failure(desk: Desk, ticket_id: str, problem: Exception) -> None:
    """A busy database is no fault of the ticket: the sweep comes again. Anything else is counted on it."""
    log.error("filing ticket %s failed: %s", ticket_id, type(problem).__name__, exc_info=problem)
    if isinstance(problem, OperationalError):
        return
    try:
        with desk.database.write.begin() as session:
            filing.assess_failed(session, desk.district, ticket_id, why=type(problem).__name__, now=desk.now())
    except Exception:
        log.exception("ticket %s: its failure could not be counted", ticket_id)


def take(desk: Desk, account: Account, payload: bytes, *, delivery_id: str = "", source: str = "") -> Received:
    """Receive one payload and assess what it opened."""
    received = receive(desk, account, payload, delivery_id=delivery_id, source=source)
    fresh = [receipt.ticket_id for receipt in received.receipts if receipt.fresh]
    if fresh:
        assess(desk, fresh)
    return received


def retry_quarantined(desk: Desk, key: str) -> Received:
    """Read a quarantined payload again; it leaves quarantine when it can be read. Raises ``UnknownRow``."""
    with desk.database.read() as session:
        row = quarantine.get(session, key)
    account = desk.account_or_bare(row.channel, row.account)
    received = take(desk, account, desk.blobs.get(row.blob), delivery_id=row.delivery_id, source=row.source)
    with desk.database.write.begin() as session:
        now = quarantine.get(session, key)
        if now.attempts == row.attempts:  # neither the payload nor this part of it was held again
            now.state = "read"
    return received


def fingerprint(payload: bytes) -> str:
    """A short name for a payload in log lines, which never hold its text."""
    return hashlib.sha256(payload).hexdigest()[:12]
