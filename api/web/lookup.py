"""The resident's page: he follows his matter with the lookup code he was given. No sign-in, nothing to guess."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import after_answer
from api.auth import CurrentDesk
from api.desk import Desk
from api.web import render
from casework import confidential, deadlines, tickets, wishes, withdrawal
from casework.actors import Actor, Given
from casework.errors import UnknownTicket
from casework.reading import Reader
from casework.resident_errors import NotConfirmed
from casework.tables import Ticket
from district.schemas import Role

router = APIRouter()

ANYBODY = Actor("anybody", "", Role.RESIDENT)
"""Who holds the code need not be who was given it, and one answer goes to all reporters of a case: it names nobody."""

TOLD = {
    "receive": "已收到您的诉求",
    "file": "已立案",
    "dispatch": "已派给承办单位",
    "sign": "承办单位已签收",
    "contact": "承办单位已与您联系",
    "answer": "承办单位已答复",
    "tell": "答复已发给您",
    "answer_directly": "已直接答复",
    "rework": "因问题未解决，已退回重新办理",
    "call_back": "回访完成，已办结",
    "close_anonymous": "已答复并办结（没有留联系方式，不再回访）",
    "reject": "不予受理，已告知途径",
    "ask_reopening": "您要求重新办理",
    "reopen": "已重新办理",
    "withdraw": "已按您的要求撤诉",
    "suspend": "暂时无法解决，已挂账并定期复核",
}
"""Steps a resident is shown, in his words; what happens inside the desk is not his burden."""


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
    """From the form to the page."""
    return RedirectResponse(f"/q/{code.strip().upper()}" if code.strip() else "/follow", 303)


@router.get("/follow")
async def form(request: Request) -> Response:
    """The form."""
    return render.page(request, "lookup.html", None, ticket=None, problem="", steps=[])


@router.get("/q/{code}")
async def show(code: str, request: Request, desk: CurrentDesk) -> Response:
    """Progress as a vertical line of what happened and what comes next."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            try:
                ticket = tickets.by_code(session, code)
            except UnknownTicket:
                problem = "没有找到这个查询码，请核对短信、微信或邮件中的查询码"
                return render.page(request, "lookup.html", None, 404, ticket=None, problem=problem, steps=[])
            happened = tickets.timeline(session, ticket=ticket)
            steps = [(step.at, TOLD[step.move]) for step in happened if step.move in TOLD]
            case = ticket.case
            lead = desk.district.units.get(case.lead_unit).name if case is not None and case.lead_unit else ""
            state = STATES.get(ticket.state) or desk.district.workflow.ticket.states.get(ticket.state, ticket.state)
            coming = _coming(desk, ticket)
            public = Reader(desk.district, ANYBODY)
            return render.page(
                request,
                "lookup.html",
                None,
                ticket=ticket,
                answer=public.listed(ticket).text(ticket.answer),
                steps=steps,
                problem="",
                lead=lead,
                state=state,
                coming=coming,
                after=after_answer.page_values(desk, ticket),
                may_withdraw=ticket.state in tickets.OPEN_TICKETS,
                quiet=bool(ticket.resident.wishes.get("no_calls")),
                erased=ticket.erased_at is not None,
            )

    return await run_in_threadpool(read)


@router.post("/q/{code}/withdraw")
async def withdraw(code: str, desk: CurrentDesk, confirm: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002
    """撤诉 by who holds the code; the tick is his confirmation. Raises ``NotConfirmed``."""

    def work(session: Session, ticket: Ticket) -> None:
        if not confirm:
            raise NotConfirmed("撤诉")
        given = Given(text="居民在查询页面确认撤诉")
        withdrawal.withdraw(session, desk.district, ticket, now=desk.now(), given=given)

    return await _act(desk, code, work)


@router.post("/q/{code}/confidential")
async def keep_confidential(code: str, desk: CurrentDesk) -> Response:
    """保密: the units do not see who he is from now on."""

    def work(session: Session, ticket: Ticket) -> None:
        confidential.ask(session, desk.district, ticket, actor=_himself(ticket), now=desk.now())

    return await _act(desk, code, work)


@router.post("/q/{code}/quiet")
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
    clock = next((each for name in ("contact", "answer") if (each := deadlines.running(case, name))), None)
    if clock is None or clock.due_at < desk.now():
        return "承办单位正在办理，会尽快答复您。"
    due = f"{clock.due_at.astimezone(desk.district.calendars.zone):%m月%d日 %H:%M}"
    return f"承办单位会在 {due} 前{'与您联系' if clock.name == 'contact' else '答复您'}。"
