"""市平台: the city's orders by deadline, what waits to be uploaded there, and its categories that are not mapped."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from api import intake_files
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.city_uploads import CITY, sheet_of
from api.desk import Desk
from api.errors import Forbidden, TooLarge
from api.intake_files import Report
from api.web import render
from casework import city_reports, tickets
from casework.reading import Reader
from casework.tables import Ticket
from district.schemas import Role
from storage import audit, uploads

router = APIRouter()
MAY_SEE = frozenset({Role.AGENT, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
MAY_UPLOAD = frozenset({Role.DISPATCHER, Role.SUPERVISOR, Role.ADMINISTRATOR})
MAX_FILE = 20_000_000
Account = Annotated[str, Form(max_length=60)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _check(who: Visitor, roles: frozenset[Role]) -> None:
    if who.actor.role not in roles:
        raise Forbidden("您的角色不能处理市平台工单")


@router.get("/city")
async def show(request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """Orders, uploads, categories."""
    _check(who, MAY_SEE)

    return await run_in_threadpool(_page, request, desk, who)


def _page(request: Request, desk: Desk, who: Visitor, report: dict[str, Any] | None = None) -> HTMLResponse:
    with desk.database.read() as session:
        reader = Reader(desk.district, who.actor)
        orders = [
            {"order": each, "ticket": each.ticket, "title": _title(reader, each.ticket)}
            for each in city_reports.open_orders(session, limit=200)
        ]
        return render.page(
            request,
            "city.html",
            who,
            orders=orders,
            waiting=uploads.waiting(session, CITY),
            unmapped=city_reports.unmapped(session),
            states=desk.district.workflow.ticket.states,
            may_upload=who.actor.role in MAY_UPLOAD,
            now=desk.now(),
            report=report,
            accounts=[each.name for each in desk.settings.list_accounts(CITY)],
        )


@router.post("/city/orders")
async def import_orders(
    request: Request, desk: CurrentDesk, who: CurrentVisitor, file: Annotated[UploadFile, File()], account: Account = ""
) -> Response:
    """Take an export of the platform's (XLSX, CSV), and show what became of its rows. The same export adds nothing."""
    _check(who, MAY_UPLOAD)
    content = await file.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise TooLarge(MAX_FILE)
    named = file.filename or ""

    def work() -> HTMLResponse:
        known = [each.name for each in desk.settings.list_accounts(CITY)]
        chosen = desk.account_or_bare(CITY, account if account in known else (known or [""])[0])
        report = Report()
        intake_files.take(desk, chosen, [(named, content)], report)
        with desk.database.write.begin() as session:
            _on_record(session, desk, who, "import_city_orders", f"{len(report.receipts)}")
        return _page(request, desk, who, report.document(desk))

    return await run_in_threadpool(work)


def _title(reader: Reader, ticket: Ticket) -> str:
    return reader.of(ticket).text(ticket.title or ticket.text)


@router.get("/city/upload.xlsx")
async def upload(desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """What waits, as the sheet that is uploaded there. It goes on waiting until somebody says that it was."""
    _check(who, MAY_UPLOAD)

    def write() -> Response:
        with desk.database.write.begin() as session:
            waiting = uploads.waiting(session, CITY)
            _on_record(session, desk, who, "export_city_upload", f"{len(waiting)}")
            content = sheet_of(waiting)
        name = quote(f"市平台回传-{desk.now().astimezone(desk.district.calendars.zone):%Y%m%d-%H%M}.xlsx")
        return Response(
            content, media_type=XLSX, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"}
        )

    return await run_in_threadpool(write)


@router.post("/city/uploaded")
async def uploaded(
    desk: CurrentDesk, who: CurrentVisitor, key: Annotated[list[str] | None, Form(max_length=2000)] = None
) -> Response:
    """The acts that were on the page when it was read were uploaded; what came later waits on."""
    _check(who, MAY_UPLOAD)

    def work() -> None:
        with desk.database.write.begin() as session:
            count = uploads.mark_uploaded(session, key or [], now=desk.now())
            _on_record(session, desk, who, "city_uploaded", f"{count}")

    await run_in_threadpool(work)
    return RedirectResponse("/city", 303)


@router.post("/tickets/{key}/city-return")
async def ask_return(
    key: str, desk: CurrentDesk, who: CurrentVisitor, text: Annotated[str, Form(max_length=2000)] = ""
) -> Response:
    """Ask the city to take its order back."""

    def work() -> str:
        with desk.database.write.begin() as session:
            ticket = tickets.get_ticket(session, desk.district, key, who.actor)
            city_reports.ask_return(session, desk.district, ticket, actor=who.actor, text=text, now=desk.now())
            return ticket.number

    number = await run_in_threadpool(work)
    return RedirectResponse(f"/tickets/{number}", 303)


def _on_record(session: Session, desk: Desk, who: Visitor, act: str, count: str) -> None:
    audit.record(
        session,
        actor=who.actor.id,
        role=who.actor.role,
        act=act,
        subject="deliveries",
        subject_id="",
        now=desk.now(),
        details={"count": count},
    )
