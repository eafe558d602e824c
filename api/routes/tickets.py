"""``/api/v1/tickets``: look at tickets, accept or correct a suggestion, file, answer at once, call back."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import automatic_views, dialogue_views, opening, views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.paging import After, Limit, page
from api.writing import CurrentWriter
from casework import asking_back, callbacks, city_reports, desk_work, spot_checks, tickets
from casework.actors import Actor, CallbackResult, Given
from casework.city_tables import order_of
from casework.dialogue import notes, takeover
from casework.judgements import Judgement
from casework.reading import Reader
from casework.tables import Ticket
from storage.deliveries import Delivery

router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"])


@router.get("")
async def list_(
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: str = "",
    channel: str = "",
    urgency: str = "",
    category: Annotated[str, Query(max_length=6)] = "",
    q: Annotated[str, Query(max_length=100, description="工单编号，或标题、正文中的文字")] = "",
    queue: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    sample: Annotated[bool, Query(description="只列待抽查的自动派单")] = False,  # noqa: FBT002
    sort: Annotated[
        tickets.Sort,
        Query(description="queue 的排序；teaching：最能教会系统的在前；unsure：最拿不准的在前"),
    ] = "",
    after: After = "",
    limit: Limit = 50,
) -> dict[str, Any]:
    """Tickets the reader may see, newest first."""
    chosen = tickets.TicketFilter(state, channel, urgency, category, q, queue, sample, sort)

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            found = tickets.list_tickets(session, desk.district, who.actor, chosen, after=after, limit=limit)
            reader = Reader(desk.district, who.actor)
            return page([views.ticket_brief(reader, each) for each in found.items], found.next)

    return await run_in_threadpool(read)


def whole(session: Session, desk: Desk, key: str, actor: Actor) -> dict[str, Any]:
    """A ticket with its conversation, deliveries and timeline."""
    ticket = tickets.get_ticket(session, desk.district, key, actor)
    return _told(session, opening.reader_of(session, desk, actor, ticket), ticket)


def _told(session: Session, reader: Reader, ticket: Ticket) -> dict[str, Any]:
    sent = select(Delivery).where(Delivery.ticket_id == ticket.id).order_by(Delivery.created_at)
    order = order_of(session, ticket)
    judgement = session.get(Judgement, ticket.id)
    return views.ticket_whole(reader, ticket) | {
        "city_order": views.city_order_json(reader, ticket, order) if order is not None else None,
        "automatic": automatic_views.sent_json(reader.actor, judgement),
        "messages": [views.message_json(reader, ticket, each) for each in tickets.conversation(session, ticket)],
        "deliveries": [views.delivery_json(reader, ticket, each) for each in session.scalars(sent)],
        "speaker": dialogue_views.speaker_json(takeover.of_ticket(session, ticket)),
        "notes": [
            dialogue_views.note_json(reader, each, ticket.case, ticket)
            for each in notes.of_ticket(session, ticket, reader.actor)
        ],
        "timeline": reader.step_texts(tickets.timeline(session, ticket=ticket), ticket.case, ticket),
    }


@router.get("/{key}")
async def show(key: str, desk: CurrentDesk, who: CurrentVisitor) -> dict[str, Any]:
    """One ticket by id, number or lookup code."""

    def read() -> dict[str, Any]:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            reader = opening.reader_of(session, desk, who.actor, ticket)
            told = _told(session, reader, ticket)
            opening.keep_reading(desk, reader, [ticket])
            return told

    return await run_in_threadpool(read)


class Opening(BaseModel):
    """Why the person is to be shown: a code of ``opening.REASONS``, and what for in words."""

    reason: str = Field("", max_length=20)
    text: str = Field("", max_length=opening.LONGEST)


@router.post("/{key}/person")
async def open_person(key: str, given: Opening, writer: CurrentWriter) -> dict[str, Any]:
    """Have the person shown to a supervisor (显示), on record; the ticket stays open to him for half an hour."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        opening.open_person(session, actor, ticket, opening.why(given.reason, given.text), now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class Question(BaseModel):
    """What the resident is asked."""

    text: str = Field(min_length=1, max_length=asking_back.LONGEST)


@router.post("/{key}/ask-back")
async def ask_back(key: str, given: Question, writer: CurrentWriter) -> dict[str, Any]:
    """Ask the resident something in writing (向居民了解); his reply joins the ticket."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        asking_back.ask(session, desk.district, ticket, given.text, actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class Acceptance(BaseModel):
    """What the person corrects; what is left empty is taken over from the suggestion."""

    category: str = Field("", max_length=6)
    unit: str = Field("", max_length=60)
    request_type: Literal["", "咨询", "求助", "投诉", "举报", "建议", "表扬", "其他"] = ""
    urgency: Literal["", "normal", "urgent", "emergency"] = ""
    reason: str = Field("", max_length=500)
    dispatch: bool = True


@router.post("/{key}/accept")
async def accept(key: str, given: Acceptance, writer: CurrentWriter) -> dict[str, Any]:
    """Take the suggestion over, open the case and, for a dispatcher, dispatch it at once (采纳并派单)."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        desk_work.accept(
            session,
            desk.district,
            ticket,
            actor=actor,
            now=writer.now,
            category=given.category,
            unit=given.unit,
            request_type=given.request_type,
            urgency=given.urgency,
            reason=given.reason,
            dispatch_now=given.dispatch,
        )
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class Merging(BaseModel):
    """The case a further reporter's ticket joins, by id or number."""

    case: str = Field(max_length=60)


@router.post("/{key}/merge")
async def merge(key: str, given: Merging, writer: CurrentWriter) -> dict[str, Any]:
    """Hang a ticket on a case that is under way (并单)."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        case = tickets.get_case(session, desk.district, given.case, actor)
        desk_work.merge(session, desk.district, ticket, case, actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class TicketMove(BaseModel):
    """A move of a ticket: ``answer_directly``, ``reject``, ``withdraw``."""

    reason: str = Field("", max_length=40)
    text: str = Field("", max_length=5000)


@router.post("/{key}/transitions/{name}")
async def move(key: str, name: str, given: TicketMove, writer: CurrentWriter) -> dict[str, Any]:
    """Make a move of the ticket's life."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        what = Given(reason=given.reason, text=given.text)
        desk_work.move(session, desk.district, ticket, name, actor=actor, now=writer.now, given=what)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class SpotCheck(BaseModel):
    """Whether the automatic dispatch was right."""

    right: bool


@router.post("/{key}/spot-check")
async def spot_check(key: str, given: SpotCheck, writer: CurrentWriter) -> dict[str, Any]:
    """Review an automatic dispatch (抽查). What was wrong comes back to the desk while no unit has signed it."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        review = spot_checks.confirm if given.right else spot_checks.reject
        review(session, desk.district, ticket, actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class CityReturn(BaseModel):
    """Why the city should take its order back."""

    text: str = Field(max_length=2000)


@router.post("/{key}/city-return")
async def ask_city_return(key: str, given: CityReturn, writer: CurrentWriter) -> dict[str, Any]:
    """Ask the city's platform to take its order back (退回市平台)."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        city_reports.ask_return(session, desk.district, ticket, actor=actor, text=given.text, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)


class CallbackGiven(BaseModel):
    """What the resident said, or that he was not reached."""

    reached: bool
    contacted: bool | None = None
    resolved: bool | None = None
    satisfaction: Literal["", "satisfied", "basically_satisfied", "dissatisfied"] = ""
    text: str = Field("", max_length=2000)


@router.post("/{key}/callbacks")
async def call_back(key: str, given: CallbackGiven, writer: CurrentWriter) -> dict[str, Any]:
    """Record one callback attempt."""

    def work(session: Session) -> dict[str, Any]:
        desk, actor = writer.desk, writer.actor
        ticket = tickets.get_ticket(session, desk.district, key, actor)
        result = CallbackResult(given.reached, given.contacted, given.resolved, given.satisfaction, given.text)
        callbacks.record(session, desk.district, ticket, result, actor=actor, now=writer.now)
        session.flush()
        return whole(session, desk, key, actor)

    return await writer.run(given.model_dump(), work)
