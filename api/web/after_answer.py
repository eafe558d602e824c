"""The resident's own acts on his page: big buttons for his verdict, asking for reopening, reporting once more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api import after_answer
from api.auth import CurrentDesk
from casework.actors import CallbackResult
from district.questionnaire import Satisfaction

router = APIRouter()
TOLD = {"yes": True, "no": False, "": None}


def _brake(desk: CurrentDesk, request: Request) -> None:
    after_answer.count(desk, request.client.host if request.client else "")


@router.post("/q/{code}/verdict")
async def judge(
    code: str,
    request: Request,
    desk: CurrentDesk,
    resolved: Annotated[str, Form(pattern="^(yes|no)$")],
    satisfaction: Annotated[Satisfaction, Form()],
    contacted: Annotated[str, Form(pattern="^(yes|no|)$")] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """His verdict."""
    _brake(desk, request)
    result = CallbackResult(True, TOLD[contacted], TOLD[resolved], satisfaction, text.strip())
    await run_in_threadpool(after_answer.judge, desk, code, result)
    return RedirectResponse(f"/q/{code}", 303)


@router.post("/q/{code}/reopen")
async def reopen(
    code: str, request: Request, desk: CurrentDesk, text: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """He asks that it be taken up again."""
    _brake(desk, request)
    await run_in_threadpool(after_answer.reopen, desk, code, text)
    return RedirectResponse(f"/q/{code}", 303)


@router.post("/q/{code}/again")
async def again(
    code: str,
    request: Request,
    desk: CurrentDesk,
    key: Annotated[str, Form(max_length=60)],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Once more, after the old one; his new page is shown."""
    _brake(desk, request)
    ticket = await run_in_threadpool(lambda: after_answer.again(desk, code, text, key=key))
    return RedirectResponse(f"/q/{ticket.code}", 303)
