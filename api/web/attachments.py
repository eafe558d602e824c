"""What residents sent along: the original as a download, and pictures of it that the desk drew itself.

It may show who sent it, so it is given only to whoever sees the person, and on record. The original is never shown
here, whatever it is: it may hold where a photograph was taken, or a program.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import opening, scanning
from api.auth import CurrentDesk, CurrentVisitor, Visitor
from api.desk import Desk
from api.errors import Forbidden
from api.sealed import as_download, as_picture
from casework import tickets
from casework.errors import UnknownTicket
from casework.message_tables import AttachedFile
from storage import audit

router = APIRouter(prefix="/tickets/{key}/attachments/{file_id}")

_KINDS = (
    ("image/", "图片"),
    ("audio/", "录音"),
    ("video/", "视频"),
    ("application/pdf", "PDF"),
    ("application/vnd.microsoft.portable-executable", "程序，请勿运行"),
    ("application/x-executable", "程序，请勿运行"),
    ("application/x-msi", "程序，请勿运行"),
    ("text/html", "网页"),
    ("text/", "文本"),
    ("message/rfc822", "邮件"),
    ("application/zip", "压缩包"),
    ("application/vnd.rar", "压缩包"),
    ("application/x-7z-compressed", "压缩包"),
    ("application/gzip", "压缩包"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml", "Word 文档"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml", "Excel 表格"),
    ("application/vnd.openxmlformats", "办公文档"),
    ("application/msword", "办公文档"),
    ("application/vnd.ms-", "办公文档"),
)


def kind_of(media_type: str) -> str:
    """What a file is, in a word, by the type that its bytes prove; whatever its name says."""
    svg = media_type.startswith("image/svg")  # a page that calls itself a picture
    return "网页" if svg else next((word for start, word in _KINDS if media_type.startswith(start)), "文件")


@router.get("")
async def download(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The original, always as a download: what residents send is not run in this page."""
    return as_download(*await run_in_threadpool(_original, desk, who, key, file_id))


@router.get("/picture")
async def picture(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """A picture, or the first page of a PDF, to be read."""
    return await run_in_threadpool(_drawn, desk, who, key, file_id, "shown")


@router.get("/thumbnail")
async def thumbnail(key: str, file_id: str, desk: CurrentDesk, who: CurrentVisitor) -> Response:
    """The same, small, for the conversation."""
    return await run_in_threadpool(_drawn, desk, who, key, file_id, "small")


def _original(desk: Desk, who: Visitor, key: str, file_id: str) -> tuple[bytes, str]:
    found = _found(desk, who, key, file_id, "original")
    return desk.blobs.get(found.blob), found.name


def _drawn(desk: Desk, who: Visitor, key: str, file_id: str, form: str) -> Response:
    found = _found(desk, who, key, file_id, form)
    return as_picture(desk.previews.get(found.blob, form, lambda: desk.blobs.get(found.blob)))


def _found(desk: Desk, who: Visitor, key: str, file_id: str, form: str) -> AttachedFile:
    """The file, if the reader sees the person; put on record before he gets it, with the form he gets it in."""
    with desk.database.read() as session:
        ticket = tickets.get_ticket(session, desk.district, key, who.actor)
        if not opening.reader_of(session, desk, who.actor, ticket).sees(ticket):
            raise Forbidden("附件可能显露诉求人的身份，您不能下载")
        files = [file for message in tickets.conversation(session, ticket) for file in message.attachments]
        found = next((file for file in files if file.id == file_id and file.blob), None)
        if found is None:
            raise UnknownTicket(file_id)
        ticket_id = ticket.id
    scanning.admit(desk, found.blob)
    with desk.database.write.begin() as session:
        audit.record(
            session,
            actor=who.actor.id,
            role=who.actor.role,
            act="read_attachment",
            subject="ticket",
            subject_id=ticket_id,
            now=desk.now(),
            details={"file": file_id, "form": form},
        )
    return found
