"""The bot's proposal on a ticket's page: fetched beside the page, which does not wait for it, and judged there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import errors, proposals
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from casework import tickets
from casework.tables import Ticket
from knowledge import articles, weights
from knowledge.bot import Reply
from knowledge.errors import ProposalChanged

router = APIRouter()


def _part(desk: Desk, who: Visitor, ticket: Ticket, reply: Reply | None, **more: Any) -> HTMLResponse:
    question, verdict = "", None
    if reply is not None and reply.article is not None and reply.version is not None:
        with desk.database.read() as session:
            question = articles.get(session, reply.article).question
            verdict = weights.judged(session, ticket.id, reply.article, reply.version)
    given = {"ticket": ticket, "reply": reply, "question": question, "verdict": verdict, "problem": ""} | more
    html = render.fragment("proposal.html", csrf=who.csrf, **given)
    return HTMLResponse(html, headers={"cache-control": "no-store"})


def _ticket(desk: Desk, who: Visitor, key: str) -> Ticket:
    with desk.database.read() as session:
        return tickets.get_ticket(session, desk.district, key, who.actor)


@router.get("/tickets/{key}/proposal")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The proposal; nothing where the bot has none, or the reader cannot answer directly."""

    def read() -> HTMLResponse:
        ticket = _ticket(desk, who, key)
        may = proposals.may_judge(desk, ticket, who.actor)
        return _part(desk, who, ticket, proposals.proposed(desk, ticket) if may else None)

    return await run_in_threadpool(read)


@router.post("/tickets/{key}/proposal")
async def judge(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    article: Annotated[str, Form(max_length=64)],
    version: Annotated[int, Form(ge=1, le=2**31 - 1)],
    accepted: Annotated[bool, Form()],
) -> Response:
    """采用 or 不合适; without scripts back to the ticket's page."""

    def work() -> Response:
        ticket = _ticket(desk, who, key)
        try:
            reply = proposals.judge(desk, ticket, article, version, accepted=accepted, actor=who.actor)
        except ProposalChanged as problem:
            if not request.headers.get("hx-request"):
                raise
            return _part(desk, who, ticket, None, problem=errors.sentence(problem))
        if request.headers.get("hx-request"):
            return _part(desk, who, ticket, reply)
        return RedirectResponse(f"/tickets/{ticket.number}", 303)

    return await run_in_threadpool(work)
