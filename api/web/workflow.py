"""流程图: the workflow in force as a picture, and below it the migration of open cases to it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from api import rule_changing
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.web import render
from casework import rule_changes
from district.graph import LEGEND

router = APIRouter()


@router.get("/workflow")
async def show(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    *,
    preview: bool = False,
    recount: bool = False,
    moved: Annotated[int | None, Query(ge=0)] = None,
    stayed: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """The graph for everybody; for those with a say the migration, previewed when asked for."""

    def read() -> HTMLResponse:
        return render.page(
            request,
            "workflow.html",
            who,
            picture=Markup(rule_changing.picture(desk.district, render.said, alone=False)),  # noqa: S704  all escaped
            legend=LEGEND,
            version=desk.district.workflow.version,
            rule_version=desk.district.rule_version,
            sees=who.actor.role in rule_changes.SEES,
            may_migrate=who.actor.role in rule_changes.MIGRATES,
            moved=moved,
            stayed=stayed,
            recount=recount,
            **_migration(desk, who, preview=preview, recount=recount),
        )

    return await run_in_threadpool(read)


def _migration(desk: Desk, who: Visitor, *, preview: bool, recount: bool) -> dict[str, Any]:
    if who.actor.role not in rule_changes.SEES:
        return {}
    with desk.database.read() as session:
        waiting = rule_changes.waiting(session, desk.district)
        runs = rule_changes.runs(session)
    return {
        "waiting": waiting,
        "in_use": rule_changing.states_in_use(desk, desk.district),
        "runs": runs,
        "plan": rule_changing.plan(desk, recount=recount, from_version="") if preview and waiting else None,
        "shown_stays": rule_changing.SHOWN_STAYS,
    }


@router.get("/workflow/graph.svg")
async def as_picture(desk: CurrentDesk, _who: CurrentVisitor) -> Response:
    """The picture as a file."""
    return _file(await run_in_threadpool(rule_changing.picture, desk.district), "image/svg+xml", "workflow.svg")


@router.get("/workflow/graph.mmd")
async def as_mermaid(desk: CurrentDesk, _who: CurrentVisitor) -> Response:
    """The graph as Mermaid text."""
    return _file(await run_in_threadpool(rule_changing.as_text, desk.district), "text/plain", "workflow.mmd")


def _file(text: str, media_type: str, name: str) -> Response:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(text, media_type=f"{media_type}; charset=utf-8", headers=headers)


@router.post("/workflow/migration")
async def migrate(
    desk: CurrentDesk, who: CurrentVisitor, *, recount: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """Migrate all that can go on by today's rules, and say how many did."""

    def work() -> str:
        done = rule_changing.run(desk, who.actor, recount=recount, from_version="")
        return f"/workflow?moved={len(done.moved)}&stayed={len(done.stays)}#migration"

    return RedirectResponse(await run_in_threadpool(work), 303)
