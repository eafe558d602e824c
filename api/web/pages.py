"""Puts the pages together: templates, static files, and the routes of each part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api import errors
from api.desk import Desk
from api.sign_in_problems import FactorToSet
from api.web import (
    absences,
    admin,
    admin_models,
    admin_pack,
    admin_users,
    after_answer,
    appeal,
    appeal_photos,
    appearance,
    article_desk,
    article_import,
    article_versions,
    article_writing,
    articles,
    at_desk,
    attachments,
    audit_search,
    automatic,
    board,
    calling,
    captchas,
    case_files,
    cases,
    city,
    conversations,
    counter,
    counter_sheet,
    day_notices,
    deciding,
    dispatching,
    duty,
    entrance,
    entrance_oidc,
    events,
    exports,
    follow_up,
    gallery,
    hand_overs,
    inspection,
    judging,
    knowledge_gaps,
    knowledge_search,
    live_board,
    live_calls,
    live_talks,
    lookup,
    merging,
    notices,
    opinion_desk,
    opinions,
    overview,
    overview_behind,
    overview_report,
    page_reports,
    passwords,
    proposals,
    public_articles,
    quality,
    queue,
    reading,
    registering,
    render,
    reply_check,
    residents,
    returns,
    saved_replies,
    search,
    simulator,
    splitting,
    staff,
    static_files,
    supervision,
    talk,
    todo,
    trouble,
    undelivered,
    work_order,
    workflow,
)

PAGES = (
    entrance,
    appearance,
    gallery,
    entrance_oidc,
    live_talks,
    talk,
    conversations,
    queue,
    at_desk,
    deciding,
    splitting,
    residents,
    attachments,
    merging,  # before the acts on a case of any number
    case_files,
    todo,
    saved_replies,
    work_order,
    cases,
    judging,
    dispatching,
    returns,
    calling,
    live_calls,
    registering,
    counter,
    counter_sheet,
    board,
    live_board,
    overview,
    overview_behind,
    overview_report,
    automatic,
    events,
    supervision,
    follow_up,
    inspection,
    knowledge_gaps,  # this, importing and writing before the acts on an article of any number
    article_import,
    article_writing,
    article_desk,
    article_versions,
    articles,
    exports,
    lookup,
    after_answer,
    appeal,
    appeal_photos,
    captchas,
    opinions,
    opinion_desk,
    city,
    notices,
    day_notices,
    proposals,
    reply_check,
    trouble,
    page_reports,
    undelivered,
    quality,
    search,
    knowledge_search,
    public_articles,
    absences,
    hand_overs,
    duty,
    staff,
    passwords,
    admin,
    admin_users,
    admin_models,
    admin_pack,
    audit_search,
    workflow,
)


def install(app: FastAPI, desk: Desk) -> None:
    """Serve the pages of this desk; the simulator is there in demo mode only."""
    app.mount("/static", static_files.HashedFiles(directory=static_files.FOLDER), name="static")
    for module in PAGES:
        app.include_router(module.router, include_in_schema=False)
    if desk.settings.demo:
        app.include_router(simulator.router, include_in_schema=False)
    _answer_in_html(app)
    app.add_middleware(reading.AsChosen)


def _answer_in_html(app: FastAPI) -> None:
    """Errors of a page are pages: one sentence and one act. Scripts keep their problem documents."""
    for kind, handler in list(app.exception_handlers.items()):
        if isinstance(kind, type) and issubclass(kind, Exception):
            app.add_exception_handler(kind, _in_html(cast("Callable[[Request, Exception], JSONResponse]", handler)))


def _in_html(handler: Callable[[Request, Exception], JSONResponse]) -> Callable[..., Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        problem = handler(request, error)
        if not _wants_html(request):
            return problem
        if isinstance(error, errors.CaptchaWanted):
            return await captchas.asked(request)
        return _led_on(request, error) or _told(request, error, problem.status_code)

    return answer


def _led_on(request: Request, error: Exception) -> Response | None:
    """Where whoever is not signed in, or has a password for once, is sent first."""
    if isinstance(error, errors.NotSignedIn) and request.headers.get("hx-request"):
        return HTMLResponse("", 401)  # the form of the entrance would be put into the page that asks
    if isinstance(error, errors.NotSignedIn):
        return RedirectResponse(f"/login?next={quote(render.here(request) or '/')}", 303)
    return RedirectResponse("/password", 303) if isinstance(error, errors.PasswordToChange | FactorToSet) else None


def _told(request: Request, error: Exception, status: int) -> Response:
    error = errors.behind(error)
    found = errors.problem_of(error)
    sentence = found[2](error) if found else _sentence(status)
    if request.headers.get("hx-request"):
        return HTMLResponse(render.fragment("problem.html", sentence=sentence), status)
    return render.error_page(request, status, sentence)


def _wants_html(request: Request) -> bool:
    path = request.url.path
    return not path.startswith(("/api/", "/channels/", "/health/", "/static/"))


def _sentence(status: int) -> str:
    return {
        400: "请求的格式不对，无法读取，请刷新页面后再试",
        404: "没有这个页面",
        405: "这个页面不接受这种操作",
        422: "填写的内容不符合要求",
        503: "数据库繁忙，请稍后再试",
    }.get(status, "系统内部错误，已记录，请稍后再试")
