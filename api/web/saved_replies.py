"""答复模板 that a unit keeps for itself: the list, one more, one less."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.web import render
from casework import unit_answers
from casework.actors import UNIT_ROLES
from casework.errors import NotAllowed

router = APIRouter(prefix="/saved-replies")


@router.get("")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The unit's own and the district's."""
    if who.actor.role not in UNIT_ROLES:
        raise NotAllowed(unit_answers.WHAT, "由承办单位人员查看")

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows = unit_answers.saved(session, desk.district, who.actor)
            return render.page(request, "saved_replies.html", who, rows=rows, forms=desk.district.answer_forms)

    return await run_in_threadpool(read)


@router.post("")
async def save(
    desk: CurrentDesk,
    who: CurrentVisitor,
    name: Annotated[str, Form(max_length=30)],
    text: Annotated[str, Form(max_length=2000)],
) -> Response:
    """Keep one more."""

    def work() -> None:
        with desk.database.write.begin() as session:
            unit_answers.save(session, desk.district, name, text, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/saved-replies", 303)


@router.post("/{key}/remove")
async def remove(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Keep one no longer."""

    def work() -> None:
        with desk.database.write.begin() as session:
            unit_answers.remove(session, desk.district, key, actor=who.actor)

    await run_in_threadpool(work)
    return RedirectResponse("/saved-replies", 303)
