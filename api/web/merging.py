"""Forms that merge a case into another, take a ticket out of its case, and dispatch many cases at once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from api.auth import CurrentDesk, CurrentVisitor
from api.batch_dispatch import AT_ONCE, dispatch_all
from api.web import render
from casework import dispatch, merging, tickets
from casework.actors import Given

router = APIRouter()


@router.post("/cases/{key}/merge")
async def merge(
    key: str, desk: CurrentDesk, who: CurrentVisitor, into: Annotated[str, Form(max_length=60)]
) -> Response:
    """Merge the case into a master case and go there."""

    def work() -> str:
        with desk.database.write.begin() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            master = tickets.get_case(session, desk.district, into.strip(), who.actor)
            merging.merge_case(session, desk.district, case, master, actor=who.actor, now=desk.now())
            return master.number

    return RedirectResponse(f"/cases/{await run_in_threadpool(work)}", 303)


@router.post("/tickets/{key}/unmerge")
async def unmerge(
    key: str, desk: CurrentDesk, who: CurrentVisitor, text: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """Take the ticket out of its case and go to the case of its own."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            own = merging.unmerge(session, desk.district, ticket, actor=who.actor, now=desk.now(), text=text.strip())
            return own.number

    return RedirectResponse(f"/cases/{await run_in_threadpool(work)}", 303)


@router.post("/cases/dispatch")
async def dispatch_many(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    case: Annotated[list[str] | None, Form(max_length=AT_ONCE)] = None,
    unit: Annotated[str, Form(max_length=60)] = "",
    text: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Dispatch the chosen cases; the answer names what became of each."""
    dispatch.check_may_dispatch(desk.district, who.actor)
    given = Given(unit=unit.strip(), text=text.strip())

    def work() -> Response:
        outcomes = dispatch_all(desk, case or (), who.actor, given)
        return render.page(request, "dispatched.html", who, outcomes=outcomes)

    return await run_in_threadpool(work)
