"""Knowledge from files, on a page: uploaded, looked at, brought in. For knowledge editors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api import article_imports
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.import_stash import ImportStash, Named
from api.web import render
from channels.cleaning import clean_file_name
from district.schemas import Role
from knowledge.articles import ImportReport
from knowledge.importing.material import MAX_BYTES
from knowledge.importing.plan import CHANGES, ImportPlan, label_of
from knowledge.importing.reading import READERS, read, refused, too_large
from storage import audit

router = APIRouter(prefix="/articles/import")
MOST_FILES = 20
SHOWN = 200
"""Rows of each list on the page."""


def _check(who: Visitor) -> None:
    if who.actor.role is not Role.KNOWLEDGE_EDITOR:
        raise Forbidden("导入知识由知识管理员办理，您的角色不能导入")


def _stash(desk: Desk) -> ImportStash:
    return ImportStash(desk.home)


@router.get("")
async def ask(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form."""
    _check(who)
    return await run_in_threadpool(_page, request, desk, who)


@router.post("")
async def preview(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, files: Annotated[list[UploadFile] | None, File()] = None
) -> Response:
    """What the files would bring; nothing is changed yet."""
    _check(who)
    uploaded = [each for each in files or [] if each.filename]
    if not uploaded or len(uploaded) > MOST_FILES:
        told = f"一次最多 {MOST_FILES} 个文件，请分几次上传。" if uploaded else "请先选择文件。"
        return await run_in_threadpool(_page, request, desk, who, told=told)
    named = [
        (clean_file_name(each.filename or "", f"文件{number}"), await each.read(MAX_BYTES + 1))
        for number, each in enumerate(uploaded, 1)
    ]

    def work() -> HTMLResponse:
        made = _plan(desk, named, who)
        token = _stash(desk).put(named, owner=who.actor.id, now=desk.now()) if any(made.batches()) else ""
        return _page(request, desk, who, made, token=token)

    return await run_in_threadpool(work)


@router.post("/{token}")
async def land(token: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Bring in what was looked at, by the articles as they are now; the report, with links."""
    _check(who)

    def work() -> HTMLResponse:
        stash = _stash(desk)
        made = _plan(desk, stash.get(token, owner=who.actor.id, now=desk.now()), who)

        def on_record(session: Session, report: ImportReport) -> None:
            _record(session, desk, who, report)

        for _landed in article_imports.land(
            desk.database, made, actor=who.actor.id, clock=desk.now, on_record=on_record
        ):
            pass
        stash.drop(token)
        return _page(request, desk, who, made, landed=True)

    return await run_in_threadpool(work)


def _plan(desk: Desk, named: Sequence[Named], who: Visitor) -> ImportPlan:
    readings = (
        refused(name, too_large(len(content))) if len(content) > MAX_BYTES else read(name, content)
        for name, content in named
    )
    return article_imports.planned(desk, readings, actor=who.actor.id)


def _page(
    request: Request,
    desk: Desk,
    who: Visitor,
    made: ImportPlan | None = None,
    *,
    token: str = "",
    landed: bool = False,
    told: str = "",
) -> HTMLResponse:
    return render.page(
        request,
        "article_import.html",
        who,
        plan=made,
        token=token,
        landed=landed,
        told=told,
        changes=CHANGES,
        label_of=label_of,
        shown=SHOWN,
        endings=",".join(READERS),
        most_files=MOST_FILES,
        most_bytes=MAX_BYTES,
        most_together=desk.settings.max_body,
    )


def _record(session: Session, desk: Desk, who: Visitor, report: ImportReport) -> None:
    audit.record(
        session,
        actor=who.actor.id,
        role=who.actor.role,
        act="import_articles",
        subject="articles",
        subject_id="",
        now=desk.now(),
        details=report.counts(),
    )
