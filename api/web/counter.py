"""窗口登记: one visit, on the form that calls are registered on. Sheets of many are ``counter_sheet``'s."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.auth import CurrentDesk, CurrentVisitor
from api.web.register_form import CurrentForm, blank
from api.web.registering import COUNTER, page, piece, taken
from casework.registering import check_registrar

router = APIRouter()


@router.get("/counter")
async def ask(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """An empty form."""
    check_registrar(who.actor)
    return await run_in_threadpool(page, request, desk, who, COUNTER, blank())


@router.post("/counter/look")
async def look(request: Request, desk: CurrentDesk, who: CurrentVisitor, filled: CurrentForm) -> Response:
    """What stands beside the form, for what is typed by now."""
    check_registrar(who.actor)
    return await run_in_threadpool(piece, request, desk, who, COUNTER, filled)


@router.post("/counter")
async def save(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    filled: CurrentForm,
    act: Annotated[str, Form(max_length=10)] = "save",
) -> Response:
    """Register it, or (``act`` look) show the form again with what was found."""
    check_registrar(who.actor)
    return await run_in_threadpool(taken, request, desk, who, COUNTER, filled, act)
