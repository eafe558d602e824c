"""``/api/v1/notices``: what the reader is told (提醒), and how far he has read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import notices
from casework.tables import Notice

router = APIRouter(prefix="/api/v1/notices", tags=["notices"])


def brief(notice: Notice, read_up_to: str) -> dict[str, Any]:
    """A notice. Its words were masked for its audience when it was written."""
    return {
        "id": notice.id,
        "at": notice.at,
        "audience": notice.audience,
        "unit": notice.unit,
        "template": notice.template,
        "text": notice.text,
        "case_id": notice.case_id,
        "ticket_id": notice.ticket_id,
        "read": notice.read_at is not None or notice.id <= read_up_to,
    }


@router.get("")
async def list_(desk: CurrentDesk, who: CurrentVisitor, after: After = "", limit: Limit = 50) -> dict[str, Any]:
    """The reader's notices, newest first, and how many of all of them he has not read."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            actor = notices.reader(session, who.actor, now=desk.now())
            rows, cursor, last = notices.listed(session, desk.district, actor, after=after, limit=limit)
            unread = notices.count_unread(session, desk.district, actor)
            return page([brief(row, last) for row in rows], cursor) | {"unread": unread}

    return await run_in_threadpool(read)


@router.post("/{key}/read")
async def mark_read(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """The reader has read this notice and those before it."""

    def work(session: Session) -> dict[str, Any]:
        actor = notices.reader(session, writer.actor, now=writer.now)
        last = notices.mark_read(session, writer.desk.district, actor, up_to=key)
        session.flush()
        return {"read_up_to": last, "unread": notices.count_unread(session, writer.desk.district, actor)}

    return await writer.run({}, work)
