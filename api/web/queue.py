"""The agent's desk: the list of tickets, one ticket with its suggestion, and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import batch_accept, opening
from api.auth import CurrentDesk, CurrentVisitor
from api.web import done_notice, render, ticket_page
from casework import asking_back, at_desk, desk_work, spot_checks, teaching, tickets
from casework.reading import Reader
from casework.tables import Ticket
from casework.tickets import Sort
from channels.registry import CHANNELS
from district.pack import District
from triage.decision import NO_CATEGORY

router = APIRouter()
PAGE = 50


@router.get("/tickets")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    state: str = "",
    channel: str = "",
    urgency: str = "",
    q: Annotated[str, Query(max_length=100)] = "",
    queue: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    sample: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    sort: Sort = "",
    after: Annotated[str, Query(max_length=80)] = "",
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Tickets, newest first; ``queue`` shows what waits for the desk, emergencies first, or as ``sort`` says."""
    chosen = tickets.TicketFilter(state, channel, urgency, "", q, queue, sample, sort)

    def read() -> HTMLResponse:
        at = desk.feed.tip()  # before the list is read: what comes in between is told, and not missed
        with desk.database.read() as session:
            found = tickets.list_tickets(session, desk.district, who.actor, chosen, after=after, limit=PAGE)
            rows = list(found.items)
            waiting = tickets.count_queue(session, who.actor)
            reader = Reader(desk.district, who.actor)
            return render.page(
                request,
                "tickets.html",
                who,
                rows=rows,
                next=found.next,
                chosen=chosen,
                waiting=waiting,
                sample=spot_checks.count(session) if who.actor.role in spot_checks.REVIEWS else 0,
                at=at,
                text_for=lambda ticket: reader.listed(ticket).text(ticket.title or ticket.text),
                name_for=lambda ticket: reader.name(ticket, listed=True) or ticket_page.NOBODY,
                unit_for=_unit,
                state_for=lambda ticket: tickets.state_label(desk.district, ticket),
                states=desk.district.workflow.ticket.states,
                channels=[(name, render.CHANNEL_LABELS[name]) for name in CHANNELS],
                urgencies=[(name, render.URGENCY_LABELS[name]) for name in ("emergency", "urgent", "normal")],
                filters=_filters(chosen),
                finds_people=reader.sees_all,
                narrowed=bool(_filters(chosen).keys() - {"queue", "sample", "sort"}),
                lessons=_lessons(session, desk.district, rows) if chosen.teaches else {},
                pressing=tickets.count_pressing(session, who.actor) if chosen.teaches or chosen.unsure else 0,
                paged=bool(after),
                notice=done_notice.of(session, desk, who, done),
                may_choose=chosen.queue and not chosen.sample and who.actor.role in ticket_page.DECIDES,
                why_not=batch_accept.why_not,
                having=at_desk.having(session, rows, now=desk.now()) if who.actor.role in at_desk.SEES else {},
            )

    return await run_in_threadpool(read)


def _filters(chosen: tickets.TicketFilter) -> dict[str, str]:
    """What the list is narrowed to, as it stands in the address."""
    given = {
        "queue": "1" if chosen.queue else "",
        "sample": "1" if chosen.sample else "",
        "sort": chosen.sort if chosen.teaches or chosen.unsure else "",
        "q": chosen.text,
        "channel": chosen.channel,
        "state": chosen.state,
        "urgency": chosen.urgency,
    }
    return {name: value for name, value in given.items() if value}


def _lessons(session: Session, district: District, rows: Sequence[Ticket]) -> dict[str, dict[str, Any]]:
    """Why each ticket stands where it does: what the first category leads by, before which, and how much is known."""
    guesses = {row.id: row.suggestion["category"] for row in rows if _teaches(row.suggestion)}
    known = teaching.known(session, {each[0]["code"] for each in guesses.values()})
    return {
        key: {
            "before": district.taxonomy.get(each[1]["code"]).name if _has_second(district, each) else "",
            "lead": each[0]["probability"] - (each[1]["probability"] if len(each) > 1 else 0),
            "known": known[each[0]["code"]],
        }
        for key, each in guesses.items()
    }


def _teaches(suggestion: dict[str, Any]) -> bool:
    return bool(suggestion.get("category")) and suggestion.get("why") not in NO_CATEGORY


def _has_second(district: District, guesses: Sequence[dict[str, Any]]) -> bool:
    return len(guesses) > 1 and guesses[1]["code"] in district.taxonomy


def _unit(ticket: Ticket) -> str:
    """The unit that has the ticket, else the suggested one if the suggestion is worth showing."""
    if ticket.unit and ticket.case_id is not None:
        return ticket.unit
    best = (ticket.suggestion.get("category") or [{"probability": 0}])[0]
    units = ticket.suggestion.get("unit") or [{"code": ""}]
    return str(ticket.unit or units[0]["code"]) if best["probability"] >= render.SURE_FROM else ""


@router.get("/tickets/claims")
async def claims(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Who has which ticket to himself now; nothing for who is not told."""

    def read() -> Response:
        with desk.database.read() as session:
            sees = who.actor.role in at_desk.SEES
            held = at_desk.of_others(session, who.actor, now=desk.now()) if sees else []
            return render.piece(request, "claims.html", claims=held)

    return await run_in_threadpool(read)


@router.get("/tickets/beside")
async def beside(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    here: Annotated[str, Query(max_length=40)] = "",
    sort: Sort = "",
) -> Response:
    """The queue as it stands beside a ticket, ``here`` the one that is open: put in where somebody asked for it."""

    def read() -> Response:
        with desk.database.read() as session:
            values = ticket_page.beside(session, desk, who.actor, sort)
            return render.piece(request, "beside.html", here=here, **values)

    return await run_in_threadpool(read)


@router.get("/tickets/{key}")
async def show(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    done: Annotated[str, Query(max_length=40)] = "",
    sort: Sort = "",
) -> Response:
    """One ticket; ``done`` names the one decided just before, to be undone from here; ``sort`` is the queue's."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            reader = opening.reader_of(session, desk, who.actor, ticket)
            told = done_notice.of(session, desk, who, done)
            values = ticket_page.values(session, desk, reader, ticket, sort=sort)
            page = render.page(request, "ticket.html", who, notice=told, **values)
            opening.keep_reading(desk, reader, [ticket])
            return page

    return await run_in_threadpool(read)


@router.post("/tickets/{key}/told")
async def told(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The resident has heard what cannot be written to him."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            desk_work.told(session, ticket, actor=who.actor, now=desk.now())
            return ticket.number

    return RedirectResponse(f"/tickets/{await run_in_threadpool(work)}", 303)


@router.post("/tickets/{key}/ask-back")
async def ask_back(
    key: str, desk: CurrentDesk, who: CurrentVisitor, text: Annotated[str, Form(max_length=asking_back.LONGEST)] = ""
) -> Response:
    """Ask the resident something in writing (向居民了解)."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            asking_back.ask(session, desk.district, ticket, text, actor=who.actor, now=desk.now())
            return ticket.number

    return RedirectResponse(f"/tickets/{await run_in_threadpool(work)}", 303)


@router.post("/tickets/{key}/person")
async def open_person(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=opening.LONGEST)] = "",
) -> Response:
    """Have the person shown to a supervisor (显示), on record with his reason."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            opening.open_person(session, who.actor, ticket, opening.why(reason, text), now=desk.now())
            return ticket.number

    return RedirectResponse(f"/tickets/{await run_in_threadpool(work)}", 303)
