"""The conversation on a ticket's page: who speaks now, what went to and fro, what is written to the resident.

It is live: the page hears that something changed (``live``), fetches the conversation and puts in what is new, without
touching what is being typed. Without scripts every act is a form and the page is loaded anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import opening, scanning, typing_signs
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from api.web.onward import onward
from casework import tickets
from casework.desk_work import TELLS
from casework.dialogue import notes, speaking, takeover
from casework.dialogue.note_tables import InternalNote
from casework.dialogue.tables import Dialogue
from casework.message_tables import AttachedFile, Message
from casework.privacy import Sight
from casework.reading import Reader
from casework.tables import Ticket
from casework.telling import has_line_back
from channels.registry import capabilities
from storage.database import new_id
from storage.deliveries import Delivery

router = APIRouter()
Text = Annotated[str, Form(max_length=2000)]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the conversation: what the resident wrote, what he was sent, or a note he does not see."""

    at: datetime
    message: Message | None = None
    delivery: Delivery | None = None
    note: InternalNote | None = None

    @property
    def key(self) -> str:
        """The line's name on the page."""
        kept = self.message or self.delivery or self.note
        return kept.id if kept is not None else ""


def values(session: Session, desk: Desk, reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """What of the conversation stands on a ticket's page, for this reader."""
    actor, veil = reader.actor, reader.of(ticket)
    lines = _lines(session, ticket, reader)
    chats = capabilities(ticket.channel).chats
    dialogue = takeover.of_ticket(session, ticket) if chats else None
    may_take = actor.role in takeover.TAKES
    files: list[AttachedFile] = [
        file for line in lines if line.message is not None for file in line.message.attachments
    ]
    sent = [line.delivery for line in lines if line.delivery is not None]
    return {
        "lines": lines,
        "say": veil.text,
        "say_record": reader.record(ticket.case, ticket).text,
        "scans": scanning.shown(session, desk, files),
        "place_for": lambda message: reader.place(ticket, message.place),
        "sent_on": lambda delivery: onward(delivery, sent, desk.district.calendars.zone),
        "speaker_of": speaking.speaker_name,
        "may_take_back": lambda delivery: delivery.state == "queued" and speaking.speaker(delivery) == actor.id,
        "talk": {
            "chats": chats,
            "may_take": may_take and chats,
            "may_write": may_take and has_line_back(ticket.channel),
            "may_note": actor.role in notes.WRITES,
            "dialogue": dialogue,
            "mine": dialogue is not None and dialogue.agent_id == actor.id,
            "may_end": actor.role in takeover.MAY_END,
            "waits": _waits(session, dialogue, ticket),
            "elsewhere": _elsewhere(session, dialogue, ticket) if may_take else None,
            "once": new_id(),
            "phrases": desk.district.phrases,
            "at": desk.feed.tip(),
        },
    }


def _waits(session: Session, dialogue: Dialogue | None, ticket: Ticket) -> datetime | None:
    """Since when the resident waits for an answer of a person; None: he does not."""
    if dialogue is None:
        return None
    if dialogue.agent_id is None:
        return dialogue.waiting_since
    return takeover.unanswered_since(session, dialogue, ticket)


def _elsewhere(session: Session, dialogue: Dialogue | None, ticket: Ticket) -> Ticket | None:
    """The resident's newer matter, where he writes now; None: he writes here."""
    newest = takeover.newest_ticket(session, dialogue) if dialogue is not None else None
    return newest if newest is not None and newest.id != ticket.id and newest.opened_at > ticket.opened_at else None


def _lines(session: Session, ticket: Ticket, reader: Reader) -> list[Line]:
    """What went to and fro, oldest first. A single message that is the ticket's text is not shown twice."""
    messages = list(tickets.conversation(session, ticket))
    if len(messages) == 1 and not messages[0].attachments and not messages[0].place and not messages[0].notes:
        messages = []
    deliveries = session.scalars(select(Delivery).where(Delivery.ticket_id == ticket.id))
    lines = [Line(each.received_at, message=each) for each in messages]
    # By the moment it was said: while a message is on its way its place on the page stays the same.
    lines += [Line(each.created_at, delivery=each) for each in deliveries]
    lines += [Line(each.at, note=each) for each in notes.of_ticket(session, ticket, reader.actor)]
    return sorted(lines, key=lambda line: (line.at, line.message is None, line.note is not None))


@router.get("/tickets/{key}/conversation")
async def conversation(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The conversation alone, for a page that has it already and wants what is new."""

    def read() -> Response:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            reader = opening.reader_of(session, desk, who.actor, ticket)
            shown = values(session, desk, reader, ticket) | {
                "ticket": ticket,
                "csrf": who.csrf,
                "sees_person": reader.sees(ticket),
                "hidden": reader.of(ticket).sight is Sight.HIDDEN,
                "may_tell": who.actor.role in TELLS,
            }
            return render.piece(request, "conversation.html", **shown)

    return await run_in_threadpool(read)


async def _act(
    request: Request, desk: Desk, who: Visitor, key: str, work: Callable[[Session, Ticket], object]
) -> Response:
    """Do it, and load the page anew; a page that is live shows by itself what was done."""

    def run() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            work(session, ticket)
            return ticket.number

    number = await run_in_threadpool(run)
    if request.headers.get("hx-request"):
        return Response(status_code=204)
    return RedirectResponse(f"/tickets/{number}#talk", 303)


@router.post("/tickets/{key}/take")
async def take(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Speak to the resident in the bot's place."""

    def work(session: Session, ticket: Ticket) -> None:
        takeover.take(session, desk.district, ticket, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/tickets/{key}/hand-back")
async def hand_back(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Let the bot go on."""

    def work(session: Session, ticket: Ticket) -> None:
        takeover.hand_back(session, desk.district, ticket, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/tickets/{key}/say")
async def say(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    text: Text = "",
    once: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Say something to the resident."""

    def work(session: Session, ticket: Ticket) -> None:
        named = once or new_id()
        speaking.speak(session, desk.district, ticket, text, actor=who.actor, now=desk.now(), once=named)

    return await _act(request, desk, who, key, work)


@router.post("/tickets/{key}/said/{message_id}/take-back")
async def take_back(key: str, message_id: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take back what has not left."""

    def work(session: Session, ticket: Ticket) -> None:
        speaking.take_back(session, ticket, message_id, actor=who.actor, now=desk.now())

    return await _act(request, desk, who, key, work)


@router.post("/tickets/{key}/notes")
async def note(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    text: Text = "",
    for_units: Annotated[bool, Form()] = False,  # noqa: FBT002  (a form field)
) -> Response:
    """Write for one's colleagues."""

    def work(session: Session, ticket: Ticket) -> None:
        notes.note_internally(session, ticket, text, actor=who.actor, now=desk.now(), for_units=for_units)

    return await _act(request, desk, who, key, work)


@router.post("/tickets/{key}/typing")
async def typing(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Show the resident that one is typing."""
    await typing_signs.show(desk, key, who.actor)
    return Response(status_code=204)
