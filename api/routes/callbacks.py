"""``/api/v1/callbacks`` and ``/api/v1/caller-marks``: the callback desk, urgings by telephone, marked callers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import calling_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.routes.tickets import whole
from api.writing import CurrentWriter
from casework import callback_queue, callbacks, claims, malicious, tickets, urging
from casework.callback_queue import Queue
from casework.reading import Reader

router = APIRouter(prefix="/api/v1", tags=["callbacks"])


@router.get("/callbacks")
async def list_(desk: CurrentDesk, who: CurrentVisitor, after: After = "", limit: Limit = 50) -> dict[str, Any]:
    """Who waits to be called back: callable now first, by the clock; then by when they may be called."""
    callback_queue.check_may_call(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            queue = Queue(session, desk.district, who.actor, now=desk.now())
            found = queue.page(after=after, limit=limit + 1)
            shown, total = found[:limit], queue.count()[0]
            cursor = shown[-1].ticket.id if len(found) > limit else ""
            reader = Reader(desk.district, who.actor)
            return page([views.to_call_json(reader, each) for each in shown], cursor) | {"total": total}

    return await run_in_threadpool(read)


@router.get("/callbacks/script")
async def script(desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """What a caller says (话术), and when he may call."""
    callback_queue.check_may_call(who.actor)
    return views.script_json(desk.district)


@router.post("/callbacks/next")
async def take_next(writer: CurrentWriter) -> dict[str, Any]:
    """Have the next resident to oneself; ``item`` is null when nobody may be called now."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        found = Queue(session, desk.district, actor, now=writer.now).following()
        if found is None:
            return {"item": None}
        callbacks.claim(session, desk.district, found.ticket, actor=actor, now=writer.now)
        taken = callback_queue.of(session, desk.district, found.ticket, now=writer.now)
        return {"item": views.to_call_json(Reader(desk.district, actor), taken)}

    return await writer.run({}, work)


@router.post("/tickets/{key}/callback-claim")
async def claim(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Have a resident to oneself while one calls him (领单)."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        callbacks.claim(session, desk.district, ticket, actor=actor, now=writer.now)
        found = callback_queue.of(session, desk.district, ticket, now=writer.now)
        return views.to_call_json(Reader(desk.district, actor), found)

    return await writer.run({}, work)


@router.post("/tickets/{key}/callback-release")
async def release(key: str, writer: CurrentWriter) -> dict[str, Any]:
    """Give a resident back to the queue; another's claim stays."""
    callback_queue.check_may_call(writer.actor)

    def work(session: Session) -> dict[str, Any]:
        ticket = tickets.get_ticket(session, writer.desk.district, key, writer.actor)
        return {"released": claims.give_back(session, ticket, actor=writer.actor, now=writer.now)}

    return await writer.run({}, work)


class Urging(BaseModel):
    """What the resident said."""

    text: str = Field("", max_length=2000)


@router.post("/tickets/{key}/urgings")
async def urge(key: str, given: Urging, writer: CurrentWriter) -> dict[str, Any]:
    """Count an urging (催办) that came by telephone or at the counter."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        urging.record(session, desk.district, ticket, given.text.strip(), actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


@router.get("/caller-marks")
async def marks(desk: CurrentDesk, who: CurrentVisitor, after: After = "", limit: Limit = 50) -> dict[str, Any]:
    """Marked callers (恶意骚扰来电), proposed, in force and over, the newest first."""
    malicious.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            rows, cursor = malicious.listed(session, who.actor, after=after, limit=limit)
            reader = Reader(desk.district, who.actor)
            return page([views.mark_json(reader, each, now=desk.now()) for each in rows], cursor)

    return await run_in_threadpool(read)


class Proposal(BaseModel):
    """The caller's tickets that show it, by id or number; what he did; for how many days (0: as long as may be)."""

    tickets: Annotated[list[str], Field(max_length=50)]
    text: str = Field(max_length=2000)
    days: int = Field(0, ge=0, le=366)


@router.post("/caller-marks", status_code=201)
async def propose(given: Proposal, writer: CurrentWriter) -> dict[str, Any]:
    """Propose to mark a caller; a supervisor decides."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        found = [tickets.get_ticket(session, desk.district, key, actor) for key in given.tickets]
        mark = malicious.propose(
            session, desk.district, found, text=given.text, days=given.days, actor=actor, now=writer.now
        )
        return views.mark_json(Reader(desk.district, actor), mark, now=writer.now)

    return await writer.run(given.model_dump(), work)


class MarkDecision(BaseModel):
    """Approve or refuse; a refusal gives its reason."""

    approve: bool
    text: str = Field("", max_length=2000)


@router.post("/caller-marks/{key}/decision")
async def decide(key: str, given: MarkDecision, writer: CurrentWriter) -> dict[str, Any]:
    """Decide about a proposed mark."""

    def work(session: Session) -> dict[str, Any]:
        mark = malicious.get(session, key, writer.actor)
        malicious.decide(session, mark, approve=given.approve, text=given.text, actor=writer.actor, now=writer.now)
        return views.mark_json(Reader(writer.desk.district, writer.actor), mark, now=writer.now)

    return await writer.run(given.model_dump(), work)


class Lifting(BaseModel):
    """Why the mark ends before its time."""

    text: str = Field(max_length=2000)


@router.post("/caller-marks/{key}/lift")
async def lift(key: str, given: Lifting, writer: CurrentWriter) -> dict[str, Any]:
    """End a mark before its time."""

    def work(session: Session) -> dict[str, Any]:
        mark = malicious.get(session, key, writer.actor)
        malicious.lift(session, mark, text=given.text, actor=writer.actor, now=writer.now)
        return views.mark_json(Reader(writer.desk.district, writer.actor), mark, now=writer.now)

    return await writer.run(given.model_dump(), work)
