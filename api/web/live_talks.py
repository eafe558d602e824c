"""What open pages follow: one ticket with its conversation, the list of conversations, what comes in at the desk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from sqlalchemy import select

from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.following_live import Entry
from api.web import live
from api.web.ticket_page import WORKS_THE_QUEUE
from casework import tickets
from casework.actors import UNIT_ROLES, Actor
from casework.dialogue import takeover, talks
from casework.tables import Ticket
from storage.deliveries import Delivery

router = APIRouter()
TOPICS = ("tickets", "deliveries", "dialogues", "at_desk")
OF_THE_LIST = ("dialogues", "tickets")
QUEUE = tickets.TicketFilter(queue=True)
CLAIMS = frozenset({"claimed", "released"})
AT_IT = CLAIMS | {"file", "merge", "correct", "confirm", "dispatch", "answer_directly", "reject", "withdraw", "split"}
"""Changes of a ticket by which who is at it, or what can be done with it, may be another."""
WORDS = frozenset({"message", "said"})
"""Changes of a ticket by which the list of conversations may be another; of a conversation all are."""


@router.get("/conversations/live")
async def follow_all(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Events for the list: somebody waits, was taken, has written."""
    talks.check_sees(who.actor)

    def concerns(entries: Sequence[Entry]) -> bool:
        return any(each.topic == "dialogues" or each.what in WORDS for each in entries)

    return live.stream(request, desk, OF_THE_LIST, concerns)


@router.get("/tickets/arrivals/live")
async def follow_arrivals(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: str = "",
    channel: str = "",
    urgency: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    queue: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
) -> Response:
    """Events for a list of tickets: which ones came in that it would show, and that somebody claimed one."""
    chosen = tickets.TicketFilter(state, channel, urgency, "", q, queue)
    return live.stream(request, desk, ("tickets",), lambda entries: list(at_list(desk, who.actor, chosen, entries)))


def at_list(
    desk: Desk, actor: Actor, chosen: tickets.TicketFilter, entries: Sequence[Entry]
) -> Iterator[tuple[str, str]]:
    """What a list is told. A unit's list tells of nothing by itself: what it may see is decided elsewhere."""
    if actor.role in UNIT_ROLES:
        return
    came = {each.key for each in entries if each.topic == "tickets" and each.what == "receive"}
    if came:
        with desk.database.read() as session:
            shown = tickets.arrived(session, desk.district, actor, chosen, came)
        if shown:
            yield "arrived", " ".join(sorted(shown))
    if any(each.what in CLAIMS for each in entries if each.topic == "tickets"):
        yield "claimed", ""


@router.get("/tickets/{key}/live")
async def follow(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Events for the page of a ticket: its conversation changed, who is at it, what came into the queue beside it."""

    def whose() -> tuple[str, str]:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            return ticket.id, ticket.resident_id

    ticket_id, resident_id = await run_in_threadpool(whose)

    def concerns(entries: Sequence[Entry]) -> list[tuple[str, str]]:
        told = list(at_list(desk, who.actor, QUEUE, entries)) if who.actor.role in WORKS_THE_QUEUE else []
        if any(each.key == ticket_id and (each.topic == "at_desk" or each.what in AT_IT) for each in entries):
            told.append(("at_desk", ""))
        of_talk = [each for each in entries if each.topic != "at_desk" and each.what not in CLAIMS]
        return [*told, ("changed", "")] if talks_changed(of_talk) else told

    def talks_changed(entries: Sequence[Entry]) -> bool:
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
