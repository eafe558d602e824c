"""What residents sent along: as a download, and pictures that are pictures in the page.

It may show who sent it, so it is given only to whoever sees the person, and on record.
"""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import opening
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden, NotFound
from casework import tickets
from casework.errors import UnknownTicket
from channels.media_types import sniff
from storage import audit

router = APIRouter(prefix="/tickets/{key}/attachments/{file_id}")

PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
"""Types that a browser shows and cannot run."""
_SEALED = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "private, no-store"}


@router.get("")
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """An attachment, always as a download: what residents send is not run in this page."""
    content, name = await run_in_threadpool(_read, desk, who, key, file_id)
    disposition = f"attachment; filename*=UTF-8''{quote(name)}"
    headers = _SEALED | {"content-disposition": disposition}
    return Response(content, media_type="application/octet-stream", headers=headers)


@router.get("/picture")
async def picture(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """An attachment to be shown in the page: only what its first bytes prove to be a picture."""
    content, _ = await run_in_threadpool(_read, desk, who, key, file_id)
    kind = sniff(content)
    if kind not in PICTURES:
        raise NotFound("这个附件不是可以显示的图片，请下载查看")
    return Response(content, media_type=kind, headers=_SEALED | {"content-disposition": "inline"})


def _read(desk: Desk, who: Visitor, key: str, file_id: str) -> tuple[bytes, str]:
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        if not opening.reader_of(session, desk, who.actor, ticket).sees(ticket):
            raise Forbidden("附件可能显露诉求人的身份，您不能下载")
        files = [file for message in tickets.conversation(session, ticket) for file in message.attachments]
        found = next((file for file in files if file.id == file_id and file.blob), None)
        if found is None:
            raise UnknownTicket(file_id)
        content, name = desk.blobs.get(found.blob), found.name
    with desk.database.write.begin() as session:
        audit.record(
            session,
            actor=who.actor.id,
            role=who.actor.role,
            act="read_attachment",
            subject="ticket",
            subject_id=ticket.id,
            now=desk.now(),
        )
    return content, name
