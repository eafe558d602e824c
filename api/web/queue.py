"""The agent's desk: the list of tickets, one ticket with its suggestion, and what can be done with it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api import views
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from api.web.case_panel import case_panel
from casework import callbacks, desk_work, lifecycle, tickets
from casework.actors import UNIT_ROLES, Given
from casework.errors import UnknownTicket
from casework.privacy import mask_name
from casework.tables import Ticket
from district.schemas import Role
from storage import audit
from storage.deliveries import Delivery

router = APIRouter()
PAGE = 50


@router.get("/tickets")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: str = "",
    channel: str = "",
    urgency: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    queue: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Tickets, newest first; ``queue`` shows what waits for the desk, emergencies first."""
    chosen = tickets.TicketFilter(state, channel, urgency, "", q, queue)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = tickets.list_tickets(session, desk.district, who.actor, chosen, after=after, limit=PAGE)
            rows = list(found.items)
            waiting = tickets.count_queue(session, who.actor)
            return render.page(
                request,
                "tickets.html",
                who,
                rows=rows,
                next=found.next,
                chosen=chosen,
                waiting=waiting,
                newest=max((ticket.opened_at for ticket in rows), default=desk.now()).isoformat(),
                text_for=lambda ticket: views.text_for(who.actor, ticket, ticket.title or ticket.text),
                name_for=lambda ticket: _name(who, ticket),
                states=desk.district.workflow.ticket.states,
            )

    return await run_in_threadpool(read)


def _name(who: Visitor, ticket: Ticket) -> str:
    name = ticket.resident.name
    return name if name and views.sees_person(who.actor, ticket) else mask_name(name) or "居民"


@router.get("/tickets/new")
async def arrivals(desk: CurrentDesk, who: CurrentVisitor, since: datetime) -> Response:
    """How many came in since the list was made. The list itself never moves under the hand."""
    if who.actor.role in UNIT_ROLES:
        return HTMLResponse("")

    def count() -> int:
        with desk.database.read() as session:
            return session.scalar(select(func.count(Ticket.id)).where(Ticket.opened_at > since)) or 0

    number = await run_in_threadpool(count)
    return HTMLResponse(render.fragment("arrivals.html", number=number))


def _read_ticket(request: Request, desk: Desk, who: Visitor, key: str) -> HTMLResponse:
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        return render.page(request, "ticket.html", who, **_values(session, desk, who, ticket))


def _values(session: Session, desk: Desk, who: Visitor, ticket: Ticket) -> dict[str, Any]:
    actor = who.actor
    person = views.sees_person(actor, ticket)
    sent = select(Delivery).where(Delivery.ticket_id == ticket.id).order_by(Delivery.created_at)
    moves = lifecycle.moves(desk.district.workflow.ticket, ticket.state, actor)
    district = desk.district
    return {
        "ticket": ticket,
        "suggestion": ticket.suggestion,
        "reasons": ticket.suggestion.get("reasons", []) if person else [],
        "body": ticket.text if person else views.text_for(actor, ticket, ticket.text),
        "title": views.text_for(actor, ticket, ticket.title),
        "sees_person": person,
        "resident_name": _name(who, ticket),
        "messages": tickets.conversation(session, ticket),
        "text_for": lambda text: views.text_for(actor, ticket, text),
        "deliveries": list(session.scalars(sent)),
        "steps": tickets.timeline(session, ticket=ticket),
        "callbacks": callbacks.attempts(session, ticket),
        "moves": [move for move in moves if move.name in ("answer_directly", "reject", "withdraw")],
        "may_accept": actor.role in (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
        and (ticket.state in ("received", "assessed") or (ticket.case is not None and ticket.case.state == "open")),
        "may_merge": actor.role in (Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR)
        and ticket.case is None
        and ticket.state in ("received", "assessed"),
        "may_dispatch": actor.role in (Role.DISPATCHER, Role.SUPERVISOR),
        "may_call": actor.role in (Role.CALLBACK_AGENT, Role.SUPERVISOR) and ticket.state in callbacks.CALLABLE,
        "panel": case_panel(session, desk, ticket.case, actor) if ticket.case is not None else None,
        "categories": list(district.taxonomy.leaves),
        "units": [unit for unit in district.units if unit.kind != "community"],
        "state_label": district.workflow.ticket.states[ticket.state],
    }


@router.get("/tickets/{key}")
async def show(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """One ticket."""
    return await run_in_threadpool(_read_ticket, request, desk, who, key)


@router.post("/tickets/{key}/accept")
async def accept(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    category: Annotated[str, Form(max_length=60)] = "",
    unit: Annotated[str, Form(max_length=60)] = "",
    request_type: Annotated[str, Form(max_length=10)] = "",
    urgency: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    following: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """Take the suggestion over, corrected or not; ``following`` goes on to the next in the queue."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            desk_work.accept(
                session,
                desk.district,
                ticket,
                actor=who.actor,
                now=desk.now(),
                category=category.split(" ")[0],
                unit=unit.split(" ")[0],
                request_type=request_type,
                urgency=urgency,
                reason=reason.strip(),
            )
            number, done = ticket.number, ticket.id
        if not following:
            return f"/tickets/{number}"
        with desk.database.read() as session:
            following_one = tickets.first_in_queue(session, desk.district, who.actor, besides=done)
        return f"/tickets/{following_one.number}" if following_one else "/tickets?queue=1"

    return RedirectResponse(await run_in_threadpool(work), 303)


@router.post("/tickets/{key}/merge")
async def merge(
    key: str, desk: CurrentDesk, who: CurrentVisitor, case: Annotated[str, Form(max_length=60)]
) -> Response:
    """Hang the ticket on a case that is under way."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            found = tickets.get_case(session, desk.district, case.split(" ")[0], who.actor)
            desk_work.merge(session, desk.district, ticket, found, actor=who.actor, now=desk.now())
            return ticket.number

    return RedirectResponse(f"/tickets/{await run_in_threadpool(work)}", 303)


@router.post("/tickets/{key}/do/{name}")
async def move(
    key: str,
    name: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Form(max_length=60)] = "",
    text: Annotated[str, Form(max_length=5000)] = "",
) -> Response:
    """Answer at once, refuse, withdraw."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            given = Given(reason=reason, text=text.strip())
            desk_work.move(session, desk.district, ticket, name, actor=who.actor, now=desk.now(), given=given)
            return ticket.number

    return RedirectResponse(f"/tickets/{await run_in_threadpool(work)}", 303)


@router.get("/tickets/{key}/attachments/{file_id}")
async def attachment(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """An attachment, always as a download: what residents send is not run in this page."""

    def read() -> tuple[bytes, str]:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            files = [file for message in tickets.conversation(session, ticket) for file in message.attachments]
            found = next((file for file in files if file.id == file_id and file.blob), None)
            if found is None:
                raise UnknownTicket(file_id)
            content, name = desk.blobs.get(found.blob), found.name
        with desk.database.write.begin() as session:
            audit.record(
                session,
                actor=who.actor.id,
                role=who.actor.role,
                act="read_attachment",
                subject="ticket",
                subject_id=ticket.id,
                now=desk.now(),
            )
        return content, name

    from urllib.parse import quote

    content, name = await run_in_threadpool(read)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    return Response(content, media_type="application/octet-stream", headers={"content-disposition": disposition})
