"""The door of the identity provider: out to it, back from it, and out of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import BadCredentials, NotFound, sentence
from api.oidc import MINUTES, Provider
from api.sign_in_problems import ProviderAway, ProviderRefused
from api.signing_in import Entered, go_on, place_of
from api.web import entrance
from api.web.own_site import inside

router = APIRouter(prefix="/login/oidc")
COOKIE = "yingsheng_oidc"
Word = Annotated[str, Query(max_length=4000)]


def _provider(desk: Desk) -> Provider:
    if not desk.settings.oidc_issuer:
        raise NotFound("没有启用统一身份认证，请用密码登录")
    return desk.provider


@router.get("")
async def out(request: Request, desk: CurrentDesk, next: str = "") -> Response:  # noqa: A002
    """To the provider."""
    provider = _provider(desk)
    try:
        address, cookie = await run_in_threadpool(provider.begin, inside(next))
    except ProviderAway as problem:
        return entrance.refused(request, desk, sentence(problem), 503)
    answer = RedirectResponse(address, 303, headers={"cache-control": "no-store"})
    answer.set_cookie(
        COOKIE,
        cookie,
        max_age=MINUTES * 60,
        path="/login/oidc",
        httponly=True,
        samesite="lax",  # strict would keep it back: the browser comes from the provider's site
        secure=desk.settings.secure_cookies,
    )
    return answer


@router.get("/callback")
async def back(
    request: Request,
    desk: CurrentDesk,
    code: Word = "",
    state: Word = "",
    error: Word = "",
    iss: Annotated[str | None, Query(max_length=400)] = None,
) -> Response:
    """From the provider: a session, the code of an authenticator app, or the entrance with what is wrong."""
    provider = _provider(desk)
    given = {"code": code, "state": state, "error": error} | ({"iss": iss} if iss is not None else {})

    def work() -> tuple[Entered, str]:
        user, target = provider.finish(request.cookies.get(COOKIE, ""), given)
        return go_on(desk, user, place_of(request), "oidc"), target

    try:
        entered, target = await run_in_threadpool(work)
    except (ProviderRefused, ProviderAway, BadCredentials) as problem:
        status = 503 if isinstance(problem, ProviderAway) else 401
        answer = entrance.refused(request, desk, sentence(problem), status)
    else:
        answer = entrance.admitted(desk, entered, target)
    answer.delete_cookie(COOKIE, path="/login/oidc")
    return answer


@router.get("/out")
async def sign_out(request: Request, desk: CurrentDesk) -> Response:
    """Out of the provider too; the desk's own session ended before."""
    provider = _provider(desk)
    try:
        address = await run_in_threadpool(provider.way_out)
    except (ProviderAway, ProviderRefused) as problem:
        return entrance.refused(request, desk, sentence(problem), 503)
    if not address:
        return entrance.refused(request, desk, "统一身份认证没有提供退出，请关闭浏览器", 200)
    return RedirectResponse(address, 303)
