"""Sign in, sign out, and the way to each role's first page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api.auth import COOKIE, CurrentDesk, CurrentVisitor, Visitor, maybe_visitor
from api.errors import BadCredentials, Forbidden
from api.setting_up import DEMO_PASSWORD, DEMO_USERS
from api.signing_in import sign_in, sign_out
from api.web import navigation, render
from storage.identity import SESSION_LENGTH

router = APIRouter()


def _inside(target: str) -> str:
    """A path of this desk, never another host's."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else ""


@router.get("/")
async def root(found: Annotated[Visitor | None, Depends(maybe_visitor)]) -> Response:
    """To the first page of the role, or to the entrance."""
    return RedirectResponse(navigation.start(found.actor) if found else "/login", 303)


@router.get("/login")
async def entrance(request: Request, next: str = "") -> Response:  # noqa: A002  (the address's own word)
    """The form."""
    return render.page(request, "login.html", None, next=_inside(next), problem="", login="", **_demo(request))


def _demo(request: Request) -> dict[str, Any]:
    if not request.app.state.desk.settings.demo:
        return {"users": [], "password": ""}
    units = [("officer-U001", "承办人（区城市管理委）"), ("lead-U001", "负责人（区城市管理委）")]
    return {"users": [(login, name) for login, name, _, _ in DEMO_USERS] + units, "password": DEMO_PASSWORD}


@router.post("/login")
async def enter(
    request: Request,
    desk: CurrentDesk,
    login: Annotated[str, Form(max_length=60)],
    password: Annotated[str, Form(max_length=200)],
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Sign in and go on."""
    address = request.client.host if request.client else ""
    try:
        token = await run_in_threadpool(sign_in, desk, login.strip(), password, address)
    except (BadCredentials, Forbidden) as problem:
        words = problem.what if isinstance(problem, Forbidden) else "用户名或密码不正确"
        return render.page(
            request, "login.html", None, 401, next=_inside(next), problem=words, login=login, **_demo(request)
        )
    answer = RedirectResponse(_inside(next) or "/", 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure_cookies,
    )
    return answer


@router.post("/logout")
async def leave(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Sign out."""
    del who
    await run_in_threadpool(sign_out, desk, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
