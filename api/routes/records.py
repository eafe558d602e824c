"""Where machines of the house hand in what residents said to a person: counter records and transcripts of calls.

Each account has a ``token`` in the settings; a request carries it as ``Authorization: Bearer …``. The body is what
``yingsheng intake`` takes as a file, and the answer is its document: handing in the same again adds nothing. Only the
pieces of a running call are no files: they come one by one and become a transcript when the call is over.
"""

from __future__ import annotations

import hmac
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from api import intake_files, running_calls
from api.auth import CurrentDesk
from api.desk import Desk
from api.errors import NotFound
from api.intake_files import Report
from api.routes.incoming import read_request
from channels.base import ReturnsRows
from channels.errors import ForgedMessage
from channels.message import Account
from channels.registry import CHANNELS

router = APIRouter(prefix="/channels", tags=["channels"])

MAX_BODY = 20_000_000
"""Bytes: a sheet of twelve thousand rows with room to spare."""

MAX_SEGMENT = 200_000

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Name = Annotated[str, Query(max_length=60, description="渠道账号；只有一个时可不填")]


@router.post("/walk-in/records")
async def walk_in(request: Request, desk: CurrentDesk, account: Name = "") -> dict[str, Any]:
    """Counter records: one as JSON, or a sheet as CSV or XLSX."""
    return await _taken(request, desk, "walk_in", account)


@router.post("/walk-in/preview")
async def preview(request: Request, desk: CurrentDesk, account: Name = "") -> dict[str, Any]:
    """How a sheet reads, with nothing stored."""
    chosen = _verified(request, desk, "walk_in", account)
    body = (await read_request(request, most=MAX_BODY)).body
    return await run_in_threadpool(intake_files.looked_at, chosen, "", body)


@router.post("/walk-in/rejects")
async def rejects(request: Request, desk: CurrentDesk, account: Name = "") -> Response:
    """The rows of a sheet that cannot be taken, as a sheet with the reason in a last column; 204 when all can."""
    chosen = _verified(request, desk, "walk_in", account)
    body = (await read_request(request, most=MAX_BODY)).body
    channel = CHANNELS["walk_in"]
    sheet = await run_in_threadpool(channel.returned, body, chosen) if isinstance(channel, ReturnsRows) else b""
    return Response(sheet, media_type=XLSX) if sheet else Response(status_code=204)


@router.post("/hotline/transcripts")
async def hotline(request: Request, desk: CurrentDesk, account: Name = "") -> dict[str, Any]:
    """The transcript of a finished call, or several."""
    return await _taken(request, desk, "hotline", account)


@router.post("/hotline/calls/{call_id}/segments")
async def segment(
    call_id: Annotated[str, Path(max_length=128)], request: Request, desk: CurrentDesk, account: Name = ""
) -> dict[str, Any]:
    """A piece of a call while people talk, or the word that it is over; how the call stands now."""
    chosen = _verified(request, desk, "hotline", account)
    try:
        body = (await read_request(request, most=MAX_SEGMENT)).body
    except ClientDisconnect:
        return {}
    with desk.thinker.after_this():
        stands = await run_in_threadpool(running_calls.take, desk, chosen, call_id, body)
    desk.live_calls.stir()
    if stands.fresh:
        desk.thinker.submit(stands.ticket_id)
    ticket = {"id": stands.ticket_id, "number": stands.number} if stands.ticket_id else None
    return {
        "call_id": call_id,
        "state": stands.state,
        "segments": stands.pieces,
        "ticket": ticket,
        "ignored": stands.ignored,
    }


async def _taken(request: Request, desk: Desk, channel: str, name: str) -> dict[str, Any]:
    account = _verified(request, desk, channel, name)
    try:
        body = (await read_request(request, most=MAX_BODY)).body
    except ClientDisconnect:
        return {}  # nobody is there to read it

    def take() -> dict[str, Any]:
        report = Report()
        intake_files.take(desk, account, [("", body)], report)
        return report.document(desk)

    return await run_in_threadpool(take)


def _verified(request: Request, desk: Desk, channel: str, name: str) -> Account:
    """The account whose token the request carries. Raises ``NotFound`` or ``ForgedMessage``."""
    known = desk.settings.list_accounts(channel) if channel in CHANNELS else []
    found = [each for each in known if each.name == name or (not name and len(known) == 1)]
    if not found:
        raise NotFound("没有这个渠道账号")
    account = desk.account_or_bare(channel, found[0].name)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = str(account.settings.get("token", ""))
    if not token or scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise ForgedMessage("令牌不符")
    return account
