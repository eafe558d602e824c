"""Who is at a ticket: claiming it and giving it back, being shown to the others, and the line that says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from casework import at_desk, overtaken, tickets
from casework.actors import DESK, Actor
from casework.calling_errors import ClaimedByOther
from casework.errors import WrongState
from casework.tables import Ticket

router = APIRouter(prefix="/tickets/{key}")


def values(session: Session, desk: Desk, actor: Actor, ticket: Ticket) -> dict[str, Any]:
    """What the line shows."""
    sees = actor.role in at_desk.SEES
    decided = overtaken.last(session, ticket) if sees and not at_desk.waits(ticket) else None
    return {
        "ticket": ticket,
        "at_desk": at_desk.look(session, ticket, actor, now=desk.now()) if sees else None,
        "decided": decided,
        "gives_signs": actor.role in DESK and at_desk.waits(ticket),
    }


def _line(request: Request, desk: Desk, who: Visitor, key: str) -> HTMLResponse:
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        return render.piece(request, "at_desk.html", csrf=who.csrf, **values(session, desk, who.actor, ticket))


@router.get("/at-desk")
async def show(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The line anew."""
    return await run_in_threadpool(_line, request, desk, who, key)


async def _act(
    request: Request, desk: Desk, who: Visitor, key: str, work: Callable[[Session, Ticket], object]
) -> Response:
    """Do it; the script gets the line anew, a plain form the page."""

    def run() -> Response:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            work(session, ticket)
            number = ticket.number
        if request.headers.get("hx-request"):
            return _line(request, desk, who, key)
        return RedirectResponse(f"/tickets/{number}", 303)

    return await run_in_threadpool(run)


@router.post("/claim")
async def claim(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Have the ticket to oneself (领取). Where that cannot be, the line says who has it or what was decided."""

    def work(session: Session, ticket: Ticket) -> None:
        with suppress(ClaimedByOther, WrongState):
            at_desk.claim(session, desk.district, ticket, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/release")
async def release(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Give it back (放回); a supervisor gives back another's."""

    def work(session: Session, ticket: Ticket) -> None:
        at_desk.release(session, ticket, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/here")
async def here(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    acts: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """The page is open; ``acts``: something was done to it since it last said so."""

    def work(session: Session, ticket: Ticket) -> None:
        at_desk.seen(session, desk.district, ticket, actor=who.actor, acts=acts, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/left")
async def left(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The page was closed, or another took its place."""

    def work() -> None:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            at_desk.left(session, ticket, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return Response(status_code=204)
