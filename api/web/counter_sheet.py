"""批量登记: a counter's sheet uploaded, looked at row by row, and registered; what cannot be is given back to mend."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Path, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api import counter_sheets
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.counter_sheets import SheetImport
from api.desk import Desk
from api.errors import Unregistrable
from api.import_stash import ImportStash
from api.web import render
from casework.registering import check_registrar
from channels.cleaning import clean_file_name
from channels.sheets.table import MAX_BYTES, MAX_ROWS

router = APIRouter()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHOWN = 200
"""Rows of each list on the page."""
Token = Annotated[str, Path(max_length=60)]


@router.get("/counter/template.xlsx")
async def template(who: CurrentVisitor) -> Response:
    """An empty sheet to fill in."""
    check_registrar(who.actor)
    return _file(await run_in_threadpool(counter_sheets.template), "窗口登记表.xlsx")


@router.get("/counter/sheet")
async def ask(request: Request, who: CurrentVisitor) -> Response:
    """The form."""
    check_registrar(who.actor)
    return _asking(request, who)


@router.post("/counter/sheet")
async def upload(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, file: Annotated[UploadFile | None, File()] = None
) -> Response:
    """Keep the file for its uploader and go on to what it holds; nothing is registered yet."""
    check_registrar(who.actor)
    if file is None or not file.filename:
        return _asking(request, who, "请先选择文件。", 422)
    name = clean_file_name(file.filename, "登记表")
    content = await file.read(MAX_BYTES + 1)

    def work() -> Response:
        if not content or len(content) > MAX_BYTES:
            told = f"超过 {MAX_BYTES // 1_000_000} MB，请分成几个文件" if content else "这个文件是空的"
            return _asking(request, who, f"{name}：{told}", 422)
        token = ImportStash(desk.home).put([(name, content)], owner=who.actor.id, now=desk.now())
        return RedirectResponse(f"/counter/sheet/{token}", 303)

    return await run_in_threadpool(work)


@router.get("/counter/sheet/{token}")
async def show(token: Token, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """What the sheet holds, before it is registered; after that how far it has come."""
    check_registrar(who.actor)

    def work() -> HTMLResponse:
        made = SheetImport(desk, who.actor, token)
        values = _progress(desk, made, token)
        try:
            looked = counter_sheets.look(desk, made.content) if values["progress"] is None else None
        except Unregistrable as problem:
            ImportStash(desk.home).drop(token)
            return _asking(request, who, f"{made.name}：{problem.why}", 422)
        return render.page(request, "counter_sheet.html", who, look=looked, shown=SHOWN, told="", **values)

    return await run_in_threadpool(work)


@router.post("/counter/sheet/{token}")
async def begin(token: Token, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Register the rows that can be taken."""
    check_registrar(who.actor)

    def work() -> None:
        SheetImport(desk, who.actor, token).begin()

    await run_in_threadpool(work)
    return RedirectResponse(f"/counter/sheet/{token}", 303)


@router.get("/counter/sheet/{token}/progress")
async def progress(token: Token, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """How far it has come, for the page that waits."""
    check_registrar(who.actor)

    def work() -> HTMLResponse:
        values = _progress(desk, SheetImport(desk, who.actor, token), token)
        return render.piece(request, "counter_progress.html", csrf=who.csrf, **values)

    return await run_in_threadpool(work)


@router.get("/counter/sheet/{token}/rejects")
async def rejects(token: Token, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The rows to mend, as a sheet; 204 where there are none."""
    check_registrar(who.actor)

    def work() -> bytes:
        return counter_sheets.returned(desk, SheetImport(desk, who.actor, token).content)

    sheet = await run_in_threadpool(work)
    return _file(sheet, "要改的行.xlsx") if sheet else Response(status_code=204)


def _progress(desk: Desk, made: SheetImport, token: str) -> dict[str, Any]:
    reached = made.progress()
    stale = reached is not None and reached.is_stale(desk.now())
    done = reached is not None and reached.state == "done"
    rows = counter_sheets.registered(desk, made.content, SHOWN) if done else []
    return {"name": made.name, "token": token, "progress": reached, "stale": stale, "rows": rows}


def _asking(request: Request, who: Visitor, told: str = "", status: int = 200) -> HTMLResponse:
    return render.page(
        request,
        "counter_sheet.html",
        who,
        status,
        told=told,
        token="",
        most_bytes=MAX_BYTES,
        most_rows=MAX_ROWS,
    )


def _file(content: bytes, name: str) -> Response:
    told = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "cache-control": "no-store"}
    return Response(content, media_type=XLSX, headers=told)
