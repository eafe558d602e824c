"""What the desk decides about a ticket: take the suggestion over, merge, answer at once, refuse, withdraw.

Who is second to decide is told who was first and what he decided, with the way on; nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from api import batch_accept, errors
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from casework import desk_work, merging, overtaken, tickets
from casework.actors import Given
from casework.calling_errors import ClaimedByOther
from casework.errors import AloneOnCase, CaseChanged, DecidedMeanwhile, WrongState
from casework.tables import Ticket
from casework.tickets import Sort

router = APIRouter()
Seen = Annotated[str, Form(max_length=40)]
LATE = (DecidedMeanwhile, WrongState, CaseChanged, ClaimedByOther)
"""What is refused because somebody else was there before."""


async def decide(
    request: Request,
    desk: Desk,
    who: Visitor,
    key: str,
    work: Callable[[Session, Ticket], str],
    then: Callable[[str], str] = lambda address: address,
) -> Response:
    """Do it, and go where ``work`` says, or ``then`` makes of that after the commit.

    Who comes too late is told by whom, when and what was decided instead.
    """

    def run() -> Response:
        try:
            with desk.database.write.begin() as session:
                address = work(session, tickets.get_ticket(session, desk.district, key, who.actor))
        except LATE as late:
            return _late(request, desk, who, key, late)
        return RedirectResponse(then(address), 303)

    return await run_in_threadpool(run)


def _late(request: Request, desk: Desk, who: Visitor, key: str, late: Exception) -> Response:
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        step = None if isinstance(late, ClaimedByOther) else overtaken.last(session, ticket)
        own = step is not None and step.actor == who.actor.id
        following = tickets.first_in_queue(session, desk.district, who.actor, now=desk.now(), besides=ticket.id)
        return render.page(
            request,
            "overtaken.html",
            who,
            409,
            ticket=ticket,
            sentence=errors.sentence(late),
            step=None if own else step,
            unit=desk.district.units.name_of(step.unit if step else ""),
            next=following,
        )


@router.post("/tickets/accept")
async def accept_many(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    ticket: Annotated[list[str] | None, Form(max_length=batch_accept.AT_ONCE)] = None,
) -> Response:
    """Take the suggestions of the chosen tickets over; the answer names what became of each."""
    desk_work.check_desk(who.actor, "采纳")

    def work() -> Response:
        outcomes = batch_accept.accept_all(desk, ticket or (), who.actor)
        return render.page(request, "accepted.html", who, outcomes=outcomes)

    return await run_in_threadpool(work)


@router.post("/tickets/{key}/accept")
async def accept(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    category: Annotated[str, Form(max_length=60)] = "",
    correction: Annotated[str, Form(max_length=100)] = "",
    unit: Annotated[str, Form(max_length=60)] = "",
    request_type: Annotated[str, Form(max_length=10)] = "",
    urgency: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    following: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
    sort: Annotated[Sort, Form()] = "",
    seen: Seen = "",
) -> Response:
    """Take the suggestion over, or ``correction`` in its place; ``following`` goes on to the next in the queue.

    ``seen`` is what the reader has seen decided (``overtaken.seen_as``).
    """

    def work(session: Session, ticket: Ticket) -> str:
        overtaken.check(session, ticket, seen, who.actor)
        desk_work.accept(
            session,
            desk.district,
            ticket,
            actor=who.actor,
            now=desk.now(),
            category=(correction.strip() or category).split(" ")[0],
            unit=unit.strip(),
            request_type=request_type,
            urgency=urgency,
            reason=reason.strip(),
        )
        return ticket.number

    def then(number: str) -> str:
        kept = f"sort={sort}&" if sort else ""
        page = f"/tickets/{number}?"
        if following:
            with desk.database.read() as session:
                actor, now = who.actor, desk.now()
                decided = tickets.get_ticket(session, desk.district, number, actor).id
                found = tickets.first_in_queue(session, desk.district, actor, now=now, besides=decided, sort=sort)
            page = f"/tickets/{found.number}?" if found else "/tickets?queue=1&"
        return f"{page}{kept}done={number}"

    return await decide(request, desk, who, key, work, then)


@router.post("/tickets/{key}/merge")
async def merge(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    case: Annotated[str, Form(max_length=60)],
    seen: Seen = "",
) -> Response:
    """Hang the ticket on a case that is under way."""

    def work(session: Session, ticket: Ticket) -> str:
        overtaken.check(session, ticket, seen, who.actor)
        found = tickets.get_case(session, desk.district, case.split(" ")[0], who.actor)
        desk_work.merge(session, desk.district, ticket, found, actor=who.actor, now=desk.now())
        return f"/tickets/{ticket.number}?done={ticket.number}"

    return await decide(request, desk, who, key, work)


@router.post("/tickets/{key}/undo-merge")
async def undo_merge(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take the merge back that was just made (撤回): the ticket gets a case of its own and waits to be dispatched."""

    def work(session: Session, ticket: Ticket) -> str:
        words = "并单后撤回，重新研判"
        merging.unmerge(session, desk.district, ticket, actor=who.actor, now=desk.now(), text=words)
        return f"/tickets/{ticket.number}?done={ticket.number}"

    try:
        return await decide(request, desk, who, key, work)
    except AloneOnCase:  # taken back already
        return RedirectResponse(f"/tickets/{key}", 303)


@router.post("/tickets/{key}/do/{name}")
async def move(
    key: str,
    name: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Form(max_length=40)] = "",
    text: Annotated[str, Form(max_length=5000)] = "",
    seen: Seen = "",
) -> Response:
    """Answer at once, refuse, withdraw."""

    def work(session: Session, ticket: Ticket) -> str:
        overtaken.check(session, ticket, seen, who.actor)
        given = Given(reason=reason, text=text.strip())
        desk_work.move(session, desk.district, ticket, name, actor=who.actor, now=desk.now(), given=given)
        return f"/tickets/{ticket.number}?done={ticket.number}"

    return await decide(request, desk, who, key, work)
