"""跟踪台: what a supervisor has to see to, with its reason and its clock."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import follow_up_views
from api.auth import CurrentDesk, CurrentVisitor
from api.web import render
from casework import follow_up
from casework.follow_up import Chosen, Show
from casework.follow_up_signs import REASONS
from casework.reading import Reader

router = APIRouter()
PAGE = 50
SHOWS: dict[Show, str] = {"open": "待跟进", "followed": "已跟进"}


@router.get("/follow-up")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    reason: Annotated[str, Query(max_length=12)] = "",
    unit: Annotated[str, Query(max_length=10)] = "",
    show: Show = "open",
    after: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The gravest reason first, then what waits longest."""
    follow_up.check_may_see(who.actor)

    def read() -> HTMLResponse:
        chosen = Chosen(reason, unit, show)
        with desk.database.read() as session:
            found = follow_up.listing(
                session, desk.district, who.actor, chosen, now=desk.now(), after=after, limit=PAGE
            )
            reader = Reader(desk.district, who.actor)
            given = {"reason": reason, "unit": unit, "show": show if show != "open" else ""}
            return render.page(
                request,
                "follow_up.html",
                who,
                rows=[follow_up_views.shown(session, desk, reader, line) for line in found.lines],
                found=found,
                reasons=REASONS,
                shows=SHOWS,
                show=show,
                reason=reason,
                unit=unit,
                filters={name: value for name, value in given.items() if value},
                paged=bool(after),
                units=[
                    (each.code, each.name) for each in desk.district.units if each.kind not in ("community", "desk")
                ],
                may_follow=who.actor.role in follow_up.FOLLOWS,
            )

    return await run_in_threadpool(read)


@router.post("/follow-up/{subject}/followed")
async def followed(
    subject: str, desk: CurrentDesk, who: CurrentVisitor, word: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """A line was seen to."""

    def work() -> None:
        with desk.database.write.begin() as session:
            follow_up.follow(session, desk.district, subject, word=word, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/follow-up", 303)


@router.post("/follow-up/{subject}/undo")
async def undo(subject: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """It was not seen to after all."""

    def work() -> None:
        with desk.database.write.begin() as session:
            follow_up.take_back(session, desk.district, subject, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/follow-up?show=followed", 303)
