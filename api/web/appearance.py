"""Which language, colours, type size and contrast pages have: chosen by anybody, without a script, kept in a cookie."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse

from api.auth import CurrentDesk
from api.desk import Desk
from api.web import reading
from api.web.own_site import OWN_PAGES, inside

router = APIRouter()
KEPT = 365 * 24 * 3600
"""Seconds that the choice lasts."""


@router.get("/language")
async def speak(desk: CurrentDesk, to: str = "", next: str = "") -> RedirectResponse:  # noqa: A002  (the address's own word)
    """Pages in this language from now on, and back to the page; an unknown one changes nothing."""
    return _kept(desk, reading.chosen().with_words(language=to), next)


@router.post("/appearance", dependencies=OWN_PAGES)
async def show(
    desk: CurrentDesk,
    theme: Annotated[str, Form()] = "",
    type: Annotated[str, Form()] = "",  # noqa: A002
    contrast: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002
) -> RedirectResponse:
    """Pages look so from now on, and back to the page. It needs no session: residents choose too."""
    return _kept(desk, reading.chosen().with_words(theme=theme, type=type, contrast=contrast), next)


def _kept(desk: Desk, wanted: reading.Reading, back: str) -> RedirectResponse:
    answer = RedirectResponse(inside(back) or "/", 303)
    answer.set_cookie(
        reading.COOKIE,
        wanted.cookie(),
        max_age=KEPT,
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure_cookies,
    )
    return answer
