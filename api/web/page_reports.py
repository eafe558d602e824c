"""报告本页问题: the form under every page of staff, and the list of what was said for the administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.auth import CurrentDesk, CurrentVisitor
from api.web import render
from casework import page_reports

router = APIRouter(prefix="/page-reports")
PAGE = 50


@router.get("")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    done: bool = False,  # noqa: FBT001, FBT002  (a query parameter)
    after: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """What waits to be seen to, or what was."""

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            rows, cursor = page_reports.listed(session, who.actor, done=done, after=after, limit=PAGE)
            return render.page(
                request,
                "page_reports.html",
                who,
                rows=rows,
                done=done,
                waiting=page_reports.count_open(session),
                next=cursor,
                paged=bool(after),
                may_settle=who.actor.role in page_reports.SETTLES,
            )

    return await run_in_threadpool(read)


@router.post("")
async def report(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    page: Annotated[str, Form(max_length=2000)] = "",
    text: Annotated[str, Form(max_length=page_reports.LONGEST)] = "",
) -> Response:
    """Keep it, and say so on a page with the way back."""

    def work() -> Response:
        with desk.database.write.begin() as session:
            path = page_reports.report(session, page, text, actor=who.actor, now=desk.now()).page
        return render.page(request, "page_reported.html", who, back=path if path.startswith("/") else "/")

    return await run_in_threadpool(work)


@router.post("/{key}/done")
async def settle(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """It was seen to."""

    def work() -> None:
        with desk.database.write.begin() as session:
            page_reports.settle(session, key, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/page-reports", 303)
