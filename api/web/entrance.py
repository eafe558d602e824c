"""Sign in, sign out, and the way to each role's first page."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.auth import COOKIE, CurrentDesk, CurrentVisitor, Visitor, maybe_visitor
from api.desk import Desk
from api.errors import BadCredentials, Forbidden, NotFound
from api.setting_up import DEMO_PASSWORD, DEMO_USERS
from api.signing_in import sign_in, sign_out
from api.web import navigation, render
from storage.identity import SESSION_LENGTH

router = APIRouter()
OF_THE_DESK = frozenset({"community", "desk"})
"""Kinds of unit without demo users of their own: a community's cases are its street's."""


def inside(target: str) -> str:
    """A path of this desk, never another host's."""
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else ""


@router.get("/")
async def root(found: Annotated[Visitor | None, Depends(maybe_visitor)]) -> Response:
    """To the first page of the role, or to the entrance."""
    return RedirectResponse(navigation.start(found.actor) if found else "/login", 303)


@router.get("/login")
async def entrance(request: Request, desk: CurrentDesk, next: str = "") -> Response:  # noqa: A002  (the address's own word)
    """The form."""
    return render.page(request, "login.html", None, next=inside(next), problem="", login="", unit="", **_demo(desk))


def _demo(desk: Desk) -> dict[str, Any]:
    """In demo mode, whom one can be at a click: each role of the desk, and officer or lead of any unit."""
    if not desk.settings.demo:
        return {"users": [], "units": [], "password": ""}
    units = [each for each in desk.district.units if each.kind not in OF_THE_DESK]
    return {
        "users": [(login, name) for login, name, _, _ in DEMO_USERS],
        "units": units,
        "password": DEMO_PASSWORD,
    }


def _unit_login(desk: Desk, role: str, words: str) -> str:
    """The demo user of a unit given by code, name, short name or a part of its name; a community's is its street's."""
    text = words.strip()
    found = [each for each in desk.district.units if text in (each.code, each.name, each.short_name)]
    found = found or [each for each in desk.district.units if each.kind not in OF_THE_DESK and text in each.name]
    if len(found) != 1:
        many = f"有 {len(found)} 个承办单位叫“{text}”" if found and text else f"没有承办单位“{text}”"
        raise NotFound(f"{many}，请从列表中选一个")
    [unit] = found
    return f"{role}-{unit.parent if unit.kind in OF_THE_DESK and unit.parent else unit.code}"


@router.post("/login")
async def enter(
    request: Request,
    desk: CurrentDesk,
    password: Annotated[str, Form(max_length=200)],
    login: Annotated[str, Form(max_length=60)] = "",
    unit: Annotated[str, Form(max_length=60)] = "",
    role: Annotated[str, Form(pattern="^(lead|officer)$")] = "lead",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Sign in and go on; ``unit`` with ``role`` in place of a login is the demo's."""
    address = request.client.host if request.client else ""
    try:
        name = _unit_login(desk, role, unit) if unit and desk.settings.demo else login.strip()
        token = await run_in_threadpool(sign_in, desk, name, password, address)
    except (BadCredentials, Forbidden, NotFound) as problem:
        words = "用户名或密码不正确" if isinstance(problem, BadCredentials) else problem.what
        values = {"next": inside(next), "problem": words, "login": login, "unit": unit}
        return render.page(request, "login.html", None, 401, **values, **_demo(desk))
    answer = RedirectResponse(inside(next) or "/", 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(SESSION_LENGTH.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure_cookies,
    )
    return answer


@router.get("/session")
async def session(who: CurrentVisitor) -> Response:
    """Who is signed in, and the token that his forms carry: for a page whose sign-in was over and is another now."""
    held = {"user": who.actor.id, "name": who.actor.name, "csrf": who.csrf}
    return JSONResponse(held, headers={"cache-control": "no-store"})


@router.get("/signed-in")
async def signed_in(request: Request, who: CurrentVisitor) -> Response:
    """Where a sign-in in a window of its own ends; the page that waits for it goes on."""
    return render.page(request, "signed_in.html", who)


@router.post("/logout")
async def leave(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Sign out."""
    del who
    await run_in_threadpool(sign_out, desk, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
