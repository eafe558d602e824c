"""The page of the captcha: shown in the place of what was asked too often, which goes on when it is answered.

What was being sent stands in the page, so that nothing is typed twice. It works without a script and without cookies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import captcha, gate
from api.auth import CurrentDesk, desk_of
from api.errors import NotFound
from api.gate import What
from api.web import render
from api.web.own_site import OWN_PAGES, inside

router = APIRouter(dependencies=OWN_PAGES)
OWN_FIELDS = frozenset({"captcha", "captcha_token", "captcha_kind", "next"})


def address_of(request: Request) -> str:
    """Whose share it counts on."""
    return request.client.host if request.client else ""


async def counted(request: Request, what: What) -> None:
    """Count one for the address; a captcha that was answered beside it is looked at first. Raises ``CaptchaWanted``."""
    await _answered(request)
    gate.count(desk_of(request), what, address_of(request))


async def _answered(request: Request) -> bool:
    """Whether a captcha came along, and rightly answered."""
    form = await request.form()
    token, given = (str(form.get(name, "")) for name in ("captcha_token", "captcha"))
    if not token or not given:
        return False
    return await run_in_threadpool(gate.answered, desk_of(request), address_of(request), token, given)


class Counted:
    """A dependency: this route counts as that."""

    def __init__(self, what: What) -> None:
        self.what: What = what

    async def __call__(self, request: Request) -> None:
        await counted(request, self.what)


async def asked(request: Request) -> HTMLResponse:
    """The page that asks, with what was being sent; status 429."""
    if request.method != "POST":
        return await run_in_threadpool(_page, request, "picture", "/captcha", [("next", request.url.path)])
    form = await request.form()
    pairs = [(name, value) for name, value in form.multi_items() if name not in OWN_FIELDS]
    kept = [(name, value) for name, value in pairs if isinstance(value, str)]
    lost = any(not isinstance(value, str) and value.filename for _, value in pairs)
    wrong = bool(form.get("captcha"))
    kind = str(form.get("captcha_kind", ""))
    return await run_in_threadpool(_page, request, kind, request.url.path, kept, wrong=wrong, lost=lost)


def _page(
    request: Request,
    kind: str,
    action: str,
    kept: Sequence[tuple[str, str]],
    *,
    wrong: bool = False,
    lost: bool = False,
) -> HTMLResponse:
    asked_in: captcha.Kind = "words" if kind == "words" else "picture"
    made = captcha.new(desk_of(request), asked_in)
    values = {"captcha": made, "kind": asked_in, "action": action, "kept": kept, "wrong": wrong, "lost": lost}
    return render.page(request, "captcha.html", None, 429, **values)


@router.post("/captcha")
async def go_on(
    request: Request,
    next_: Annotated[str, Form(alias="next", max_length=200)] = "/follow",
    captcha_kind: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Answered: on to the page that was asked for. Else another question."""
    target = inside(next_) or "/follow"
    if await _answered(request):
        return RedirectResponse(target, 303)
    wrong = bool((await request.form()).get("captcha"))
    return await run_in_threadpool(_page, request, captcha_kind, "/captcha", [("next", target)], wrong=wrong)


@router.get("/captcha.png")
async def picture(desk: CurrentDesk, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The picture of a question that is still open."""
    drawn = await run_in_threadpool(captcha.picture, desk, token)
    if drawn is None:
        raise NotFound("这张验证码图片已经过期，请刷新后再试")
    return Response(drawn, media_type="image/png", headers={"cache-control": "no-store"})
