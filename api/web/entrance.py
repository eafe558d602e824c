"""Sign in, sign out, and the way to each role's first page."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api.auth import COOKIE, CurrentDesk, CurrentVisitor, Visitor, maybe_visitor
from api.desk import Desk
from api.errors import BadCredentials, Forbidden, NotFound, NotSignedIn, sentence
from api.secret_box import CannotUnseal
from api.setting_up import DEMO_PASSWORD, DEMO_USERS
from api.sign_in_problems import WrongCode
from api.signing_in import Entered, begin, finish, place_of, sign_out
from api.web import navigation, render
from api.web.own_site import OWN_PAGES, inside
from district.units import UnitNotMeant
from storage.identity import SESSION_LENGTH
from storage.second_factor import HALF_LENGTH

router = APIRouter(dependencies=OWN_PAGES)
HALF = "yingsheng_half"
"""The cookie between password and code."""
OF_THE_DESK = frozenset({"community", "desk"})
"""Kinds of unit without demo users of their own: a community's cases are its street's."""


@router.get("/")
async def root(found: Annotated[Visitor | None, Depends(maybe_visitor)]) -> Response:
    """To the first page of the role, or to the entrance."""
    return RedirectResponse(navigation.start(found.actor) if found else "/login", 303)


@router.get("/login")
async def entrance(
    request: Request,
    desk: CurrentDesk,
    next: str = "",  # noqa: A002  (the address's own word)
    out: bool = False,  # noqa: FBT001, FBT002  (a word of the address)
) -> Response:
    """The form; ``out``: somebody has just left who came by the identity provider."""
    return _form(request, desk, next=inside(next), out=out)


def _form(request: Request, desk: Desk, status: int = 200, **values: Any) -> Response:
    given: dict[str, Any] = {"next": "", "problem": "", "login": "", "unit": "", "out": False}
    provider = desk.settings.oidc_name if desk.settings.oidc_issuer else ""
    return render.page(request, "login.html", None, status, **(given | values), provider=provider, **_demo(desk))


def refused(request: Request, desk: Desk, problem: str, status: int) -> Response:
    """The entrance with what is wrong."""
    return _form(request, desk, status, problem=problem)


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
    """The demo user of a unit as it was typed; a community's is its street's."""
    try:
        unit = desk.district.units.typed(words)
    except UnitNotMeant as problem:
        raise NotFound(problem.sentence("承办单位")) from problem
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
    try:
        name = _unit_login(desk, role, unit) if unit and desk.settings.demo else login.strip()
        entered = await run_in_threadpool(begin, desk, name, password, place_of(request))
    except (BadCredentials, Forbidden, NotFound) as problem:
        words = "用户名或密码不正确" if isinstance(problem, BadCredentials) else problem.what
        return _form(request, desk, 401, next=inside(next), problem=words, login=login, unit=unit)
    return admitted(desk, entered, next)


def admitted(desk: Desk, entered: Entered, target: str) -> Response:
    """On to the page that was asked for, with the session's cookie; or to the code, where one is to come."""
    if entered.half:
        answer = RedirectResponse(f"/login/code?{urlencode({'next': inside(target)})}", 303)
        _put(desk, answer, HALF, entered.token, HALF_LENGTH, path="/login")
        return answer
    answer = RedirectResponse(inside(target) or "/", 303)
    _put(desk, answer, COOKIE, entered.token, SESSION_LENGTH)
    answer.delete_cookie(HALF, path="/login")
    return answer


def _put(desk: Desk, answer: Response, name: str, token: str, age: timedelta, path: str = "/") -> None:
    answer.set_cookie(
        name,
        token,
        max_age=int(age.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure_cookies,
    )


@router.get("/login/code")
async def ask_code(request: Request, next: str = "") -> Response:  # noqa: A002
    """The form of the second step; without a first one, the entrance."""
    if HALF not in request.cookies:
        return RedirectResponse("/login", 303)
    return render.page(request, "login_code.html", None, next=inside(next), problem="")


@router.post("/login/code")
async def give_code(
    request: Request,
    desk: CurrentDesk,
    otp: Annotated[str, Form(max_length=40)],
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> Response:
    """Sign in by the code; after too many wrong ones the password is asked again."""
    half = request.cookies.get(HALF, "")
    try:
        token = await run_in_threadpool(finish, desk, half, otp, place_of(request))
    except NotSignedIn:
        answer = RedirectResponse(f"/login?{urlencode({'next': inside(next)})}", 303)
        answer.delete_cookie(HALF, path="/login")
        return answer
    except (WrongCode, Forbidden, CannotUnseal) as problem:
        values = {"next": inside(next), "problem": sentence(problem)}
        return render.page(request, "login_code.html", None, 401, **values)
    return admitted(desk, Entered(token), next)


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
    way = await run_in_threadpool(sign_out, desk, request)
    answer = RedirectResponse("/login?out=true" if way == "oidc" and desk.settings.oidc_issuer else "/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
