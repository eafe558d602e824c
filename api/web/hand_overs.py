"""The page of hand-overs (移交): open work of a unit or a member of staff, handed over, given back the same day."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import sentence
from api.web import render
from casework import hand_over, unit_handovers
from casework.dispatch import find_unit
from casework.errors import CaseworkError, NotAllowed
from casework.reading import Reader
from casework.tables import Case
from storage.errors import UnknownRow
from storage.identity import find_user

router = APIRouter(prefix="/hand-overs")
SHOWN = 500
PARTS = {"lead": "主办", "co": "协办", "proposed": "待派（建议）"}


@router.get("")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    unit: Annotated[str, Query(max_length=60)] = "",
    login: Annotated[str, Query(max_length=60)] = "",
    done: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The choice of a unit or a login, what it has open, the latest hand-overs, and changes of units to carry out."""
    return await run_in_threadpool(_page, request, desk, who, unit=unit, login=login, done=done)


def _page(
    request: Request, desk: Desk, who: Visitor, *, unit: str = "", login: str = "", done: int = 0, problem: str = ""
) -> HTMLResponse:
    district, now = desk.district, desk.now()
    with desk.database.read() as session:
        rows = hand_over.listed(session, who.actor)
        code, cases = "", list[Case]()
        try:
            code, cases = _open_work(session, desk, unit, login)
        except (CaseworkError, UnknownRow) as wrong:
            problem = problem or sentence(wrong)
        reader = Reader(district, who.actor)
        names = {each.code: each.name for each in district.units}
        values: dict[str, Any] = {
            "made": [(row, len(row.cases), hand_over.may_undo(district, row, now=now)) for row in rows],
            "due": unit_handovers.due(session, district, now=now),
            "cases": [(case, reader.title(case), hand_over.part_of(case, code)) for case in cases[:SHOWN]],
            "total": len(cases),
            "shown": SHOWN,
            "code": code,
            "names": names,
            "unit": unit,
            "login": login,
            "parts": PARTS,
            "states": district.workflow.case.states,
            "may": who.actor.role in hand_over.HANDS_OVER,
            "done": done,
            "problem": problem,
        }
        return render.page(request, "hand_overs.html", who, 422 if problem else 200, **values)


def _open_work(session: Session, desk: Desk, unit: str, login: str) -> tuple[str, list[Case]]:
    if login.strip():
        user = find_user(session, login.strip())
        return user.unit, hand_over.open_work_of(session, desk.district, user)
    if unit.strip():
        code = find_unit(desk.district, unit, "单位")
        return code, hand_over.open_work(session, desk.district, code)
    return "", []


@router.post("")
async def make(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    source: Annotated[str, Form(max_length=60)],
    target: Annotated[str, Form(max_length=60)],
    reason: Annotated[str, Form(max_length=500)],
    which: Annotated[Literal["all", "chosen"], Form()] = "chosen",
    numbers: Annotated[list[str] | None, Form()] = None,
    login: Annotated[str, Form(max_length=60)] = "",
) -> Response:
    """Hand over; or the page again with what is wrong."""

    def work() -> Response:
        wanted = None if which == "all" and not login else numbers or []
        try:
            with desk.database.write.begin() as session:
                made = hand_over.hand_over(
                    session,
                    desk.district,
                    source,
                    target,
                    actor=who.actor,
                    now=desk.now(),
                    reason=reason,
                    numbers=wanted,
                )
                session.refresh(made)
                done = len(made.cases)
        except NotAllowed:
            raise
        except CaseworkError as problem:
            return _page(request, desk, who, unit="" if login else source, login=login, problem=sentence(problem))
        return RedirectResponse(f"/hand-overs?done={done}", 303)

    return await run_in_threadpool(work)


@router.post("/unit-changes")
async def apply(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Carry out what changes of units left open."""

    def work() -> int:
        with desk.database.write.begin() as session:
            made = unit_handovers.apply(session, desk.district, actor=who.actor, now=desk.now())
            return len(made)

    await run_in_threadpool(work)
    return RedirectResponse("/hand-overs", 303)


@router.post("/{key}/undo")
async def undo(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Give back, on the day of the hand-over."""

    def work() -> None:
        with desk.database.write.begin() as session:
            hand_over.undo(session, desk.district, key, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/hand-overs", 303)
