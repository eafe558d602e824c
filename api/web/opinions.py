"""意见征集, for residents: what is asked, their answer, and afterwards what came of it. No sign-in.

One answer for each signed link that the district sent, or for each browser; a browser that keeps no cookie is held back
by the captcha alone (``api.gate``).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentDesk
from api.desk import Desk
from api.web import render
from api.web.captchas import Counted
from api.web.own_site import OWN_PAGES
from casework import opinions
from casework.opinion_tables import Consultation
from casework.opinions import Answer
from casework.self_service_errors import AnsweredBefore, UnfitOpinion

router = APIRouter(prefix="/opinions", dependencies=OWN_PAGES)
COOKIE = "yingsheng_browser"
A_YEAR = 365 * 24 * 3600
LINK = "opinion"
Token = Annotated[str, Query(alias="t", max_length=300)]


@router.get("")
async def list_(request: Request, desk: CurrentDesk) -> Response:
    """What is asked now, and what was."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            going_on, past = opinions.public(session, now=desk.now())
            return render.page(request, "opinions.html", None, going_on=going_on, past=past)

    return await run_in_threadpool(read)


@router.get("/{number}")
async def show(
    number: str,
    request: Request,
    desk: CurrentDesk,
    token: Token = "",
    thanks: Annotated[str, Query(max_length=1)] = "",
) -> Response:
    """One of them, with the form while it takes answers, and with the result when that is out."""
    browser = request.cookies.get(COOKIE, "") or secrets.token_urlsafe(18)
    page = await run_in_threadpool(_page, request, desk, number, token, browser, thanks=bool(thanks))
    page.set_cookie(COOKIE, browser, max_age=A_YEAR, httponly=True, samesite="lax", secure=desk.settings.secure_cookies)
    return page


def _page(
    request: Request,
    desk: Desk,
    number: str,
    token: str,
    browser: str,
    *,
    thanks: bool = False,
    given: Answer = Answer(),
    fault: UnfitOpinion | None = None,
) -> HTMLResponse:
    now, link = desk.now(), _link(desk, token)
    with desk.database.read() as session:
        found = opinions.get_public(session, number)
        who = _who(found, link, browser)
        values: dict[str, Any] = {
            "asked": found,
            "is_open": opinions.state_of(found, now=now) == "open",
            "answered": opinions.has_answered(session, found, who),
            "tally": opinions.tally(session, found) if found.summary_at else [],
            "thanks": thanks,
            "token": token,
            "given": given,
            "fault": fault,
            "longest": opinions.ANSWER,
        }
        return render.page(request, "opinion.html", None, 422 if fault else 200, **values)


def _link(desk: Desk, token: str) -> Sequence[str]:
    """What a link that the district signed carries: of which collection it is, and its own name; nothing otherwise."""
    return (desk.signer.read(LINK, token, now=desk.now()) or ()) if token else ()


def _who(consultation: Consultation, link: Sequence[str], browser: str) -> str:
    """The link he came by, if it is one of this collection's; else his browser."""
    if link and link[0] == consultation.id:
        return opinions.voter("link", link[1], consultation)
    return opinions.voter("browser", browser, consultation)


@router.post("/{number}", dependencies=[Depends(Counted("opinions"))])
async def answer(
    number: str,
    request: Request,
    desk: CurrentDesk,
    choice: Annotated[str, Form(max_length=120)] = "",
    text: Annotated[str, Form(max_length=20_000)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    contact: Annotated[str, Form(max_length=400)] = "",
    token: Annotated[str, Form(alias="t", max_length=300)] = "",
) -> Response:
    """His answer."""
    browser = request.cookies.get(COOKIE, "") or secrets.token_urlsafe(18)
    given = Answer(choice, text, name, contact)

    def work() -> Response:
        link = _link(desk, token)
        try:
            with desk.database.write.begin() as session:
                found = opinions.get_public(session, number)
                opinions.answer(session, found, given, who=_who(found, link, browser), now=desk.now())
        except UnfitOpinion as problem:
            return _page(request, desk, number, token, browser, given=given, fault=problem)
        except AnsweredBefore:
            return _page(request, desk, number, token, browser)
        return RedirectResponse(f"/opinions/{number}?thanks=1", 303)

    page = await run_in_threadpool(work)
    page.set_cookie(COOKIE, browser, max_age=A_YEAR, httponly=True, samesite="lax", secure=desk.settings.secure_cookies)
    return page
