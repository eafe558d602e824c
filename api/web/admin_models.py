"""模型: the versions with what they learnt and how they fared, and the one in use; another is put to use, or back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import models, quality_report
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import sentence
from api.web import admin_doors, render
from casework import quality, recording
from triage.errors import UnusableModel

router = APIRouter(prefix="/admin/models")
LOOKED_BACK = timedelta(days=90)
SOURCES = {"samples": "样例", "corrections": "人工更正", "files": "文件", "answered": "追问回答"}


def _row(desk: Desk, version: str, current: str | None, live: quality.Figures) -> dict[str, Any]:
    """What its own file says; whether it can be loaded is found out when it is to be used."""
    try:
        figures = dict(json.loads((desk.models / version / "model.json").read_text(encoding="utf-8"))["figures"])
    except (OSError, ValueError, KeyError, TypeError):
        return {"version": version, "current": version == current, "readable": False}
    data = figures.get("data") or {}
    rows = data.get("rows") or {}
    return {
        "version": version,
        "current": version == current,
        "readable": True,
        "learnt": "、".join(f"{SOURCES.get(name, name)} {number}" for name, number in rows.items() if number),
        "accuracy": figures.get("natural_accuracy"),
        "top3": figures.get("natural_top3"),
        "texts": figures.get("n_natural"),
        "judged": live.judged,
        "right": live.right,
        "live": quality_report.per_cent(live.accuracy) if live.judged else "",
        "verdict": data.get("verdict") or {},
        "compared_with": data.get("compared_with", ""),
        "refused": data.get("refused", ""),
    }


def _page(request: Request, desk: Desk, who: Visitor, *, problem: str = "", done: str = "") -> HTMLResponse:
    now = desk.now()
    with desk.database.read() as session:
        live = quality.by_model(session, now - LOOKED_BACK, now)
    current = models.promoted(desk)
    versions = models.list_stored(desk)
    if current and current not in versions:
        versions.append(current)
    rows = [_row(desk, version, current, live.get(version, quality.Figures())) for version in reversed(versions)]
    return render.page(
        request,
        "admin_models.html",
        who,
        409 if problem else 200,
        tabs=admin_doors.tabs(who),
        may_act=admin_doors.may_act(who),
        rows=rows,
        current=current,
        problem=problem,
        done=done,
    )


@router.get("")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor, done: str = "") -> Response:
    """The versions, the newest first."""
    admin_doors.check(who)
    told = f"已启用模型 {done}" if done and done == models.promoted(desk) else ""
    return await run_in_threadpool(lambda: _page(request, desk, who, done=told))


@router.post("/promote")
async def promote(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, version: Annotated[str, Form(max_length=60)]
) -> Response:
    """Put this version to use; on record with the one before. One that cannot be loaded changes nothing."""
    admin_doors.check(who, to_act=True)

    def work() -> Response:
        try:
            before = models.promote(desk, version)
        except UnusableModel as problem:
            return _page(request, desk, who, problem=sentence(problem))
        with desk.database.write.begin() as session:
            details = {"before": before}
            recording.record(session, who.actor, "promote_model", "model", version, now=desk.now(), details=details)
        return RedirectResponse(f"/admin/models?done={version}", 303)

    return await run_in_threadpool(work)
