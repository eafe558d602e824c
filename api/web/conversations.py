"""会话: who waits for a person, who has whom; how many wait, for the menu."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from api.web.ticket_page import NOBODY
from casework.actors import Actor
from casework.dialogue import takeover, talks
from casework.reading import Reader

router = APIRouter()


def _shown(desk: Desk, actor: Actor, *, mine: bool) -> dict[str, Any]:
    with desk.database.read() as session:
        reader = Reader(desk.district, actor)
        found = talks.listed(session, actor, mine=mine)
        for each in found:  # what masking asks is read while the session is there
            reader.listed(each.ticket)
        rows = [
            {
                "talk": each,
                "name": reader.name(each.ticket, listed=True) or NOBODY,
                "matter": reader.listed(each.ticket).text(each.ticket.title or each.ticket.text),
                "words": reader.listed(each.ticket).text(each.last_words),
            }
            for each in found
        ]
        return {"rows": rows, "mine": mine, "waiting": talks.count_waiting(session), "at": desk.feed.tip()}


@router.get("/conversations")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    mine: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """Who waits for a person first, then those whom somebody has; ``mine`` those alone whom the reader has."""
    talks.check_sees(who.actor)
    shown = await run_in_threadpool(_shown, desk, who.actor, mine=mine)
    may_take = who.actor.role in takeover.TAKES
    return await run_in_threadpool(lambda: render.page(request, "conversations.html", who, may_take=may_take, **shown))


@router.get("/conversations/rows")
async def rows(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    mine: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """The list alone, for a page that has it already."""
    talks.check_sees(who.actor)
    shown = await run_in_threadpool(_shown, desk, who.actor, mine=mine)
    may_take = who.actor.role in takeover.TAKES
    return render.piece(request, "conversation_rows.html", csrf=who.csrf, who=who, may_take=may_take, **shown)


@router.get("/conversations/waiting")
async def waiting(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """How many wait for a person, for the menu."""
    talks.check_sees(who.actor)

    def count() -> int:
        with desk.database.read() as session:
            return talks.count_waiting(session)

    number = await run_in_threadpool(count)
    return HTMLResponse(str(number) if number else "", headers={"cache-control": "no-store"})
