"""Files that wait for the virus scanner, and what becomes of one in which it found something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from casework.case_file_tables import CaseFile
from casework.message_tables import AttachedFile, Message
from casework.tables import Ticket
from casework.telling import notify
from district.pack import District
from knowledge.tables import ArticleAttachment
from storage import change_log, scans
from storage.scans import Scan, State

AGAIN = timedelta(days=1)
"""After which a file that the scanner could not look into is tried once more: its limits may be others by then."""


def waiting(session: Session, *, now: datetime, limit: int) -> Sequence[str]:
    """Digests of files without a result, residents' before those of cases and articles, the newest of each first: they
    are the ones somebody is about to look at.
    """
    stale = and_(Scan.state == "unscannable", Scan.at < now - AGAIN)
    found: dict[str, None] = {}
    for files in (AttachedFile, CaseFile, ArticleAttachment):
        query = (
            select(files.blob)
            .outerjoin(Scan, Scan.digest == files.blob)
            .where(files.blob != "", or_(Scan.digest.is_(None), stale))
            .order_by(files.id.desc())
            .limit(limit)
        )
        found |= dict.fromkeys(session.scalars(query))
    return list(found)[:limit]


def keep(session: Session, district: District, digest: str, state: State, found: str, *, now: datetime) -> None:
    """Keep a result. The desk is told of an infection once for each ticket that the file lies on, or its case."""
    fresh = scans.keep(session, digest, state, found, now=now)
    sent = select(Message.ticket_id).join(Message.attachments).where(AttachedFile.blob == digest)
    on_cases = select(CaseFile.case_id).where(CaseFile.blob == digest)
    holding = select(Ticket).where(or_(Ticket.id.in_(sent), Ticket.case_id.in_(on_cases))).order_by(Ticket.id)
    for ticket in session.scalars(holding) if fresh else ():
        notify(session, district, "desk", "infected", now=now, ticket=ticket, fields={"reason": found})
        change_log.record(session, "tickets", ticket.id, "infected", now=now)
