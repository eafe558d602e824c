"""微信: a phone. A message is signed and goes through the official account's real webhook."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from api.auth import CurrentDesk
from api.demo import media, payloads, residents
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.web.simulator import pictures
from api.web.simulator.door import ACTS, Acting, Door, Playing, calling, demo_account, fragment
from channels.media_types import sniff

router = APIRouter()

PLACES = 12


def phone(desk: Desk, person: Person, channel: str) -> dict[str, Any]:
    """What a chat shows on somebody's phone."""
    with desk.database.read() as session:
        return {"chat": residents.conversation(session, channel, person.on(channel)), "told": ""}


def places(desk: Desk, person: Person) -> list[str]:
    """Some places to speak of: only a suggestion."""
    known = [place.name for place in desk.district.gazetteer if place.community]
    return random.Random(person.key).sample(known, min(PLACES, len(known)))  # noqa: S311


def _values(desk: Desk, person: Person) -> dict[str, Any]:
    return {"places": places(desk, person), **phone(desk, person, "wechat")}


async def _chat(request: Request, desk: Desk, person: Person, told: str = "") -> Response:
    values = await run_in_threadpool(phone, desk, person, "wechat")
    return await fragment(request, "chat.html", person=person, **values | {"told": told})


@router.get("/chat")
async def chat(request: Request, desk: CurrentDesk, person: Playing) -> Response:
    """The conversation as it stands."""
    return await _chat(request, desk, person)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the resident did, for the stand-in to hear first: it lets the account write to him, it keeps his file."""

    openid: str
    act: str = "message"
    media_id: str = ""
    content: bytes = b""
    media_type: str = ""


async def _deliver(request: Request, desk: Desk, payload: bytes, sent: _Sent | None = None) -> None:
    """Sign a payload and post it to the account's own webhook, as WeChat would."""
    from api.standins.wechat import Signer

    account = demo_account(desk, "wechat")
    if sent is not None and (platform := account.settings.get("api_base")):
        async with httpx.AsyncClient(base_url=str(platform), timeout=5) as client:
            await client.post("/standin/residents", json={"openid": sent.openid, "act": sent.act})
            if sent.content:
                headers = {"content-type": sent.media_type}
                query = {"media_id": sent.media_id}
                await client.post("/standin/media", params=query, content=sent.content, headers=headers)
    signed = Signer(account.settings).request(payload)
    async with calling(request) as client:
        await client.post(f"/channels/wechat/{ACCOUNT}", params=dict(signed.query), content=signed.body)


@router.post("/chat", dependencies=ACTS)
async def write(
    request: Request,
    desk: CurrentDesk,
    person: Acting,
    text: Annotated[str, Form(max_length=2000)] = "",
    kind: Annotated[str, Form(pattern="^(text|voice|image|location|event)$")] = "text",
    file: Annotated[UploadFile | None, File()] = None,
) -> Response:
    """Send one chat message; a picture is the file chosen, or one of ours."""
    picture, refused = await pictures.chosen(file) if kind == "image" else (b"", "")
    if (text.strip() or kind == "image") and not refused:
        number = "" if kind == "event" else str(secrets.randbelow(10**18))
        payload = payloads.wechat_xml(
            sender=person.openid, at=desk.now(), kind=kind, text=text.strip(), message_id=number
        )
        await _deliver(request, desk, payload, _sent(person, kind, text.strip(), number, picture))
    return await _chat(request, desk, person, refused)


def _sent(person: Person, kind: str, text: str, number: str, picture: bytes) -> _Sent:
    if kind == "event":
        return _Sent(person.openid, text)
    content, media_type = b"", ""
    if kind == "image":
        content, media_type = picture, sniff(picture)
    elif kind == "voice":
        content, media_type = media.VOICE, "audio/amr"
    return _Sent(person.openid, "message", payloads.media_id(number), content, media_type)


@router.post("/again", dependencies=ACTS)
async def again(request: Request, desk: CurrentDesk, person: Acting) -> Response:
    """Deliver the last chat message once more, as WeChat does when it heard nothing: nothing new may come of it."""

    def find() -> bytes:
        with desk.database.read() as session:
            blob = residents.last_blob(session, person)
        return desk.blobs.get(blob) if blob else b""

    payload = await run_in_threadpool(find)
    if payload:
        await _deliver(request, desk, payload)
    told = "已重复投递上一条：没有新增工单，应答与第一次相同。" if payload else "还没有可以重复投递的消息。"
    return await _chat(request, desk, person, told)


DOOR = Door(
    key="wechat",
    label="微信",
    lead="消息由服务器签名后送进公众号的真实回调；手机上的回复就是工作台实际发出的内容。",
    channel="wechat",
    template="wechat.html",
    values=_values,
    router=router,
)
