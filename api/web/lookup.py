"""The resident's page: he follows his matter with the lookup code he was given. No sign-in, nothing to guess."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import segno
from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import after_answer, gate
from api.auth import CurrentDesk
from api.desk import Desk
from api.web import progress, render
from api.web.captchas import Counted, address_of, counted
from api.web.own_site import OWN_PAGES
from casework import confidential, deadlines, own_words, tickets, urging, wishes, withdrawal
from casework.actors import Actor, Given
from casework.conversation import ANSWERED
from casework.errors import UnknownTicket
from casework.lookup_codes import code_of
from casework.reading import Reader
from casework.resident_errors import NotConfirmed
from casework.tables import Ticket
from channels.file_limits import limits_of
from district.schemas import Role
from storage.database import new_id

router = APIRouter(dependencies=OWN_PAGES)

WRONG = "编号或查询码不对，没有查到。请对照收到的短信、微信或邮件再填一次"
DONE = {
    "added": "已补充，办理的人会看到。",
    "urged": "已记下您的催办，会提醒办理的人。",
    "judged": "已收到您的评价，谢谢。",
}
ACTS = [Depends(Counted("acts"))]
"""Who holds the code need not be who was given it, and one answer goes to all reporters of a case: it names nobody."""

STATES = {
    "received": "已收到",
    "assessed": "已收到",
    "on_case": "正在办理",
    "told": "已答复",
    "answered_directly": "已答复",
    "closed": "已办结",
    "rejected": "不予受理",
    "withdrawn": "已撤诉",
}
"""A ticket's states in the resident's words; the desk's inner ones are alike to him."""


@router.get("/q")
async def ask(code: Annotated[str, Query(max_length=40)] = "") -> Response:
    """From an address that carries the code to its page."""
    kept = code_of(code)
    return RedirectResponse(f"/q/{quote(kept, safe='')}" if kept else "/follow", 303)


@router.get("/follow")
async def form(request: Request) -> Response:
    """The form."""
    return _form(request)


def _form(request: Request, problem: str = "", *, number: str = "", code: str = "", status: int = 200) -> HTMLResponse:
    return render.page(request, "follow.html", None, status, problem=problem, number=number, code=code)


@router.post("/follow")
async def look(
    request: Request,
    desk: CurrentDesk,
    number: Annotated[str, Form(max_length=60)] = "",
    code: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """By number and code, of which both must be right; the same sentence whichever is not."""
    await counted(request, "lookups")

    def work() -> Response:
        with desk.database.read() as session:
            try:
                ticket = tickets.by_number_and_code(session, number, code)
            except UnknownTicket:
                return _form(request, WRONG, number=number, code=code, status=404)
            return RedirectResponse(f"/q/{ticket.code}", 303)

    return await run_in_threadpool(work)


@router.get("/q/{code}")
async def show(
    code: str, request: Request, desk: CurrentDesk, done: Annotated[str, Query(max_length=12)] = ""
) -> Response:
    """Progress as a vertical line of what happened and what comes next."""
    gate.check(desk, "lookups", address_of(request))
    return await run_in_threadpool(progress_page, request, desk, code, done=DONE.get(done, ""))


def progress_page(
    request: Request, desk: Desk, code: str, *, done: str = "", faults: dict[str, str] | None = None, words: str = ""
) -> HTMLResponse:
    """The page of a code; of one that is nobody's, the form. ``faults`` are what was wrong with what he sent here."""
    with desk.database.read() as session:
        try:
            ticket = tickets.by_code(session, code)
        except UnknownTicket:
            gate.count(desk, "lookups", address_of(request))
            return _form(request, WRONG, code=code, status=404)
        happened = tickets.timeline(session, ticket=ticket)
        case = ticket.case
        again_at = urging.may_urge_from(session, desk.district, ticket)
        in_hand = ticket.state in tickets.OPEN_TICKETS and ticket.state not in ANSWERED
        return render.page(
            request,
            "progress.html",
            None,
            422 if faults else 200,
            ticket=ticket,
            answer=Reader.outside(ticket),
            **_own_words(session, ticket),
            steps=progress.lines(session, ticket, happened),
            lead=desk.district.units.get(case.lead_unit).name if case is not None and case.lead_unit else "",
            state=STATES.get(ticket.state) or desk.district.workflow.ticket.states.get(ticket.state, ticket.state),
            coming=_coming(desk, ticket),
            after=after_answer.page_values(desk, ticket),
            may_withdraw=ticket.state in tickets.OPEN_TICKETS,
            may_add=ticket.state in tickets.OPEN_TICKETS,
            in_hand=in_hand,
            again_at=again_at if again_at is not None and again_at > desk.now() else None,
            quiet=bool(ticket.resident.wishes.get("no_calls")),
            erased=ticket.erased_at is not None,
            done=done,
            faults=faults or {},
            words=words,
            key=new_id(),
            most=limits_of(desk.account_or_bare("web")).files,
        )


def _own_words(session: Session, ticket: Ticket) -> dict[str, Any]:
    """What he told us, so that he sees that it came whole; nothing once it is erased."""
    if ticket.erased_at is not None:
        return {"told": [], "about": "", "files": 0}
    messages, veil = tickets.conversation(session, ticket), Reader.words_outside(ticket)
    told = [(each.at, veil.text(each.text)) for each in own_words.said(ticket, messages)]
    return {"told": told, "about": veil.text(ticket.title), "files": own_words.files(messages)}


@router.get("/q/{code}/slip")
async def slip(code: str, request: Request, desk: CurrentDesk) -> Response:
    """What he keeps, on paper: number, code, and the picture that leads to the page."""
    gate.check(desk, "lookups", address_of(request))

    def work() -> Response:
        with desk.database.read() as session:
            ticket = tickets.by_code(session, code)
            return render.page(request, "appeal_slip.html", None, ticket=ticket, address=_address(desk, ticket.code))

    return await run_in_threadpool(work)


@router.get("/q/{code}/qr.svg")
async def picture(code: str, request: Request, desk: CurrentDesk) -> Response:
    """The address of the page as a QR code."""
    gate.check(desk, "lookups", address_of(request))

    def work() -> Response:
        with desk.database.read() as session:
            address = _address(desk, tickets.by_code(session, code).code)
        drawn = io.BytesIO()
        segno.make(address, error="m", micro=False).save(drawn, kind="svg", scale=4, border=2, light="#fff")
        return Response(drawn.getvalue(), media_type="image/svg+xml", headers={"cache-control": "private, no-store"})

    return await run_in_threadpool(work)


def _address(desk: Desk, code: str) -> str:
    return f"{desk.settings.public_url.rstrip('/')}/q/{code}"


@router.post("/q/{code}/withdraw", dependencies=ACTS)
async def withdraw(code: str, desk: CurrentDesk, confirm: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002
    """撤诉 by who holds the code; the tick is his confirmation. Raises ``NotConfirmed``."""

    def work(session: Session, ticket: Ticket) -> None:
        if not confirm:
            raise NotConfirmed("撤诉")
        given = Given(text="居民在查询页面确认撤诉")
        withdrawal.withdraw(session, desk.district, ticket, now=desk.now(), given=given)

    return await _act(desk, code, work)


@router.post("/q/{code}/confidential", dependencies=ACTS)
async def keep_confidential(code: str, desk: CurrentDesk) -> Response:
    """保密: the units do not see who he is from now on."""

    def work(session: Session, ticket: Ticket) -> None:
        confidential.ask(session, desk.district, ticket, actor=_himself(ticket), now=desk.now())

    return await _act(desk, code, work)


@router.post("/q/{code}/quiet", dependencies=ACTS)
async def quiet(code: str, desk: CurrentDesk, on: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002
    """请勿夜间来电, or not any more."""

    def work(session: Session, ticket: Ticket) -> None:
        given = ticket.resident.wishes | {"no_calls": wishes.NIGHT if on else None}
        wishes.keep(session, ticket.resident, given, actor=_himself(ticket), now=desk.now())

    return await _act(desk, code, work)


def _himself(ticket: Ticket) -> Actor:
    return Actor(ticket.resident_id, "居民本人", Role.RESIDENT)


async def _act(desk: Desk, code: str, work: Callable[[Session, Ticket], None]) -> Response:
    """What the holder of the code asks, in one transaction. The code is what nobody else's page can send."""

    def run() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.by_code(session, code)
            work(session, ticket)
            return f"/q/{ticket.code}"

    return RedirectResponse(await run_in_threadpool(run), 303)


def _coming(desk: Desk, ticket: Ticket) -> str:
    """What happens next and by when, as a sentence; empty when nothing does."""
    case = ticket.case
    if ticket.state in ("told", "answered_directly"):
        return "请您评价；没有评价的，回访员会联系您，了解问题是否解决、您是否满意。"
    if ticket.state in desk.district.workflow.ticket.final:
        return ""
    if case is None or not case.lead_unit:
        return "工作人员正在确定由哪个单位办理。"
    names = ("contact", "answer") if progress.may_be_reached(ticket) else ("answer",)
    clock = next((each for name in names if (each := deadlines.running(case, name))), None)
    if clock is None or clock.due_at < desk.now():
        return "承办单位正在办理，会尽快答复您。"
    due = f"{clock.due_at.astimezone(desk.district.calendars.zone):%m月%d日 %H:%M}"
    return f"承办单位会在 {due} 前{'与您联系' if clock.name == 'contact' else '答复您'}。"
