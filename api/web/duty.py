"""The pages of duty (值班) and alerts (告警), and the banner that every page of a called member of staff shows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import banner as banners
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import sentence
from api.web import render
from casework import alert_calls, alert_lines, alerts, call_alarms, duty, roster_lists
from casework.duty import Shift
from casework.errors import CaseworkError, NotAllowed
from casework.people_tables import Alert
from channels.sheets.table import MAX_BYTES
from district.duty import WAY_LABELS
from storage.identity import list_users

router = APIRouter()
SHOWN = timedelta(days=14)
STATES = {"open": "待确认", "acknowledged": "已确认", "over": "已解除"}


@router.get("/duty")
async def roster(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, done: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """Who is on duty now, the next two weeks, and the latest alerts the reader may see."""
    return await run_in_threadpool(_page, request, desk, who, done=done)


def _page(request: Request, desk: Desk, who: Visitor, *, done: int = 0, problem: str = "") -> HTMLResponse:
    duty.check_reader(who.actor)
    now = desk.now()
    with desk.database.read() as session:
        rows = alerts.listed(session, who.actor)
        may = who.actor.role in duty.KEEPS
        return render.page(
            request,
            "duty.html",
            who,
            422 if problem else 200,
            on_duty=duty.on_duty(session, now=now),
            shifts=duty.roster(session, start=now, end=now + SHOWN),
            alerts=[(row, alerts.may_acknowledge(session, row, who.actor, now=now)) for row in rows],
            matters=alert_lines.matters(session, rows),
            people=[user for user in list_users(session) if user.role in duty.SERVES and not user.disabled]
            if may
            else [],
            may=may,
            calls=call_alarms.calls_of(session, rows),
            states=STATES,
            done=done,
            problem=problem,
        )


@router.post("/duty")
async def enter(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    login: Annotated[str, Form(max_length=60)],
    starts: Annotated[datetime, Form()],
    ends: Annotated[datetime, Form()],
    position: Annotated[int, Form(ge=1, le=duty.MOST_POSITION)] = 1,
    phone: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """Enter a shift."""
    zone = desk.district.calendars.zone
    first, last = (each if each.tzinfo else each.replace(tzinfo=zone) for each in (starts, ends))
    return await run_in_threadpool(_enter, request, desk, who, [("", Shift(first, last, login, position, phone))])


@router.post("/duty/import")
async def bring_in(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, file: Annotated[UploadFile, File()]
) -> Response:
    """Enter a whole list, all or none."""
    content = await file.read(MAX_BYTES + 1)

    def work() -> Response:
        try:
            shifts = roster_lists.read(content, desk.district)
        except CaseworkError as problem:
            return _page(request, desk, who, problem=sentence(problem))
        return _enter(request, desk, who, shifts)

    return await run_in_threadpool(work)


def _enter(request: Request, desk: Desk, who: Visitor, shifts: list[tuple[str, Shift]]) -> Response:
    try:
        with desk.database.write.begin() as session:
            made = duty.enter(session, shifts, actor=who.actor, now=desk.now())
            number = len(made)
    except NotAllowed:
        raise
    except CaseworkError as problem:
        return _page(request, desk, who, problem=sentence(problem))
    return RedirectResponse(f"/duty?done={number}", 303)


@router.post("/duty/{key}/strike")
async def strike(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Take a shift off."""

    def work() -> None:
        with desk.database.write.begin() as session:
            duty.strike(session, key, actor=who.actor, now=desk.now())

    await run_in_threadpool(work)
    return RedirectResponse("/duty", 303)


@router.get("/alerts/{key}")
async def show_alert(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """One alert, where its letters and messages lead. Looking acknowledges nothing: scanners of mail open links."""

    def read() -> HTMLResponse:
        now = desk.now()
        with desk.database.read() as session:
            alert = alerts.get(session, key, who.actor, now=now)
            return render.page(
                request,
                "alert.html",
                who,
                alert=alert,
                place=_subject(session, alert),
                sent=alert_calls.states(session, alert.calls),
                may_acknowledge=alerts.may_acknowledge(session, alert, who.actor, now=now),
                ways=WAY_LABELS,
                states=STATES,
            )

    return await run_in_threadpool(read)


def _subject(session: Session, alert: Alert) -> str:
    """The page of what the alert is about; empty where it is about no matter."""
    if matter := alert_lines.matters(session, [alert]).get(alert.id):
        return f"/{matter.kind}s/{matter.number}"
    if call := call_alarms.calls_of(session, [alert]).get(alert.id):
        return f"/calls/{quote(call.account, safe='')}/{quote(call.call_id, safe='')}"
    return ""


@router.post("/alerts/{key}/acknowledge")
async def acknowledge(key: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """确认, and on to what it is about: its case or ticket, or the call; the alert's own page where there is none."""

    def work() -> str:
        with desk.database.write.begin() as session:
            alert = alerts.acknowledge(session, desk.district, key, actor=who.actor, now=desk.now())
            return _subject(session, alert) or f"/alerts/{alert.id}"

    return RedirectResponse(await run_in_threadpool(work), 303)


@router.get("/banner")
async def banner(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The banner again, for a page that stays open."""

    def read() -> str:
        with desk.database.read() as session:
            said = banners.read(session, who.actor, now=desk.now())
        return render.fragment("banner.html", banner=said, csrf=who.csrf)

    return HTMLResponse(await run_in_threadpool(read), headers={"cache-control": "no-store"})
