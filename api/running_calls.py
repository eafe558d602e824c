"""Calls that come piece by piece (``channels.base.JoinsPieces``): kept while people talk, a ticket when it is over.

A call is over when the platform says so, or when nothing came for longer than anybody keeps silent. A transcript that
was handed in whole is the last word on its call: pieces that come after it are kept and change nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from api import pipeline
from api.desk import Desk
from api.errors import CallLongOver, NotFound
from casework import alarms, call_alarms, call_notes
from casework.intake import Receipt
from casework.message_tables import Message
from casework.tables import Ticket
from channels.base import JoinsPieces
from channels.message import Account
from channels.registry import CHANNELS
from storage import quarantine, running_calls
from storage.running_calls import CallPiece, RunningCall
from triage.assessment import Urgency

log = logging.getLogger(__name__)

KEPT = timedelta(days=7)
"""So long after a call's end its pieces are kept, to be put together anew when a late one comes."""

AT_A_TIME = 2000
LISTENED = 12
"""Pieces before the last one in which an emergency is listened for at once: one may be told in several."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a call stands. ``ignored`` says why no ticket came of it; ``fresh`` that its ticket waits for triage."""

    call_id: str
    state: str
    pieces: int
    ticket_id: str = ""
    number: str = ""
    ignored: str = ""
    fresh: bool = False


def take(desk: Desk, account: Account, call_id: str, payload: bytes) -> Standing:
    """Keep one piece; put the call together if it ends it or comes after its end. The same piece again adds nothing.

    Raises ``UnreadableMessage``, ``CallLongOver`` or ``NotFound``, and then nothing is kept.
    """
    piece = joining(account).piece(payload, call_id, account)
    urgency = _listened(desk, account, call_id, payload)
    with desk.database.write.begin() as session:
        call = running_calls.held(session, account.channel, account.name, call_id, now=desk.now())
        now = in_turn(desk, call)
        if call.ended_at is not None and call.ended_at < now - KEPT:
            raise CallLongOver
        added = running_calls.add(session, call, payload, now=now)
        if added:
            call_alarms.sound(session, desk.district, call, urgency, now=now)
        fresh = added and (piece.ended or call.ended_at is not None) and _close(desk, session, account, call, now=now)
        return stands(session, call, fresh=fresh)


def _listened(desk: Desk, account: Account, call_id: str, payload: bytes) -> Urgency:
    """How urgent the resident's last words are, this piece's among them; before the transaction, and in a fraction of
    a millisecond, however long the call is. What only the whole call tells is found when it is judged.
    """
    with desk.database.read() as session:
        before = running_calls.newest(session, account.channel, account.name, call_id, limit=LISTENED)
    heard = joining(account).heard(call_id, [*before, payload], (), account)
    return alarms.look(desk.district, heard.words)


def standing(desk: Desk, account: Account, call_id: str) -> Standing | None:
    """How the call stands; None where no piece of it ever came."""
    with desk.database.read() as session:
        call = session.get(RunningCall, (account.channel, account.name, call_id))
        return None if call is None else stands(session, call, fresh=False)


def end_quiet(desk: Desk) -> int:
    """End the calls of which nothing came for longer than their account's ``silence``. Return how many."""
    now = desk.now()
    with desk.database.read() as session:
        found = running_calls.quiet(session, since=now - timedelta(minutes=1), limit=AT_A_TIME)
    return sum(_end_if_quiet(desk, call, now=now) for call in found)


def _end_if_quiet(desk: Desk, found: RunningCall, *, now: datetime) -> bool:
    account = desk.account_or_bare(found.channel, found.account)
    try:
        if found.last_at > now - joining(account).silence(account):
            return False
        with desk.database.write.begin() as session:
            call = running_calls.held(session, found.channel, found.account, found.call_id, now=now)
            if call.ended_at is not None or call.last_at != found.last_at:
                return False  # it went on, or another process was here
            fresh = _close(desk, session, account, call, now=in_turn(desk, call))
            ticket = stands(session, call, fresh=fresh).ticket_id
    except Exception as problem:
        log.exception("a quiet call of %s could not be ended: %s", account.channel, type(problem).__name__)
        return False
    if fresh:
        pipeline.assess(desk, [ticket])
    return True


def in_turn(desk: Desk, call: RunningCall) -> datetime:
    """Now, read under the call's lock and never before its last piece: of two wordings the later one is the latest."""
    return max(desk.now(), call.last_at)


def joining(account: Account) -> JoinsPieces:
    """The account's channel, whose calls come in pieces. Raises ``NotFound``."""
    channel = CHANNELS.get(account.channel)
    if not isinstance(channel, JoinsPieces):
        raise NotFound("这个渠道不接收通话分段")
    return channel


def _close(desk: Desk, session: Session, account: Account, call: RunningCall, *, now: datetime) -> bool:
    """Put the call together and hand it in as any transcript is, in this transaction. Whether its ticket is fresh."""
    if call.ended_at is None:
        call.ended_at = now
        call.version += 1
    return any(receipt.fresh for receipt in put_together(desk, session, account, call, now=now))


def put_together(
    desk: Desk, session: Session, account: Account, call: RunningCall, *, now: datetime
) -> Sequence[Receipt]:
    """Hand in what was said so far in a call that is held, in this transaction: its ticket is opened, or reworded.

    A call whose transcript was handed in whole has nothing to add.
    """
    if _transcribed(session, call):
        return ()
    kept = running_calls.pieces(session, call)
    early, late = ([each.content for each in kept if each.late is which] for which in (False, True))
    stated = call_notes.stated(session, call)
    payload = joining(account).whole(call.call_id, early, late, account, stated=stated)
    (reading,) = pipeline.read(desk, account, [payload])
    if reading.problem is not None:
        quarantine.hold(
            session,
            channel=account.channel,
            account=account.name,
            delivery_id=f"pieces:{call.call_id}",
            blob=desk.blobs.put(payload),
            size=len(payload),
            where=reading.problem.where,
            why=reading.problem.why,
            now=now,
        )
        return ()
    (receipts,) = pipeline.stored(desk, session, [reading], now=now)
    made = [each.delivery_id for each in reading.messages]
    call.made = [*(each for each in call.made if each not in made), *made]
    for receipt in receipts:
        if receipt.ticket_id:
            call_alarms.hand_over(session, call, receipt.ticket_id)
    return receipts


def _transcribed(session: Session, call: RunningCall) -> bool:
    """Whether a transcript of this call was handed in whole."""
    query = select(Message.id).where(*_messages(call), Message.delivery_id.not_in(call.made)).limit(1)
    return session.scalar(query) is not None


def stands(session: Session, call: RunningCall, *, fresh: bool = False) -> Standing:
    """How the call stands, as the transaction sees it."""
    session.flush()
    count = select(func.count()).where(
        CallPiece.channel == call.channel, CallPiece.account == call.account, CallPiece.call_id == call.call_id
    )
    ticket = session.execute(
        select(Ticket.id, Ticket.number)
        .join(Message, Message.ticket_id == Ticket.id)
        .where(*_messages(call))
        .order_by(Message.received_at.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()
    return Standing(
        call.call_id,
        "running" if call.ended_at is None else "ended",
        session.scalar(count) or 0,
        *(ticket if ticket is not None else ("", "")),
        ignored="" if ticket is not None else _ignored(session, call),
        fresh=fresh,
    )


def _messages(call: RunningCall) -> tuple[ColumnElement[bool], ...]:
    return (
        Message.channel == call.channel,
        Message.account == call.account,
        Message.external_id == call.call_id,
    )


def _ignored(session: Session, call: RunningCall) -> str:
    """Why nothing came of the last wording that was put together, or of none that could be read."""
    if call.ended_at is None:
        return ""
    if not call.made:
        return "通话内容无法读取，已隔离"
    query = select(Message.ignored).where(
        Message.channel == call.channel, Message.account == call.account, Message.delivery_id == call.made[-1]
    )
    return session.scalar(query) or ""


def forget(desk: Desk) -> int:
    """Drop the pieces of calls that were over long ago. Return how many."""
    with desk.database.write.begin() as session:
        return running_calls.forget(session, before=desk.now() - KEPT)
