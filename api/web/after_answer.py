"""The resident's own acts on his page: adding, urging, his verdict, asking for reopening, reporting once more.

The code in the address is what nobody else's page can send; a form of another site is refused beside that.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from api import after_answer, resident_acts
from api.auth import CurrentDesk
from api.web import lookup
from api.web.captchas import Counted
from api.web.own_site import OWN_PAGES
from casework.actors import CallbackResult
from channels.errors import UnreadableMessage
from district.questionnaire import Satisfaction

router = APIRouter(dependencies=OWN_PAGES)
ACTS = [Depends(Counted("acts"))]
TOLD = {"yes": True, "no": False, "": None}


@router.post("/q/{code}/verdict", dependencies=ACTS)
async def judge(
    code: str,
    desk: CurrentDesk,
    resolved: Annotated[str, Form(pattern="^(yes|no)$")],
    satisfaction: Annotated[Satisfaction, Form()],
    contacted: Annotated[str, Form(pattern="^(yes|no|)$")] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """His verdict."""
    result = CallbackResult(True, TOLD[contacted], TOLD[resolved], satisfaction, text.strip())
    await run_in_threadpool(after_answer.judge, desk, code, result)
    return RedirectResponse(f"/q/{code}?done=judged", 303)


@router.post("/q/{code}/reopen", dependencies=ACTS)
async def reopen(code: str, desk: CurrentDesk, text: Annotated[str, Form(max_length=2000)] = "") -> Response:
    """He asks that it be taken up again."""
    await run_in_threadpool(after_answer.reopen, desk, code, text)
    return RedirectResponse(f"/q/{code}", 303)


@router.post("/q/{code}/again", dependencies=ACTS)
async def again(
    code: str,
    desk: CurrentDesk,
    key: Annotated[str, Form(max_length=60)],
    text: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Once more, after the old one; his new page is shown."""
    ticket = await run_in_threadpool(lambda: after_answer.again(desk, code, text, key=key))
    return RedirectResponse(f"/q/{ticket.code}", 303)


@router.post("/q/{code}/add", dependencies=ACTS)
async def add(
    code: str,
    request: Request,
    desk: CurrentDesk,
    text: Annotated[str, Form(max_length=20_000)] = "",
    key: Annotated[str, Form(max_length=60)] = "",
    photos: Annotated[list[UploadFile] | None, File()] = None,
) -> Response:
    """补充: words and photos to a matter that is not over."""
    files = [(photo.filename or "", await photo.read()) for photo in photos or [] if photo.filename]

    def work() -> Response:
        try:
            resident_acts.add(desk, code, text, files, key=key)
        except UnreadableMessage as problem:
            field = "photos" if problem.where.startswith("photos") else "text"
            return lookup.progress_page(request, desk, code, faults={field: problem.why}, words=text)
        return RedirectResponse(f"/q/{code}?done=added", 303)

    return await run_in_threadpool(work)


@router.post("/q/{code}/urge", dependencies=ACTS)
async def urge(code: str, desk: CurrentDesk) -> Response:
    """催办, once a day."""
    await run_in_threadpool(resident_acts.urge, desk, code)
    return RedirectResponse(f"/q/{code}?done=urged", 303)
