"""Puts the pages together: templates, static files, and the routes of each part."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

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
    article_desk,
    article_import,
    article_versions,
    article_writing,
    articles,
    attachments,
    audit_search,
    automatic,
    board,
    calling,
    case_files,
    cases,
    city,
    conversations,
    day_notices,
    duty,
    entrance,
    entrance_oidc,
    events,
    exports,
    follow_up,
    hand_overs,
    inspection,
    knowledge_gaps,
    live_calls,
    live_talks,
    lookup,
    merging,
    notices,
    passwords,
    proposals,
    public_articles,
    quality,
    queue,
    render,
    reply_check,
    residents,
    returns,
    search,
    simulator,
    staff,
    supervision,
    talk,
    trouble,
    undelivered,
    workflow,
)

PAGES = (
    entrance,
    entrance_oidc,
    live_talks,
    talk,
    conversations,
    queue,
    residents,
    attachments,
    merging,  # before the acts on a case of any number
    case_files,
    cases,
    returns,
    calling,
    live_calls,
    board,
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
    city,
    notices,
    day_notices,
    proposals,
    reply_check,
    trouble,
    undelivered,
    quality,
    search,
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
FOLDER = Path(__file__).parent
POLLED = frozenset({"/banner", "/notices/unread", "/conversations/waiting"})
"""Pieces that a page asks for again and again."""


def install(app: FastAPI, desk: Desk) -> None:
    """Serve the pages of this desk; the simulator is there in demo mode only."""
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    for module in PAGES:
        app.include_router(module.router, include_in_schema=False)
    if desk.settings.demo:
        app.include_router(simulator.router, include_in_schema=False)
    _answer_in_html(app)


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
        if isinstance(error, errors.NotSignedIn) and request.headers.get("hx-request") and request.url.path in POLLED:
            return HTMLResponse("", 401)  # the form of the entrance would be put into the page that asks
        if isinstance(error, errors.NotSignedIn):
            return RedirectResponse(f"/login?next={quote(request.url.path)}", 303)
        if isinstance(error, errors.PasswordToChange | FactorToSet):
            return RedirectResponse("/password", 303)
        error = errors.behind(error)
        found = errors.problem_of(error)
        sentence = found[2](error) if found else _sentence(problem.status_code)
        if request.headers.get("hx-request"):
            return HTMLResponse(render.fragment("problem.html", sentence=sentence), problem.status_code)
        return render.error_page(request, problem.status_code, sentence)

    return answer


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
