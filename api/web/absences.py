"""The page of absences (请假代理): one's own, one's unit's, and for whom one stands in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import sentence
from api.web import render
from casework import absences
from casework.errors import CaseworkError, NotAllowed
from casework.staff import ROLES
from storage.errors import UnknownRow

router = APIRouter(prefix="/absences")
DONE = {"entered": "已登记请假", "ended": "已销假"}


@router.get("")
async def list_(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, done: Annotated[str, Query(max_length=12)] = ""
) -> Response:
    """What runs or is to come, and the form."""
    return await run_in_threadpool(_page, request, desk, who, done=DONE.get(done, ""))


def _page(request: Request, desk: Desk, who: Visitor, *, done: str = "", problem: str = "") -> HTMLResponse:
    now = desk.now()
    with desk.database.read() as session:
        rows = absences.listed(session, desk.district, who.actor, now=now)
        people = absences.candidates(session, desk.district, who.actor)
        standing = absences.standing_in(session, who.actor, now=now)
        return render.page(
            request,
            "absences.html",
            who,
            422 if problem else 200,
            rows=[(row, row.in_force(now)) for row in rows],
            people=people,
            standing=standing,
            roles={str(role): label for role, label in ROLES.items()},
            done=done,
            problem=problem,
        )


@router.post("")
async def enter(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    login: Annotated[str, Form(max_length=60)],
    stand_in: Annotated[str, Form(max_length=60)],
    starts: Annotated[datetime, Form()],
    ends: Annotated[datetime, Form()],
    reason: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Enter an absence; or the page again with what is wrong."""

    def work() -> Response:
        zone = desk.district.calendars.zone
        try:
            with desk.database.write.begin() as session:
                absences.enter(
                    session,
                    desk.district,
                    login,
                    stand_in,
                    starts=starts if starts.tzinfo else starts.replace(tzinfo=zone),
                    ends=ends if ends.tzinfo else ends.replace(tzinfo=zone),
                    actor=who.actor,
                    now=desk.now(),
                    reason=reason,
                )
        except NotAllowed:
            raise
        except (CaseworkError, UnknownRow) as problem:
            return _page(request, desk, who, problem=sentence(problem))
        return RedirectResponse("/absences?done=entered", 303)

    return await run_in_threadpool(work)


@router.post("/{key}/end")
async def end(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """销假."""

    def work() -> None:
        with desk.database.write.begin() as session:
            absences.end(session, desk.district, key, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/absences?done=ended", 303)
