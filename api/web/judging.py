"""审批: what waits for the reader's decision, each with what it rests on, and the decision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import case_files
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import judged, render, reply_check
from api.web.own_site import inside
from casework import deadlines, open_requests, requests, rules, tickets
from casework.case_files import OPENED_BY
from casework.reading import Reader
from casework.tables import Request as Asked
from district.pack import District

router = APIRouter()
DECIDED_AT_ONCE = 25
"""Requests of one page: each answer among them is looked over (答复体检)."""
VERDICTS = {"pending": "待审批", "approved": "同意", "refused": "不同意", "lapsed": "已失效", "withdrawn": "已撤回"}


@router.get("/requests")
async def pending(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    kind: Annotated[str, Query(max_length=30)] = "",
    after: Annotated[int, Query(ge=0)] = 0,
    decided: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What waits for this reader's decision, the oldest first.

    ``after`` is how many were shown before, ``decided`` what he just decided.
    """

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            found = requests.queue(session, desk.district, who.actor, now=desk.now())
            choices = sorted({each.kind for each in found})
            rows = [each for each in found if kind in ("", each.kind)]
            return render.page(
                request,
                "requests.html",
                who,
                rows=told(session, desk, Reader(desk.district, who.actor), rows[after : after + DECIDED_AT_ONCE]),
                total=len(rows),
                labels={each.name: each.label for each in desk.district.workflow.requests},
                kind=kind,
                choices=choices,
                units=[unit for unit in desk.district.units if unit.kind != "community"],
                next=after + DECIDED_AT_ONCE if len(rows) > after + DECIDED_AT_ONCE else 0,
                paged=after > 0,
                verdicts=VERDICTS,
                just_decided=judged.of(session, desk, who, decided),
                back=f"/requests?kind={kind}" if kind in choices else "/requests",
            )

    return await run_in_threadpool(read)


def told(session: Session, desk: Desk, reader: Reader, found: Sequence[Asked]) -> list[dict[str, Any]]:
    """Each request with what it rests on: the matter, both clauses, files, earlier requests, the clock that binds."""
    return [_told(session, desk, reader, each) for each in found]


def _told(session: Session, desk: Desk, reader: Reader, asked: Asked) -> dict[str, Any]:
    case, district = asked.case, desk.district
    book = rules.of(session, district, case)
    kind = requests.kind_of(book.workflow, asked.kind)
    clock = deadlines.running(case, kind.extends) if kind.extends else deadlines.binding(case)
    first = case.tickets[0] if case.tickets else None
    files = case_files.listed(session, reader, case)
    return {
        "request": asked,
        "kind": kind,
        "title": reader.title(case),
        "say": reader.record(case).text,
        "extended": open_requests.if_approved(session, district, case, kind),
        "lapsing": open_requests.lapsing(book.workflow, case),
        "reply": reply_check.of_request(desk, reader, asked),
        "text": reader.listed(first).text(first.text)[:400] if first is not None else "",
        "clause": _clause(district, asked.directory_line),
        "clock": deadlines.view(book, case, clock, now=desk.now()) if clock is not None else None,
        "files": [file for file in files if file["request"] == asked.id],
        "opens": reader.actor.role in OPENED_BY,
        "lead": district.units.name_of(case.lead_unit),
        "earlier": [
            (requests.kind_of(book.workflow, each.kind).label, each) for each in case.requests if each.id != asked.id
        ],
        "mine": asked.asked_by != reader.actor.id,
    }


def _clause(district: District, number: str) -> dict[str, str]:
    """A line of the directory, and the unit that it names."""
    line = next((each for each in district.directory if each.line == number), None)
    if line is None:
        return {}
    lead = district.units.name_of(line.lead) or "属地街道、社区"
    return {"line": line.line, "clause": line.clause, "lead": lead}


@router.post("/requests/{key}/withdraw")
async def withdraw(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Its asker takes it back."""

    def run() -> str:
        with desk.database.write.begin() as session:
            found = requests.get(session, key)
            case = tickets.get_case(session, desk.district, found.case_id, who.actor)
            open_requests.withdraw(session, desk.district, found, actor=who.actor, now=desk.now())
            return case.number

    return RedirectResponse(f"/cases/{await run_in_threadpool(run)}", 303)


@router.post("/requests/{key}/decide")
async def decide(
    key: str,
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    verdict: Annotated[str, Form(pattern="^(approve|refuse)$")],
    text: Annotated[str, Form(max_length=2000)] = "",
    answer: Annotated[str, Form(max_length=5000)] = "",
    despite: Annotated[str, Form(max_length=500)] = "",
    unit: Annotated[str, Form(max_length=60)] = "",
    back: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Approve or refuse; ``answer`` is a text as its approver changed it, ``unit`` goes before the proposed one."""
    if verdict == "approve":
        form = {"verdict": verdict, "text": text, "answer": answer, "despite": despite, "back": back}
        find = reply_check.approving(desk, who, key, answer)
        if (again := await reply_check.ask_again(request, desk, who, find, form)) is not None:
            return again

    def run() -> str:
        with desk.database.write.begin() as session:
            found: Asked = requests.get(session, key)
            case = tickets.get_case(session, desk.district, found.case_id, who.actor)
            requests.decide(
                session,
                desk.district,
                found,
                approve=verdict == "approve",
                actor=who.actor,
                now=desk.now(),
                text=text.strip(),
                changed=answer.strip() if verdict == "approve" else "",
                unit=unit.strip(),
            )
            return case.number

    number = await run_in_threadpool(run)
    return RedirectResponse(judged.leading_back(inside(back) or f"/cases/{number}", key), 303)
