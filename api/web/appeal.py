"""The resident's page for an appeal: words, a place, photos, and how he can be reached. No sign-in.

What he wrote stays in the form when something is wrong with it; sent twice (a slow line, an impatient thumb) it is one
appeal, by the key that came with the form.
"""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import appeals
from api.auth import CurrentDesk
from api.errors import TooOften
from api.idempotency import KeyReused
from api.web import render
from channels.errors import UnreadableMessage
from storage.database import new_id

router = APIRouter()

FIELDS = {"text": "诉求内容", "phone": "电话", "name": "称呼", "place": "地点", "photos": "照片"}
NOTHING = {"text": "", "place": "", "name": "", "phone": ""}
PLACE = "地点：{place}"


@router.get("/appeal")
async def form(request: Request) -> Response:
    """The empty form."""
    return render.page(request, "appeal.html", None, problem="", given=NOTHING, key=new_id())


@router.post("/appeal")
async def send(
    request: Request,
    desk: CurrentDesk,
    key: Annotated[str, Form(max_length=60)],
    text: Annotated[str, Form(max_length=6000)] = "",
    place: Annotated[str, Form(max_length=200)] = "",
    name: Annotated[str, Form(max_length=60)] = "",
    phone: Annotated[str, Form(max_length=40)] = "",
    photos: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """Take it and show the number; or the form again, with what is wrong."""
    given = {"text": text, "place": place, "name": name, "phone": phone}
    body: dict[str, Any] = {"text": _words(text, place), "name": name.strip(), "phone": phone.strip()}
    body["photos"] = [
        {"name": photo.filename or "", "content": base64.b64encode(await photo.read()).decode()}
        for photo in photos or []
        if photo.filename
    ]
    address = request.client.host if request.client else ""
    try:
        sent = await run_in_threadpool(appeals.send, desk, body, key=key, address=address)
    except UnreadableMessage as problem:
        field = FIELDS.get(problem.where.split("[")[0].split(".")[0], "")
        return _again(request, f"{field}：{problem.why}" if field else problem.why, given, key, 422)
    except TooOften as problem:
        return _again(request, problem.what, given, key, 429)
    except KeyReused:  # the page was sent, gone back to, and changed: another appeal
        return _again(request, "刚才那一份已经提交。如要再提交一份，请再按一次“提交”。", given, new_id(), 409)
    return RedirectResponse(f"/q/{sent.code}", 303)


def _words(text: str, place: str) -> str:
    return "\n".join(
        part for part in (text.strip(), PLACE.format(place=place.strip()) if place.strip() else "") if part
    )


def _again(request: Request, problem: str, given: dict[str, str], key: str, status: int) -> HTMLResponse:
    return render.page(request, "appeal.html", None, status, problem=problem, given=given, key=key)
