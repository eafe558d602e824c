"""回访台: the queue, taking a resident and giving him back, the result; urgings by telephone; marked callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import calling_views, opening
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from api.web.unit_panel import phone_of
from casework import callback_queue, callbacks, claims, malicious, reopening, rules, tickets, urging, wishes
from casework.actors import Actor, CallbackResult
from casework.callback_queue import Queue
from casework.errors import OwnCallback, UnknownTicket
from casework.reading import Reader
from casework.tables import Ticket
from casework.telling import has_line_back
from district.pack import District
from district.schemas import Role, Workflow

router = APIRouter()
PAGE = 50
TOLD = {"yes": True, "no": False, "": None}


@router.get("/callbacks")
async def to_call(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    q: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[int, Query(ge=0)] = 0,
    done: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Residents to be called back: callable now first, by the clock; ``after`` is how many were shown before."""
    callback_queue.check_may_call(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            reader = Reader(desk.district, who.actor)
            queue = Queue(session, desk.district, who.actor, now=desk.now(), words=q.strip())
            total, ready = queue.count()
            return render.page(
                request,
                "callbacks.html",
                who,
                rows=queue.page(start=after, limit=PAGE),
                total=total,
                ready=ready,
                q=q,
                next=after + PAGE if total > after + PAGE else 0,
                paged=after > 0,
                told=outcome(session, desk, who.actor, done),
                script=calling_views.script_json(desk.district),
                text_for=lambda ticket, text: reader.listed(ticket).text(text),
                without_phone=lambda ticket: without_phone(reader, ticket),
            )

    return await run_in_threadpool(read)


@router.get("/callbacks/{key}")
async def one(
    key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor, done: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """One resident: the script, earlier attempts, the answer and the history beside; his ticket once he was asked."""
    callback_queue.check_may_call(who.actor)

    def read() -> Response:
        with desk.database.read() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            if ticket.state not in callbacks.CALLABLE:
                return RedirectResponse(f"/tickets/{ticket.number}", 303)
            if callbacks.is_own(session, desk.district, ticket, who.actor):
                raise OwnCallback(ticket.case.number if ticket.case is not None else ticket.number)
            reader, case = opening.reader_of(session, desk, who.actor, ticket), ticket.case
            return render.page(
                request,
                "calling.html",
                who,
                ticket=ticket,
                case=case,
                calling=panel(session, desk, reader, ticket),
                name=reader.name(ticket) or "居民",
                phone=phone_of(ticket) if reader.sees(ticket) else "",
                sees_person=reader.sees(ticket),
                say=reader.of(ticket).text,
                record=reader.on(case).text(case.record) if case is not None else "",
                lead=desk.district.units.get(case.lead_unit).name if case is not None and case.lead_unit else "",
                attempts=callbacks.attempts(session, ticket),
                needed=rules_of(session, desk.district, ticket).callback_attempts,
                steps=reader.step_texts(tickets.timeline(session, ticket=ticket), case, ticket),
                wishes=wishes.lines(ticket.resident.wishes),
                told=outcome(session, desk, who.actor, done),
            )

    return await run_in_threadpool(read)


def without_phone(reader: Reader, ticket: Ticket) -> bool:
    """Whether the reader sees that this resident has no telephone: he cannot be called."""
    return reader.sees(ticket) and not phone_of(ticket)


def rules_of(session: Session, district: District, ticket: Ticket) -> Workflow:
    """The workflow that the ticket's case keeps, or the pack's of today."""
    book = rules.of(session, district, ticket.case) if ticket.case is not None else rules.today(district)
    return book.workflow


def outcome(session: Session, desk: Desk, actor: Actor, number: str) -> dict[str, Any] | None:
    """What became of the callback just saved, and when to call again where he was not reached."""
    try:
        ticket = tickets.get_ticket(session, desk.district, number, actor) if number else None
    except UnknownTicket:
        return None
    if ticket is None:
        return None
    waits = ticket.state in callbacks.CALLABLE
    again = callback_queue.of(session, desk.district, ticket, now=desk.now()) if waits else None
    reworked = ticket.state == "on_case"
    return {"number": ticket.number, "again": again, "reworked": reworked, "reason": ticket.close_reason}


async def _on_ticket(
    desk: Desk, key: str, actor: Actor, work: Callable[[Session, Ticket], object], then: str = "/tickets/{}"
) -> RedirectResponse:
    def run() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, actor)
            work(session, ticket)
            return ticket.number

    return RedirectResponse(then.format(await run_in_threadpool(run)), 303)


@router.post("/callbacks/next")
async def take_next(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Have the next resident to oneself and be on his page; back to the queue when nobody may be called now."""
    number = await run_in_threadpool(_claim_next, desk, who.actor)
    return RedirectResponse(f"/callbacks/{number}" if number else "/callbacks", 303)


def _claim_next(desk: Desk, actor: Actor) -> str:
    """The number of the ticket whose resident the caller has now; empty where nobody may be called."""
    with desk.database.write.begin() as session:
        found = Queue(session, desk.district, actor, now=desk.now()).following()
        if found is None:
            return ""
        callbacks.claim(session, desk.district, found.ticket, actor=actor, now=desk.now())
        return found.ticket.number


@router.post("/tickets/{key}/callback-claim")
async def claim(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Have this resident to oneself."""

    def work(session: Session, ticket: Ticket) -> None:
        callbacks.claim(session, desk.district, ticket, actor=who.actor, now=desk.now())

    return await _on_ticket(desk, key, who.actor, work, "/callbacks/{}")


@router.post("/tickets/{key}/callback-release")
async def release(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Give him back and return to the queue."""
    callback_queue.check_may_call(who.actor)

    def work(session: Session, ticket: Ticket) -> None:
        claims.give_back(session, ticket, actor=who.actor, now=desk.now())

    return await _on_ticket(desk, key, who.actor, work, "/callbacks")


@router.post("/tickets/{key}/callback")
async def call_back(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reached: Annotated[str, Form(pattern="^(yes|no)$")],
    contacted: Annotated[str, Form(pattern="^(yes|no|)$")] = "",
    resolved: Annotated[str, Form(pattern="^(yes|no|)$")] = "",
    satisfaction: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    then: Annotated[Literal["", "next"], Form()] = "",
) -> Response:
    """Record one callback; ``then`` says whether its caller goes on to the next resident, else to the ticket."""
    result = CallbackResult(reached == "yes", TOLD[contacted], TOLD[resolved], satisfaction, text.strip())

    def work(session: Session, ticket: Ticket) -> None:
        callbacks.record(session, desk.district, ticket, result, actor=who.actor, now=desk.now())

    answer = await _on_ticket(desk, key, who.actor, work)
    if not then:
        return answer
    following = await run_in_threadpool(_claim_next, desk, who.actor)
    told = f"?done={quote(key)}"
    return RedirectResponse(f"/callbacks/{following}{told}" if following else f"/callbacks{told}", 303)


@router.post("/tickets/{key}/urging")
async def urge(
    key: str, desk: CurrentDesk, who: CurrentVisitor, text: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Count an urging that came by telephone."""

    def work(session: Session, ticket: Ticket) -> None:
        urging.record(session, desk.district, ticket, text.strip(), actor=who.actor, now=desk.now())

    return await _on_ticket(desk, key, who.actor, work)


def panel(session: Session, desk: Desk, reader: Reader, ticket: Ticket) -> dict[str, Any]:
    """What of callback and after stands on a ticket's page, for this reader."""
    actor, now, district = reader.actor, desk.now(), desk.district
    calls = (
        actor.role in callback_queue.CALLS
        and ticket.state in callbacks.CALLABLE
        and not callbacks.is_own(session, district, ticket, actor)
    )
    sees = actor.role in malicious.SEES
    still = ticket.state in tickets.OPEN_TICKETS
    asked = reopening.asked(ticket)
    return {
        "to_call": callback_queue.of(session, district, ticket, now=now) if calls else None,
        "script": calling_views.spoken(district) if calls else None,
        "without_phone": calls and without_phone(reader, ticket),
        "in_writing": ticket.channel in district.callback.questionnaire.channels and has_line_back(ticket.channel),
        "answer": reader.of(ticket).text(ticket.answer) if calls else "",
        "me": actor.id,
        "may_urge": still and actor.role in urging.RECORDS,
        "mark": malicious.of_resident(session, ticket.resident_id, now=now) if sees else None,
        "may_mark": actor.role in malicious.PROPOSES,
        "rules": district.callback,
        "asked": asked if actor.role in (Role.SUPERVISOR, Role.DISPATCHER, Role.CALLBACK_AGENT) else None,
    }


@router.get("/caller-marks")
async def marks(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, after: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """Marked callers; who decides finds the proposals among them."""
    malicious.check_may_see(who.actor)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows, cursor = malicious.listed(session, who.actor, after=after, limit=PAGE)
            reader = Reader(desk.district, who.actor)
            return render.page(
                request,
                "caller_marks.html",
                who,
                rows=[calling_views.mark_json(reader, each, now=desk.now()) for each in rows],
                next=cursor,
                paged=bool(after),
                decides=who.actor.role in malicious.DECIDES,
                states=STATES,
            )

    return await run_in_threadpool(read)


STATES = {"proposed": "待审批", "active": "生效中", "refused": "未批准", "lifted": "已解除", "over": "已到期"}


@router.post("/caller-marks")
async def propose(
    desk: CurrentDesk,
    who: CurrentVisitor,
    tickets_named: Annotated[str, Form(alias="tickets", max_length=1000)],
    text: Annotated[str, Form(max_length=2000)] = "",
    days: Annotated[int, Form(ge=0, le=366)] = 0,
) -> Response:
    """Propose to mark the caller of these tickets, named by their numbers."""

    def work() -> None:
        with desk.database.write.begin() as session:
            named = tickets_named.replace("，", " ").replace(",", " ").replace("、", " ").split()
            found = [tickets.get_ticket(session, desk.district, key, who.actor) for key in named]
            malicious.propose(session, desk.district, found, text=text, days=days, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/caller-marks", 303)


@router.post("/caller-marks/{key}/decide")
async def decide(
    key: str,
    desk: CurrentDesk,
    who: CurrentVisitor,
    verdict: Annotated[str, Form(pattern="^(approve|refuse)$")],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Approve or refuse."""

    def work() -> None:
        with desk.database.write.begin() as session:
            mark = malicious.get(session, key, who.actor)
            approve = verdict == "approve"
            malicious.decide(session, mark, approve=approve, text=text, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/caller-marks", 303)


@router.post("/caller-marks/{key}/lift")
async def lift(
    key: str, desk: CurrentDesk, who: CurrentVisitor, text: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """End a mark before its time."""

    def work() -> None:
        with desk.database.write.begin() as session:
            mark = malicious.get(session, key, who.actor)
            malicious.lift(session, mark, text=text, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/caller-marks", 303)
