"""``/api/v1/conversations``: who waits for a person; taking over, speaking, handing back, notes that never go out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import dialogue_views, typing_signs, views
from api.auth import CurrentDesk, CurrentVisitor
from api.routes.tickets import whole
from api.writing import CurrentWriter, Writer
from casework import tickets
from casework.dialogue import notes, speaking, takeover, talks
from casework.reading import Reader
from casework.tables import Ticket
from storage.database import new_id

router = APIRouter(prefix="/api/v1", tags=["conversations"])


@router.get("/conversations")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    mine: Annotated[bool, Query(description="只列本人接管的会话")] = False,  # noqa: FBT002  (a query parameter)
) -> dict[str, Any]:
    """Conversations that wait for a person, the longest first; then those that one has."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            reader = Reader(desk.district, who.actor)
            found = talks.listed(session, who.actor, mine=mine)
            waiting = talks.count_waiting(session)
            return {"items": [dialogue_views.talk_json(reader, each) for each in found], "waiting": waiting}

    return await run_in_threadpool(read)


async def _on_ticket(
    writer: Writer, key: str, asked: dict[str, Any], act: Callable[[Session, Ticket], dict[str, Any] | None]
) -> dict[str, Any]:
    def work(session: Session) -> dict[str, Any]:
        ticket = tickets.get_ticket(session, writer.desk.district, key, writer.actor)
        answer = act(session, ticket)
        session.flush()
        return whole(session, writer.desk, key, writer.actor) if answer is None else answer

    return await writer.run(asked, work)


@router.post("/tickets/{key}/take")
async def take(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Speak to the resident in the bot's place, or in a colleague's (接管)."""

    def act(session: Session, ticket: Ticket) -> None:
        takeover.take(session, writer.desk.district, ticket, actor=writer.actor, now=writer.now)

    return await _on_ticket(writer, key, {}, act)


@router.post("/tickets/{key}/hand-back")
async def hand_back(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Let the bot go on (交回)."""

    def act(session: Session, ticket: Ticket) -> None:
        takeover.hand_back(session, writer.desk.district, ticket, actor=writer.actor, now=writer.now)

    return await _on_ticket(writer, key, {}, act)


class Words(BaseModel):
    """What is said to the resident. ``once`` names the act where no ``Idempotency-Key`` does."""

    text: str = Field(min_length=1, max_length=2000)
    once: str = Field("", max_length=40)


@router.post("/tickets/{key}/messages")
async def speak(key: str, given: Words, writer: CurrentWriter) -> dict[str, Any]:
    """Say something to the resident; it leaves after five seconds and can be taken back until then."""

    def act(session: Session, ticket: Ticket) -> dict[str, Any]:
        desk, actor, once = writer.desk, writer.actor, given.once or new_id()
        said = speaking.speak(session, desk.district, ticket, given.text, actor=actor, now=writer.now, once=once)
        return views.delivery_json(Reader(desk.district, actor), ticket, said)

    return await _on_ticket(writer, key, given.model_dump(), act)


@router.post("/tickets/{key}/messages/{message_id}/take-back")
async def take_back(key: str, message_id: str, writer: CurrentWriter) -> dict[str, Any]:
    """Take back what has not left (撤回)."""

    def act(session: Session, ticket: Ticket) -> dict[str, Any]:
        taken = speaking.take_back(session, ticket, message_id, actor=writer.actor, now=writer.now)
        return views.delivery_json(Reader(writer.desk.district, writer.actor), ticket, taken)

    return await _on_ticket(writer, key, {}, act)


class NoteGiven(BaseModel):
    """An internal note; units read it only ``for_units``."""

    text: str = Field(min_length=1, max_length=2000)
    for_units: bool = False


@router.post("/tickets/{key}/notes")
async def note(key: str, given: NoteGiven, writer: CurrentWriter) -> dict[str, Any]:
    """Write for one's colleagues on a ticket (内部备注)."""

    def act(session: Session, ticket: Ticket) -> dict[str, Any]:
        actor = writer.actor
        made = notes.note_internally(
            session, ticket, given.text, actor=actor, now=writer.now, for_units=given.for_units
        )
        return dialogue_views.note_json(Reader(writer.desk.district, actor), made, ticket.case, ticket)

    return await _on_ticket(writer, key, given.model_dump(), act)


@router.post("/cases/{key}/notes")
async def note_on_case(key: str, given: NoteGiven, writer: CurrentWriter) -> dict[str, Any]:
    """Write for one's colleagues on a case (内部备注)."""

    def work(session: Session) -> dict[str, Any]:
        actor, district = writer.actor, writer.desk.district
        case = tickets.get_case(session, district, key, actor)
        made = notes.note_internally(session, case, given.text, actor=actor, now=writer.now, for_units=given.for_units)
        return dialogue_views.note_json(Reader(district, actor), made, case, None)

    return await writer.run(given.model_dump(), work)


@router.get("/cases/{key}/notes")
async def notes_on_case(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """The notes on a case and its tickets that the reader reads."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            reader = Reader(desk.district, who.actor)
            found = notes.of_case(session, case, who.actor)
            return {"items": [dialogue_views.note_json(reader, each, case, None) for each in found]}

    return await run_in_threadpool(read)


@router.post("/tickets/{key}/typing")
async def typing(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Show the resident that one is typing, where his channel can."""
    return {"shown": await typing_signs.show(desk, key, who.actor)}
