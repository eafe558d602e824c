"""The resident simulator, in demo mode only: to be the resident oneself, at every door of the house.

The server signs and holds every token, so the page holds no secret; what is done goes through the desk's real routes.
A new door is a module with its ``DOOR`` and one line in ``DOORS``.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api.auth import CurrentDesk, maybe_visitor
from api.demo import residents
from api.demo.residents import Person
from api.desk import Desk
from api.errors import NotFound
from api.web import render
from api.web.simulator import city, hotline, mailbox, open311, telegram, walk_in, web, wechat
from api.web.simulator.door import Door, Playing, fragment

DOORS: dict[str, Door] = {
    door.key: door
    for door in (
        wechat.DOOR,
        mailbox.DOOR,
        telegram.DOOR,
        hotline.DOOR,
        walk_in.DOOR,
        web.DOOR,
        open311.DOOR,
        city.DOOR,
    )
}  # fmt: skip

router = APIRouter(prefix="/simulator")
for _door in DOORS.values():
    router.include_router(_door.router, prefix=f"/{_door.key}")


def _tickets(desk: Desk, door: Door, person: Person) -> dict[str, Any]:
    sender = person.on(door.channel) if door.own else ""
    with desk.database.read() as session:
        return {"tickets": residents.tickets_by(session, door.channel, door.account, sender)}


@router.get("")
async def first(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The first door."""
    return await show(next(iter(DOORS)), request, desk, person)


@router.get("/tickets")
async def tickets(
    request: Request, desk: CurrentDesk, person: Playing, door: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """What became of it, as it stands."""
    found = _found(door)
    return await fragment(request, "tickets.html", **await run_in_threadpool(_tickets, desk, found, person))


@router.get("/{key}")
async def show(key: str, request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """One door, and beside it what became of what came by it."""
    door, who = _found(key), await maybe_visitor(request)

    def read() -> HTMLResponse:
        return render.page(
            request,
            "simulator/page.html",
            who,
            door=door,
            doors=DOORS.values(),
            person=person,
            people=residents.PEOPLE,
            states=desk.district.workflow.ticket.states,
            **_tickets(desk, door, person),
            **door.values(desk, person),
        )

    return await run_in_threadpool(read)


def _found(key: str) -> Door:
    if key not in DOORS:
        raise NotFound("模拟器没有这个渠道")
    return DOORS[key]
