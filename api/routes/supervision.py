"""Supervision by JSON: orders and leaders' notes on cases, watched cases, and ``/api/v1/follow-up``."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from api import follow_up_views
from api import supervision_views as views
from api.auth import CurrentDesk, CurrentVisitor
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import follow_up, leaders_notes, supervision_orders, tickets
from casework.follow_up import Chosen
from casework.leaders_notes import Written
from casework.reading import Reader

router = APIRouter(prefix="/api/v1", tags=["supervision"])
Words = Annotated[str, Field(max_length=5000)]
Term = Annotated[int, Field(ge=1, le=99, description="时限的数量，单位随级别")]


class Issued(BaseModel):
    """A new order; without a term the level's own."""

    level: str = Field(max_length=10)
    text: Words
    reason: str = Field("", max_length=500)
    term: Term | None = None


class Said(BaseModel):
    """Words that go with an act; which acts need them, the answer says."""

    text: Words = ""
    term: Term | None = None
    """Of an upgrade alone."""


class Noted(BaseModel):
    """A leader's note."""

    leader: str = Field(max_length=60)
    office: str = Field(max_length=60)
    noted_on: date
    text: Words
    asks_answer: bool = True


@router.get("/cases/{key}/supervision")
async def on_case(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """Orders and notes on a case the reader may see, and whether he watches it."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            case = tickets.get_case(session, desk.district, key, who.actor)
            return views.case_json(session, Reader(desk.district, who.actor), case)

    return await run_in_threadpool(read)


@router.post("/cases/{key}/supervision-orders", status_code=201)
async def issue(key: str, given: Issued, writer: CurrentWriter) -> dict[str, Any]:
    """Issue an order."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        case = tickets.get_case(session, district, key, actor)
        made = supervision_orders.issue(
            session,
            district,
            case,
            level=given.level,
            text=given.text,
            reason=given.reason,
            term=given.term,
            actor=actor,
            now=writer.now,
        )
        return views.order_json(Reader(district, actor), made)

    return await writer.run(given.model_dump(), work)


Act = Literal["acknowledge", "answer", "accept", "send-back", "upgrade", "withdraw"]


@router.post("/supervision-orders/{key}/{act}")
async def on_order(key: str, act: Act, given: Said, writer: CurrentWriter) -> dict[str, Any]:
    """Acknowledge, answer, accept, send back, upgrade (gives the new order) or withdraw an order."""

    def work(session: Session) -> dict[str, Any]:
        district, actor, now = writer.desk.district, writer.actor, writer.now
        order = supervision_orders.get(session, district, key, actor)
        done = {
            "acknowledge": lambda: supervision_orders.acknowledge(session, district, order, actor=actor, now=now),
            "answer": lambda: supervision_orders.answer(
                session, district, order, text=given.text, actor=actor, now=now
            ),
            "accept": lambda: supervision_orders.accept(
                session, district, order, text=given.text, actor=actor, now=now
            ),
            "send-back": lambda: supervision_orders.send_back(
                session, district, order, text=given.text, actor=actor, now=now
            ),
            "upgrade": lambda: supervision_orders.upgrade(
                session, district, order, text=given.text, term=given.term, actor=actor, now=now
            ),
            "withdraw": lambda: supervision_orders.withdraw(
                session, district, order, reason=given.text, actor=actor, now=now
            ),
        }[act]()
        return views.order_json(Reader(district, actor), done)

    return await writer.run(given.model_dump(), work)


@router.post("/cases/{key}/leaders-notes", status_code=201)
async def enter(key: str, given: Noted, writer: CurrentWriter) -> dict[str, Any]:
    """Put a leader's note on record."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        case = tickets.get_case(session, district, key, actor)
        written = Written(given.leader, given.office, given.noted_on, given.text, given.asks_answer)
        made = leaders_notes.enter(session, district, case, written, actor=actor, now=writer.now)
        return views.note_json(Reader(district, actor), made)

    return await writer.run(given.model_dump(mode="json"), work)


@router.post("/leaders-notes/{key}/{act}")
async def on_note(key: str, act: Literal["answer", "withdraw"], given: Said, writer: CurrentWriter) -> dict[str, Any]:
    """Answer a note, or withdraw it."""

    def work(session: Session) -> dict[str, Any]:
        district, actor, now = writer.desk.district, writer.actor, writer.now
        found = leaders_notes.get(session, district, key, actor)
        if act == "answer":
            leaders_notes.answer(session, district, found, text=given.text, actor=actor, now=now)
        else:
            leaders_notes.withdraw(session, district, found, reason=given.text, actor=actor, now=now)
        return views.note_json(Reader(district, actor), found)

    return await writer.run(given.model_dump(), work)


class Watch(BaseModel):
    """Whether the reader watches the case from now on."""

    watch: bool


@router.post("/cases/{key}/watch")
async def watch(key: str, given: Watch, writer: CurrentWriter) -> dict[str, Any]:
    """Watch a case, or watch it no more."""

    def work(session: Session) -> dict[str, Any]:
        case = tickets.get_case(session, writer.desk.district, key, writer.actor)
        follow_up.watch(session, case, on=given.watch, actor=writer.actor, now=writer.now)
        return {"case_id": case.id, "watched": given.watch}

    return await writer.run(given.model_dump(), work)


@router.get("/follow-up")
async def follow_up_list(
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Query(max_length=12)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    show: follow_up.Show = "open",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """What a supervisor has to see to, the gravest reason first; ``show=followed``: what was seen to."""
    follow_up.check_may_see(who.actor)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = follow_up.listing(
                session,
                desk.district,
                who.actor,
                Chosen(reason, unit, show),
                now=desk.now(),
                after=after,
                limit=limit,
            )
            reader = Reader(desk.district, who.actor)
            items = [follow_up_views.line_json(session, desk, reader, line) for line in found.lines]
            return page(items, found.next) | follow_up_views.counts_json(found)

    return await run_in_threadpool(read)


class Followed(BaseModel):
    """What was done about it."""

    word: str = Field(max_length=500)


@router.post("/follow-up/{subject}/followed")
async def followed(subject: str, given: Followed, writer: CurrentWriter) -> dict[str, Any]:
    """A line was seen to: it is hidden until something new happens."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        count = follow_up.follow(session, district, subject, word=given.word, actor=actor, now=writer.now)
        return {"subject": subject, "reasons": count}

    return await writer.run(given.model_dump(), work)


@router.post("/follow-up/{subject}/undo")
async def undo(subject: str, writer: CurrentWriter) -> dict[str, Any]:
    """It was not seen to after all: the line is back."""

    def work(session: Session) -> dict[str, Any]:
        district, actor = writer.desk.district, writer.actor
        count = follow_up.take_back(session, district, subject, actor=actor, now=writer.now)
        return {"subject": subject, "reasons": count}

    return await writer.run({}, work)
