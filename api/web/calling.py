"""回访台: the queue, taking a resident and giving him back, the result; urgings by telephone; marked callers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import calling_views
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from casework import callback_queue, callbacks, claims, malicious, reopening, tickets, urging
from casework.actors import Actor, CallbackResult
from casework.reading import Reader
from casework.tables import Ticket
from district.schemas import Role

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
) -> Response:
    """Residents to be called back: callable now first, by the clock; ``after`` is how many were shown before."""
    callback_queue.check_may_call(who.actor)

    def read() -> HTMLResponse:
        wanted = q.strip()
        with desk.database.read() as session:
            reader = Reader(desk.district, who.actor)
            waiting = callback_queue.queue(session, desk.district, who.actor, now=desk.now())
            fitting = [each for each in waiting if not wanted or reader.finds(each.ticket, wanted)]
            return render.page(
                request,
                "callbacks.html",
                who,
                rows=fitting[after : after + PAGE],
                total=len(fitting),
                ready=sum(each.from_at is None for each in fitting),
                q=q,
                next=after + PAGE if len(fitting) > after + PAGE else 0,
                paged=after > 0,
                script=calling_views.script_json(desk.district),
                text_for=lambda ticket, text: reader.listed(ticket).text(text),
            )

    return await run_in_threadpool(read)


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
    """Have the next resident to oneself and open his ticket; back to the queue when nobody may be called now."""

    def work() -> str:
        with desk.database.write.begin() as session:
            found = callback_queue.following(session, desk.district, who.actor, now=desk.now())
            if found is None:
                return "/callbacks"
            callbacks.claim(session, desk.district, found.ticket, actor=who.actor, now=desk.now())
            return f"/tickets/{found.ticket.number}#callback"

    return RedirectResponse(await run_in_threadpool(work), 303)


@router.post("/tickets/{key}/callback-claim")
async def claim(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Have this resident to oneself."""

    def work(session: Session, ticket: Ticket) -> None:
        callbacks.claim(session, desk.district, ticket, actor=who.actor, now=desk.now())

    return await _on_ticket(desk, key, who.actor, work, "/tickets/{}#callback")


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
) -> Response:
    """Record one callback."""
    result = CallbackResult(reached == "yes", TOLD[contacted], TOLD[resolved], satisfaction, text.strip())

    def work(session: Session, ticket: Ticket) -> None:
        callbacks.record(session, desk.district, ticket, result, actor=who.actor, now=desk.now())

    return await _on_ticket(desk, key, who.actor, work)


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
        and not callbacks.own(session, district, [ticket], actor)
    )
    sees = actor.role in malicious.SEES
    still = ticket.state in tickets.OPEN_TICKETS
    asked = reopening.asked(ticket)
    return {
        "to_call": callback_queue.of(session, district, ticket, now=now) if calls else None,
        "script": calling_views.spoken(district) if calls else None,
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
