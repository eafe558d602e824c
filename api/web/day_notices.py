"""The pages of notices of the day (通告): the list by state, entering, copying, changing, ending, withdrawing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import day_notice_views as views
from api import errors
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.web import render
from district.schemas import UnitKind
from knowledge import day_notices
from knowledge.bot_tables import DayNotice
from knowledge.day_notices import LABELS, STATES, WRITES, State
from knowledge.errors import KnowledgeError, NoticeChanged

router = APIRouter()
PAGE = 50
FIELDS = ("subject", "text", "area", "begins", "ends", "source", "unit")
DONE = {
    "added": "已登记",
    "changed": "已保存",
    "end": "已提前结束",
    "withdraw": "已撤回，不再告知任何人",
    "restore": "已恢复",
}


@router.get("/day-notices")
async def list_(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    show: State = "current",
    after: Annotated[str, Query(max_length=40)] = "",
    done: Annotated[str, Query(max_length=12)] = "",
    number: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Those in one state, the latest entered first; ``done`` and ``number`` say what was just done to which."""

    def read() -> HTMLResponse:
        now = desk.now()
        with desk.database.read() as session:
            rows, cursor = day_notices.listed(session, show, now=now, after=after, limit=PAGE)
            return render.page(
                request,
                "day_notices.html",
                who,
                rows=[views.brief(row, desk.district, who.actor, now=now) for row in rows],
                next=cursor,
                paged=bool(after),
                show=show,
                states=STATES,
                may_write=who.actor.role in WRITES,
                done=DONE.get(done, ""),
                undo=done == "withdraw" and who.actor.role in WRITES,
                number=number,
            )

    return await run_in_threadpool(read)


def _check_writer(who: Visitor) -> None:
    if who.actor.role not in WRITES:
        raise Forbidden("您的角色不能登记或改动通告，请联系知识管理员或责任单位负责人")


def _shown(desk: Desk, row: DayNotice) -> dict[str, str]:
    """A notice as the form has it."""
    unit = desk.district.units.name_of(row.unit)
    return {
        "subject": row.subject,
        "text": row.text,
        "area": day_notices.area_of(row, desk.district),
        "begins": _for_field(row.begins, desk),
        "ends": _for_field(row.ends, desk),
        "source": row.source,
        "unit": f"{row.unit} {unit}".strip(),
    }


def _for_field(at: datetime, desk: Desk) -> str:
    return f"{at.astimezone(desk.district.calendars.zone):%Y-%m-%dT%H:%M}"


def _form_page(
    request: Request, desk: Desk, who: Visitor, form: Mapping[str, str], *, number: str = "", problem: str = ""
) -> HTMLResponse:
    units = [unit for unit in desk.district.units if unit.kind is not UnitKind.COMMUNITY]
    return render.page(
        request,
        "day_notice_form.html",
        who,
        422 if problem else 200,
        form=form,
        number=number,
        problem=problem,
        subjects=LABELS,
        units=[unit for unit in units if day_notices.may_write(desk.district, who.actor, unit.code)],
        places=[unit for unit in desk.district.units if unit.kind in (UnitKind.STREET, UnitKind.COMMUNITY)],
        longest=day_notices.LONGEST,
        widest=day_notices.WIDEST,
        source=day_notices.SOURCE,
    )


@router.get("/day-notices/new")
async def new(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, copy: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """The empty form, or one with the words of another notice and no times."""
    _check_writer(who)

    def read() -> HTMLResponse:
        form = dict.fromkeys(FIELDS, "") | {"base": ""}
        if who.actor.unit in desk.district.units:
            form["unit"] = f"{who.actor.unit} {desk.district.units.get(who.actor.unit).name}"
        if copy:
            with desk.database.read() as session:
                form |= _shown(desk, day_notices.get(session, copy)) | {"begins": "", "ends": ""}
        return _form_page(request, desk, who, form)

    return await run_in_threadpool(read)


@router.get("/day-notices/{key}/edit")
async def edit_form(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The form with what the notice says."""
    _check_writer(who)

    def read() -> HTMLResponse:
        with desk.database.read() as session:
            row = day_notices.get(session, key)
            form = _shown(desk, row) | {"base": str(row.version)}
            return _form_page(request, desk, who, form, number=row.number)

    return await run_in_threadpool(read)


@router.post("/day-notices/new")
async def add(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A new notice; or the form again, with what is wrong and all that was written."""
    form = await _written(request)

    def work(session: Session) -> DayNotice:
        given = views.text_of(form, desk.district.calendars.zone)
        return day_notices.add(session, desk.district, given, actor=who.actor, now=desk.now())

    return await _save(request, desk, who, form, "", work)


@router.post("/day-notices/{key}/edit")
async def edit(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Save; or the form again."""
    form = await _written(request)

    def work(session: Session) -> DayNotice:
        row = day_notices.get(session, key)
        if not form["base"].isdecimal():
            raise NoticeChanged(row.number)
        given, base = views.text_of(form, desk.district.calendars.zone), int(form["base"])
        return day_notices.edit(session, desk.district, key, given, actor=who.actor, now=desk.now(), base=base)

    return await _save(request, desk, who, form, key, work)


async def _written(request: Request) -> dict[str, str]:
    sent = await request.form()
    return {name: str(sent.get(name, "")).replace("\0", "") for name in (*FIELDS, "base")}


async def _save(
    request: Request,
    desk: Desk,
    who: Visitor,
    form: Mapping[str, str],
    key: str,
    work: Callable[[Session], DayNotice],
) -> Response:
    _check_writer(who)

    def run() -> Response:
        try:
            with desk.database.write.begin() as session:
                row = work(session)
                number, state = row.number, day_notices.state_of(row, desk.now())
        except KnowledgeError as problem:
            return _form_page(request, desk, who, form, number=key, problem=errors.sentence(problem))
        done = "changed" if key else "added"
        return RedirectResponse(f"/day-notices?show={state}&done={done}&number={number}", 303)

    return await run_in_threadpool(run)


@router.post("/day-notices/{key}/{act}")
async def perform(
    key: str, act: Literal["end", "withdraw", "restore"], desk: CurrentDesk, who: CurrentVisitor
) -> Response:
    """End now, withdraw, restore."""

    def work() -> tuple[str, Any]:
        with desk.database.write.begin() as session:
            now = desk.now()
            row = day_notices.ACTS[act](session, desk.district, key, actor=who.actor, now=now)
            return row.number, day_notices.state_of(row, now)

    number, state = await run_in_threadpool(work)
    return RedirectResponse(f"/day-notices?show={state}&done={act}&number={number}", 303)
