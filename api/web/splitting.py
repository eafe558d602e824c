"""拆分 on a ticket's page: each matter of a message becomes a ticket, and for ten seconds they become one again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api import gathering, judging
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web.deciding import Seen, decide
from casework import events, overtaken, splitting, tickets
from casework.actors import UNIT_ROLES
from casework.desk_work import check_desk
from casework.errors import NothingToSplit
from casework.reading import Reader
from casework.splitting import Part
from casework.tables import Ticket
from triage.assessment import Assessment, Context

router = APIRouter(prefix="/tickets/{key}")
MOST = 12
"""Matters of one message at most; triage finds fewer."""


def values(session: Session, reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """The matters that the ticket could be split into, what was split off it, and what it was split off."""
    veil, words = reader.of(ticket), ticket.text
    found = ticket.suggestion.get("matters", []) if splitting.may_split(ticket, reader.actor) else []
    fits = len(found) > 1 and found[-1]["end"] == len(words)
    of_desk = reader.actor.role not in UNIT_ROLES
    first = session.get(Ticket, ticket.split_from) if ticket.split_from and of_desk else None
    return {
        "matters": [
            {
                "start": each["start"],
                "text": veil.text(words[each["start"] : each["end"]]).strip(),
                "path": (each.get("category") or {}).get("path") or [],
            }
            for each in found
        ]
        if fits
        else [],
        "split_from": first,
        "split_parts": splitting.parts_of(session, ticket) if of_desk else [],
    }


def _judged(desk: Desk, key: str, who: Visitor, cuts: Sequence[int] | None) -> tuple[Sequence[str], list[Assessment]]:
    """The words in parts, each by itself judged outside of any transaction; with no cuts, all of them together."""
    check_desk(who.actor, "拆分")  # before anything is thought about
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        if cuts is None:
            parts = splitting.parts_of(session, ticket)
            if not parts:
                raise NothingToSplit(ticket.number)
            texts = [splitting.together(ticket, parts)]
        else:
            texts = splitting.spans(ticket.text, cuts)
        context = Context(title=ticket.title if cuts is None else "", channel=ticket.channel, at=ticket.opened_at)
    return texts, judging.think_all(desk, [(text, context) for text in texts])


@router.post("/split")
async def split(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    cut: Annotated[list[int] | None, Form(max_length=MOST)] = None,
    seen: Seen = "",
) -> Response:
    """A ticket for each matter; ``cut`` are the places where a further one begins."""
    texts, judged = await run_in_threadpool(_judged, desk, key, who, cut or [])
    reading = await run_in_threadpool(gathering.reading, desk)

    def work(session: Session, ticket: Ticket) -> str:
        overtaken.check(session, ticket, seen, who.actor)
        parts = [Part(*each) for each in zip(texts, judged, strict=True)]
        made = splitting.split(session, desk.district, ticket, parts, actor=who.actor, now=desk.now())
        if reading is not None:
            events.gather(session, desk.district, made, reading, now=desk.now())
        return f"/tickets/{ticket.number}?done={ticket.number}"

    return await decide(request, desk, who, key, work)


@router.post("/undo-split")
async def put_back(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The parts are one ticket again, while the resident was not told (撤回)."""
    _, (whole,) = await run_in_threadpool(_judged, desk, key, who, None)

    def work(session: Session, ticket: Ticket) -> str:
        splitting.put_back(session, desk.district, ticket, whole, actor=who.actor, now=desk.now())
        return f"/tickets/{ticket.number}?done={ticket.number}"

    return await decide(request, desk, who, key, work)
