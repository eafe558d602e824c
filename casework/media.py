"""Files that a platform keeps only for a while: fetched by lease, kept by their bytes, or gone with a reason.

Whoever fetches takes the row on lease by moving its due time ahead; one that dies leaves it due again. Bytes are the
same whoever brings them, so the first to bring them settles the row, and only the latest try may put it off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casework.message_tables import AttachedFile, Message
from channels.base import Fetched
from channels.media_types import media_type_of, with_ending
from storage import change_log

LEASE = timedelta(seconds=120)
FIRST_RETRY = 30.0
LONGEST_RETRY = 3600.0
UNPROVEN = "application/octet-stream"
SHOW_THEIR_KIND = ("image/", "video/")
"""Types whose first bytes always tell: what bears such a name and does not begin so is none."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file taken on lease; ``attempt`` counts the tries, this one included."""

    id: str
    channel: str
    account: str
    reference: str
    received_at: datetime
    attempt: int


def due(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """Ids of files to fetch now, the longest due first."""
    query = (
        select(AttachedFile.id)
        .where(AttachedFile.fetch_state == "wanted", AttachedFile.fetch_due_at <= now)
        .order_by(AttachedFile.fetch_due_at)
        .limit(limit)
    )
    return list(session.scalars(query))


def lease(session: Session, file_id: str, *, now: datetime) -> Wanted | None:
    """Take a file in hand for ``LEASE``; None when it is not wanted or somebody else has it."""
    taken = session.scalar(
        update(AttachedFile)
        .where(AttachedFile.id == file_id, AttachedFile.fetch_state == "wanted", AttachedFile.fetch_due_at <= now)
        .values(fetch_due_at=now + LEASE, fetch_attempts=AttachedFile.fetch_attempts + 1)
        .returning(AttachedFile.fetch_attempts)
        .execution_options(synchronize_session=False)
    )
    if taken is None:
        return None
    row = session.get_one(AttachedFile, file_id)
    message = session.get_one(Message, row.message_id)
    return Wanted(row.id, message.channel, message.account, row.reference, message.received_at, taken)


def keep(session: Session, wanted: Wanted, fetched: Fetched, *, blob: str, now: datetime) -> bool:
    """Name the bytes, which lie durably under ``blob``. False when somebody else has brought them."""
    row = session.get_one(AttachedFile, wanted.id, with_for_update=True)
    if row.fetch_state == "kept":
        return False
    row.blob, row.size = blob, len(fetched.content)
    row.fetch_note = _typed(row, fetched)
    _settle(session, row, "kept", now=now)
    return True


def delay(
    session: Session, wanted: Wanted, reason: str, *, retry_after: float, keeps: timedelta, now: datetime
) -> bool:
    """Put a file off; ``keeps`` after its arrival the platform has dropped it, and the last try makes it gone.

    The wait is what the platform asks for, at least 30 s and twice as long with each try up to an hour, and never
    beyond the end of ``keeps``. Returns whether the file is still wanted.
    """
    row = _own(session, wanted)
    if row is None:
        return True
    end = wanted.received_at + keeps
    if now >= end:
        row.fetch_note = f"保存期内没能取回：{reason}"
        _settle(session, row, "gone", now=now)
        return False
    slower = min(FIRST_RETRY * 2 ** min(wanted.attempt - 1, 10), LONGEST_RETRY)
    row.fetch_due_at = min(now + timedelta(seconds=max(retry_after, slower)), end)
    row.fetch_note = reason
    return True


def give_up(session: Session, wanted: Wanted, reason: str, *, now: datetime) -> None:
    """The file cannot be had; the reason is shown on the ticket."""
    row = _own(session, wanted)
    if row is not None:
        row.fetch_note = reason
        _settle(session, row, "gone", now=now)


def _own(session: Session, wanted: Wanted) -> AttachedFile | None:
    """The row if this is still its latest try."""
    row = session.get_one(AttachedFile, wanted.id, with_for_update=True)
    return row if row.fetch_state == "wanted" and row.fetch_attempts == wanted.attempt else None


def _settle(session: Session, row: AttachedFile, state: str, *, now: datetime) -> None:
    row.fetch_state, row.fetch_due_at = state, None
    ticket_id = session.get_one(Message, row.message_id).ticket_id
    if ticket_id is not None:
        change_log.record(session, "tickets", ticket_id, f"media_{state}", now=now)


def _typed(row: AttachedFile, fetched: Fetched) -> str:
    """Set type and name's ending by what the bytes are; a note where the message called it something else."""
    declared, proven = row.media_type, fetched.media_type
    kind, _ = media_type_of(declared, row.name, fetched.content)
    if proven == UNPROVEN and kind.startswith(SHOW_THEIR_KIND):
        kind = UNPROVEN
    if kind == declared:
        return ""
    row.media_type, row.name = kind, with_ending(row.name, kind)
    if declared.startswith("image/") and kind.startswith("image/"):
        return ""  # the callback names no format: a picture is called JPEG until it is seen
    return f"消息里称为 {declared}，内容不是" if kind == UNPROVEN else f"消息里称为 {declared}，实为 {kind}"
