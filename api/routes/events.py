"""``/api/v1/events``: mass events (群体事件), their tickets and curves; merging, taking out and putting back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.orm import Session

from api import event_views as views
from api import gathering
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import event_list, event_merging, events, tickets
from casework.event_list import Show
from casework.reading import Reader

router = APIRouter(prefix="/api/v1/events", tags=["events"])
Days = Annotated[int, Query(ge=1, le=366, description="最近多少天内有人反映的")]


@router.get("")
async def list_(
    desk: CurrentDesk, who: CurrentVisitor, show: Show = "all", days: Days = event_list.DAYS, after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:  # fmt: skip
    """Mass events, the latest reported first."""

    def read() -> dict[str, Any]:
        now = desk.now()
        with desk.database.read() as session:
            found, cursor = event_list.mass_events(
                session, desk.district, who.actor, now=now, show=show, days=days, after=after, limit=limit
            )
            return page(views.listed(session, desk.district, found, now=now), cursor)

    return await run_in_threadpool(read)


@router.get("/{key}")
async def show(
    key: str, desk: CurrentDesk, who: CurrentVisitor, after: After = "", limit: Limit = 100
) -> dict[str, Any]:
    """One event, mass event or not, by id or number, with its tickets in the order in which they came."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            event = event_list.get(session, key, who.actor)
            reader = Reader(desk.district, who.actor)
            return views.whole(session, reader, event, now=desk.now(), after=after, limit=limit)

    return await run_in_threadpool(read)


@router.post("/{key}/merge")
async def merge(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Merge every ticket that can be into the event's master case; those refused are named with the reason."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        event = event_list.get(session, key, actor)
        return views.merged_json(event_merging.merge(session, district, event, actor=actor, now=writer.now))

    return await writer.run({}, work)


@router.post("/{key}/tickets/{ticket}/out")
async def take_out(key: str, ticket: str, writer: CurrentWriter) -> dict[str, Any]:
    """The ticket is not of this event (不是同一事件)."""
    engine = await run_in_threadpool(gathering.reading, writer.desk)

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        event = event_list.get(session, key, actor)
        found = tickets.get_ticket(session, district, ticket, actor)
        events.take_out(session, district, event, found, engine, actor=actor, now=writer.now)
        session.flush()
        return views.whole(session, Reader(district, actor), event, now=writer.now)

    return await writer.run({}, work)


@router.post("/{key}/tickets/{ticket}/back")
async def put_back(key: str, ticket: str, writer: CurrentWriter) -> dict[str, Any]:
    """Undo of taking out."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        event = event_list.get(session, key, actor)
        found = tickets.get_ticket(session, district, ticket, actor)
        events.put_back(session, district, event, found, actor=actor, now=writer.now)
        session.flush()
        return views.whole(session, Reader(district, actor), event, now=writer.now)

    return await writer.run({}, work)
