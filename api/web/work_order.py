"""办件单: one case or several on A4 paper, each with a code that leads back to its page."""

from __future__ import annotations

import io
import ipaddress
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import segno
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from api import opening
from api.auth import CurrentDesk, CurrentVisitor
from api.desk import Desk
from api.web import render
from api.web.unit_panel import people, place_of
from casework import deadlines, rules, tickets
from casework.errors import CaseworkError
from casework.reading import Reader
from casework.tables import Case

router = APIRouter()
AT_ONCE = 50
"""Sheets of one print at most."""


@router.get("/cases/print")
async def several(
    request: Request,
    desk: CurrentDesk,
    who: CurrentVisitor,
    case: Annotated[list[str] | None, Query(max_length=AT_ONCE)] = None,
) -> Response:
    """A sheet for each of these cases that the reader may see; the numbers of the others are told."""
    return await run_in_threadpool(_sheets, request, desk, who, list(dict.fromkeys(case or ())), strict=False)


@router.get("/cases/{key}/print")
async def one(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The sheet of one case."""
    return await run_in_threadpool(_sheets, request, desk, who, [key], strict=True)


def _sheets(request: Request, desk: Desk, who: CurrentVisitor, keys: list[str], *, strict: bool) -> HTMLResponse:
    reader = Reader(desk.district, who.actor)
    sheets, missing = [], []
    with desk.database.read() as session:
        for key in keys:
            try:
                case = tickets.get_case(session, desk.district, key, who.actor)
            except CaseworkError:
                if strict:
                    raise
                missing.append(key)
                continue
            sheets.append(_sheet(session, desk, reader, case))
        page = render.page(request, "work_order.html", who, sheets=sheets, missing=missing)
        for sheet in sheets:
            opening.keep_reading(desk, reader, sheet["case"].tickets, sheet["case"])
    return page


def _sheet(session: Session, desk: Desk, reader: Reader, case: Case) -> dict[str, Any]:
    district, book = desk.district, rules.of(session, desk.district, case)
    clocks = [deadlines.view(book, case, clock, now=desk.now()) for clock in case.clocks]
    latest = {view.name: view for view in clocks}
    return {
        "case": case,
        "title": reader.title_opened(case),
        "state": book.workflow.case.states[case.state],
        "lead": district.units.get(case.lead_unit).name if case.lead_unit else "",
        "co": [district.units.get(code).name for code in case.co_units],
        "category": " / ".join(district.taxonomy.get(case.category).path) if case.category in district.taxonomy else "",
        "street": district.units.name_of(case.street),
        "community": district.units.name_of(case.community),
        "clocks": list(latest.values()),
        "people": people(reader, case),
        "texts": [(ticket, reader.of(ticket).text(ticket.text)) for ticket in case.tickets],
        "place": next((place for ticket in case.tickets if (place := place_of(reader, ticket))), ""),
    }


@router.get("/cases/{key}/qr.svg")
async def code(key: str, request: Request, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The address of the case's page as a QR code."""

    def draw() -> bytes:
        with desk.database.read() as session:
            number = tickets.get_case(session, desk.district, key, who.actor).number
        out = io.BytesIO()
        made = segno.make(f"{public_address(request, desk)}/cases/{quote(number)}", error="m", micro=False)
        made.save(out, kind="svg", xmldecl=False, border=2, light="#fff", omitsize=True)
        return out.getvalue()

    content = await run_in_threadpool(draw)
    return Response(content, media_type="image/svg+xml", headers={"cache-control": "private, no-store"})


def public_address(request: Request, desk: Desk) -> str:
    """Where a telephone finds this desk: as it is set; as the page was asked for, where only loopback is set."""
    configured = desk.settings.public_url.rstrip("/")
    if _is_loopback(urlsplit(configured).hostname or ""):
        return str(request.base_url).rstrip("/")
    return configured


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
