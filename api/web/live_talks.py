"""What the pages of conversations follow: one ticket's conversation, and the list of all."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import select

from api.auth import CurrentDesk, CurrentVisitor
from api.following_live import Entry
from api.web import live
from casework import tickets
from casework.dialogue import takeover, talks
from casework.tables import Ticket
from storage.deliveries import Delivery

router = APIRouter()
TOPICS = ("tickets", "deliveries", "dialogues")
OF_THE_LIST = ("dialogues", "tickets")
WORDS = frozenset({"message", "said"})
"""Changes of a ticket by which the list of conversations may be another; of a conversation all are."""


@router.get("/conversations/live")
async def follow_all(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Events for the list: somebody waits, was taken, has written."""
    talks.check_sees(who.actor)

    def concerns(entries: Sequence[Entry]) -> bool:
        return any(each.topic == "dialogues" or each.what in WORDS for each in entries)

    return live.stream(request, desk, OF_THE_LIST, concerns)


@router.get("/tickets/{key}/live")
async def follow(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Events for the page of a ticket: something of its conversation changed."""

    def whose() -> tuple[str, str]:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            return ticket.id, ticket.resident_id

    ticket_id, resident_id = await run_in_threadpool(whose)

    def concerns(entries: Sequence[Entry]) -> bool:
        changed = {topic: {each.key for each in entries if each.topic == topic} for topic in TOPICS}
        if ticket_id in changed["tickets"]:
            return True
        with desk.database.read() as session:
            sent = select(Delivery.id).where(Delivery.id.in_(changed["deliveries"]), Delivery.ticket_id == ticket_id)
            his = select(Ticket.id).where(Ticket.id.in_(changed["tickets"]), Ticket.resident_id == resident_id)
            if any(session.scalar(query.limit(1)) for query in (sent, his)):
                return True
            dialogue = takeover.of_ticket(session, session.get_one(Ticket, ticket_id))
            return dialogue is not None and dialogue.id in changed["dialogues"]

    return live.stream(request, desk, TOPICS, concerns)
