"""The notices of the reader: warnings of clocks, emergencies, what residents added, what could not be delivered."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from api.auth import CurrentDesk, CurrentVisitor
from api.web import render
from casework import notices
from casework.tables import Case, Ticket

router = APIRouter()


@router.get("/notices")
async def list_(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, after: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Newest first; those not yet read are marked."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            actor = notices.reader(session, who.actor, now=desk.now())
            rows, cursor, last = notices.listed(session, desk.district, actor, after=after)
            cases = [row.case_id for row in rows if row.case_id]
            tickets = [row.ticket_id for row in rows if row.ticket_id]
            of_cases = select(Case.id, Case.number).where(Case.id.in_(cases))
            of_tickets = select(Ticket.id, Ticket.number).where(Ticket.id.in_(tickets))
            numbers = {row.id: row.number for query in (of_cases, of_tickets) for row in session.execute(query)}
        return render.page(request, "notices.html", who, rows=rows, next=cursor, last=last, numbers=numbers)

    return await run_in_threadpool(read)


@router.get("/notices/unread")
async def unread(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """How many are not yet read, for the menu."""

    def count() -> int:
        with desk.database.read() as session:
            actor = notices.reader(session, who.actor, now=desk.now())
            return notices.count_unread(session, desk.district, actor)

    number = await run_in_threadpool(count)
    return HTMLResponse(str(number) if number else "", headers={"cache-control": "no-store"})


@router.post("/notices/read")
async def read_all(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """All that is there has been read."""

    def work() -> None:
        with desk.database.write.begin() as session:
            actor = notices.reader(session, who.actor, now=desk.now())
            notices.mark_read(session, desk.district, actor)

    await run_in_threadpool(work)
    return RedirectResponse("/notices", 303)
