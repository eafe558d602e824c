"""Telegram: a phone. An update goes through the bot's real webhook; files lie with the stand-in of the Bot API."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.auth import CurrentDesk
from api.demo import residents, telegram_updates
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.web.simulator import pictures
from api.web.simulator.door import ACTS, Acting, Door, Playing, calling, demo_account, fragment
from api.web.simulator.wechat import phone, places

router = APIRouter()


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    return {"places": places(desk, person), **phone(desk, person, "telegram")}


async def _chat(request: Request, desk: Desk, person: Person, told: str = "") -> Response:
    values = await run_in_threadpool(phone, desk, person, "telegram")
    return await fragment(request, "chat.html", person=person, **values | {"told": told})


@router.get("/chat")
async def chat(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The conversation as it stands."""
    return await _chat(request, desk, person)


@router.post("/chat", dependencies=ACTS)
async def write(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    text: Annotated[str, Form(max_length=2000)] = "",
    kind: Annotated[str, Form(pattern="^(text|image|location|edit|start)$")] = "text",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Send one message, or word the last one anew; a picture is the file chosen, or one of ours."""
    said, told, picture = text.strip(), "", b""
    message_id = int(desk.now().timestamp() * 1000)
    if kind == "image":
        picture, told = await pictures.chosen(file)
    elif kind == "edit":
        message_id = await run_in_threadpool(_last, desk, person)
        told = "" if message_id else "还没有可以修改的文字消息。"
    if told or not (said or kind in ("image", "location", "start")):
        return await _chat(request, desk, person, told)
    file_id = f"demo-{secrets.token_hex(12)}" if picture else ""
    update = telegram_updates.update(person, message_id, kind=kind, text=said, file_id=file_id, at=desk.now())
    told = await _deliver(request, desk, update, file_id, picture)
    return await _chat(request, desk, person, told)


def _last(desk: Desk, person: Person) -> int:
    with desk.database.read() as session:
        return residents.last_telegram_text(session, person)


async def _deliver(request: Request, desk: Desk, update: dict[str, Any], file_id: str, picture: bytes) -> str:
    """Hand the platform its file and the desk its update, with the secret token; what the desk refused, in words."""
    account = demo_account(desk, "telegram")
    if picture:
        async with httpx.AsyncClient(base_url=str(account.settings["base_url"]), timeout=5) as platform:
            await platform.post("/standin/files", params={"file_id": file_id}, content=picture)
    headers = {
        "x-telegram-bot-api-secret-token": str(account.settings["secret_token"]),
        "content-type": "application/json",
    }
    body = json.dumps(update, ensure_ascii=False).encode("utf-8", "replace")
    async with calling(request) as client:
        answer = await client.post(f"/channels/telegram/{ACCOUNT}", content=body, headers=headers)
    return "" if answer.is_success else "工作台没有收下这条消息。"


DOOR = Door(
    key="telegram",
    label="Telegram",
    lead="消息带着密钥送进机器人的真实回调；回复由工作台经 Bot API 的替身发出。修改过的消息在工单上换成新的说法。",
    channel="telegram",
    template="telegram.html",
    values=_values,
    router=router,
)
