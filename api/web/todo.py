"""我的办件: a unit's own work on a phone: what is due, what came since the last look, and many signed at once."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor
from api.batch_signing import AT_ONCE, sign_all
from api.desk import Desk
from api.web import render, unit_panel
from casework import deadlines, lifecycle, requests, rules, unit_work
from casework.actors import UNIT_ROLES
from casework.errors import NotAllowed
from casework.reading import Reader
from casework.supervision_tables import SupervisionOrder
from casework.tables import Case
from casework.unit_work import News, Work

router = APIRouter()
PAGE = 30
VIEWS = {
    "": "在办",
    "today": "今日到期",
    "overdue": "逾期",
    "sign": "待签收",
    "doing": "办理中",
    "asked": "待审批",
    "co": "协办",
    "suspended": "挂账",
}
"""What the work is narrowed to, in the words of the page (``unit_work.VIEWS``)."""
NOTHING = {
    "": "现在没有待办的办件。",
    "today": "今天没有到期的办件。",
    "overdue": "没有逾期的办件。",
    "sign": "没有待签收的办件。",
    "doing": "没有正在办理的办件。",
    "asked": "没有等待审批的申请。",
    "co": "没有协办的办件。",
    "suspended": "没有挂账的办件。",
}


@router.get("/todo")
async def todo(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    show: Annotated[str, Query(max_length=10)] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """A unit's own work: what is due first stands first; ``after`` is how many were shown before."""
    show, wanted = (show if show in VIEWS else ""), q.strip()
    filters = {name: value for name, value in (("show", show), ("q", wanted)) if value}

    def read() -> HTMLResponse:
        now = desk.now()
        with desk.database.read() as session:
            work = unit_work.look(session, desk.district, who.actor, now=now, words=wanted)
            lines = work.of(show)
            keys = [line.case_id for line in lines[after : after + PAGE]]
            news = unit_work.news(session, desk.district, who.actor, now=now) if not filters and not after else None
            return render.page(
                request,
                "todo.html",
                who,
                rows=_rows(session, desk, Reader(desk.district, who.actor), work, keys),
                counts=work.counts(),
                total=len(lines),
                views=VIEWS,
                show=show,
                nothing=NOTHING[show],
                q=wanted,
                filters=filters,
                next=after + PAGE if len(lines) > after + PAGE else 0,
                paged=after > 0,
                news=news,
                happened=_happened(session, Reader(desk.district, who.actor), news),
                signs=who.actor.role in UNIT_ROLES,
            )

    return await run_in_threadpool(read)


def _rows(session: Session, desk: Desk, reader: Reader, work: Work, keys: list[str]) -> list[dict[str, Any]]:
    lines = {line.case_id: line for line in work.lines}
    orders = unit_work.orders_on(session, keys)
    to_sign = {line.case_id for line in work.of("sign")}
    return [
        _row(session, desk, reader, case, orders.get(case.id))
        | {"leads": lines[case.id].leads, "signs": case.id in to_sign}
        | (_returns(session, desk, reader, case) if case.id in to_sign else {})
        for case in unit_work.cases(session, keys)
    ]


def _returns(session: Session, desk: Desk, reader: Reader, case: Case) -> dict[str, bool]:
    """Whether the case can be given back, and whether signing is the end of that."""
    kinds = requests.open_kinds(session, desk.district, case, reader.actor, now=desk.now())
    moves = lifecycle.case_moves(session, desk.district, case, reader.actor)
    return {
        "returns": any(kind.name == unit_panel.RETURN for kind in kinds),
        "returns_until_signed": unit_panel.returns_until_signed(kinds, moves),
    }


def _row(session: Session, desk: Desk, reader: Reader, case: Case, order: SupervisionOrder | None) -> dict[str, Any]:
    book = rules.of(session, desk.district, case)
    clock = deadlines.binding(case)
    contact = deadlines.running(case, "contact")
    pending = [requests.kind_of(book.workflow, each.kind).label for each in case.requests if each.state == "pending"]
    return {
        "case": case,
        "title": reader.title(case),
        "clock": deadlines.view(book, case, clock, now=desk.now()) if clock else None,
        "state": book.workflow.case.states[case.state],
        "lead": desk.district.units.get(case.lead_unit).name if case.lead_unit else "",
        "urged": sum(ticket.urgings for ticket in case.tickets),
        "order": order,
        "pending": pending,
        "silent": [
            desk.district.units.get(part.unit).name
            for part in case.units
            if part.part == "co" and part.answered_at is None and case.state != unit_work.SUSPENDED
        ],
        "to_contact": contact is not None,
    }


def _happened(session: Session, reader: Reader, news: News | None) -> list[dict[str, Any]]:
    """The lines of what came, with the case that each came to."""
    if news is None:
        return []
    keys = list(dict.fromkeys(step.case_id for step, _ in news.steps if step.case_id))
    known = {case.id: case for case in unit_work.cases(session, keys)}
    return [
        {"at": step.at, "kind": kind, "number": case.number, "title": reader.title(case)}
        for step, kind in news.steps
        if (case := known.get(step.case_id or "")) is not None
    ]


@router.post("/todo/seen")
async def seen(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """What came up to now was seen."""
    if who.actor.role not in UNIT_ROLES:
        raise NotAllowed("查看动态", "由承办单位人员查看")

    def work() -> None:
        with desk.database.write.begin() as session:
            unit_work.seen(session, who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/todo", 303)


@router.post("/todo/sign")
async def sign(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    case: Annotated[list[str] | None, Form(max_length=AT_ONCE)] = None,
) -> Response:
    """Sign the chosen cases; the answer names what became of each."""
    if who.actor.role not in UNIT_ROLES:
        raise NotAllowed("签收", "由承办单位签收")

    def work() -> Response:
        return render.page(request, "signed.html", who, outcomes=sign_all(desk, case or (), who.actor))

    return await run_in_threadpool(work)
