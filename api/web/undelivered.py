"""未送达: what no channel could bring to its resident, for a person to tell him, by telephone or at the counter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.web import render
from casework import desk_work, reaching, tickets, wishes
from casework.reading import Reader
from casework.tables import Ticket
from district.schemas import Role
from storage.deliveries import Delivery

router = APIRouter()
MAY_SEE = desk_work.TELLS | {Role.AUDITOR}


@dataclass(frozen=True, slots=True)
class Row:
    """One resident to be told: all that waits about his ticket, oldest first, and how he can be reached."""

    ticket: Ticket
    name: str
    phone: str
    words: list[str]
    since: datetime
    tried: list[str]
    """Each way that was tried, with why it failed."""
    wishes: list[str]
    call_from: datetime | None
    """The moment from which he may be called, if that is not now."""


def _check(who: Visitor) -> None:
    if who.actor.role not in MAY_SEE:
        raise Forbidden("您的角色不能查看未送达的消息")


@router.get("/undelivered")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Whom a person has to tell, the one who waits longest first."""
    _check(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows = _rows(session, desk, Reader(desk.district, who.actor))
            return render.page(request, "undelivered.html", who, rows=rows, may_tell=who.actor.role in desk_work.TELLS)

    return await run_in_threadpool(read)


@router.post("/undelivered/{key}/told")
async def told(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The resident of this ticket has heard all that waited for him."""
    _check(who)

    def work() -> None:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            desk_work.told(session, ticket, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/undelivered", 303)


def _rows(session: Session, desk: Desk, reader: Reader) -> list[Row]:
    by_ticket: dict[str, list[Delivery]] = {}
    for delivery in reaching.to_be_told(session):
        by_ticket.setdefault(str(delivery.ticket_id), []).append(delivery)
    return [_row(session, desk, reader, session.get_one(Ticket, key), found) for key, found in by_ticket.items()]


def _row(session: Session, desk: Desk, reader: Reader, ticket: Ticket, found: list[Delivery]) -> Row:
    resident, say = ticket.resident, reader.of(ticket).text
    seen = reader.sees(ticket)
    failed = {each.id: each for delivery in found for each in reaching.before(session, delivery)}
    local = desk.now().astimezone(desk.district.calendars.zone)
    return Row(
        ticket=ticket,
        name=reader.name(ticket) or "居民",
        phone=(resident.verified_phone or resident.phone) if seen else "",
        words=[say(each.text) for each in found],
        since=found[0].created_at,
        tried=[
            f"{render.CHANNEL_LABELS.get(each.channel, each.channel)}：{say(each.reason)}" for each in failed.values()
        ],
        wishes=wishes.lines(resident.wishes) if seen else [],
        call_from=wishes.may_call(resident.wishes, local),
    )
