"""The page on which a member of staff sets his own password; whoever was given a one-time password comes here first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api import passwords
from api.auth import CurrentDesk, CurrentVisitor
from api.errors import Forbidden, UnfitPassword, sentence
from api.web import render

router = APIRouter(prefix="/password")


@router.get("")
async def ask(request: Request, who: CurrentVisitor) -> Response:
    """The form."""
    return render.page(request, "password.html", who, problem="", shortest=passwords.MIN_LENGTH)


@router.post("")
async def change(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    current: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=200)],
    again: Annotated[str, Form(max_length=200)],
) -> Response:
    """Set it, and on to the role's first page; or the form again with what is wrong."""
    try:
        if password != again:
            raise UnfitPassword("两次输入的新密码不一致")
        await run_in_threadpool(passwords.change, desk, request, who, current, password)
    except (UnfitPassword, Forbidden) as problem:
        values = {"problem": sentence(problem), "shortest": passwords.MIN_LENGTH}
        return render.page(request, "password.html", who, 422, **values)
    return RedirectResponse("/", 303)
