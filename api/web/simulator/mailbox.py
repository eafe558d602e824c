"""信箱: letters through the real mail parser."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api import pipeline
from api.auth import CurrentDesk
from api.demo import payloads, residents
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.web.simulator.door import ACTS, Acting, Door, Playing, fragment
from api.web.simulator.pictures import MOST

router = APIRouter()


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    with desk.database.read() as session:
        return {"letters": residents.conversation(session, "mailbox", person.address)[::-1], "told": ""}


async def _letters(request: Request, desk: Desk, person: Person, told: str = "") -> Response:
    values = await run_in_threadpool(_values, desk, person)
    return await fragment(request, "letters.html", person=person, **values | {"told": told})


@router.get("/letters")
async def letters(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The letters as they stand."""
    return await _letters(request, desk, person)


@router.post("/letters", dependencies=ACTS)
async def post(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    subject: Annotated[str, Form(max_length=200)] = "",
    text: Annotated[str, Form(max_length=20000)] = "",
    replies_to: Annotated[str, Form(max_length=400)] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Send one letter."""
    attached = None
    if file is not None and file.filename:
        attached = (file.filename, await file.read(MOST + 1))
    if attached is not None and len(attached[1]) > MOST:
        return await _letters(request, desk, person, f"附件超过 {MOST // 1_000_000} MB，信没有寄出。")
    account = desk.account_or_bare("mailbox", ACCOUNT)
    if subject.strip() or text.strip():
        payload = payloads.letter(
            sender=(person.name, person.address),
            to=str(account.settings.get("address", "")),
            subject=subject,
            text=text,
            at=desk.now(),
            message_id=f"<{secrets.token_hex(12)}@example.com>",
            replies_to=replies_to,
            file=attached,
        )
        await run_in_threadpool(pipeline.take, desk, account, payload, source="simulator")
    return await _letters(request, desk, person)


DOOR = Door(
    key="mailbox",
    label="信箱",
    lead="信件经过真实的邮件解析；回信由工作台经邮件服务器的替身寄出。",
    channel="mailbox",
    template="mailbox.html",
    values=_values,
    router=router,
    wide=True,
)
