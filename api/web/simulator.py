"""The resident simulator, in demo mode only: a phone and a mailbox, to be the resident oneself.

The server signs, so the page holds no secret. A chat message goes through the official account's real webhook, a
letter through the real mail parser; answers are what the desk's deliveries say was sent.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, File, Form, Header, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from api import pipeline
from api.auth import CurrentDesk, maybe_visitor
from api.demo import media, payloads, residents
from api.demo.residents import ACCOUNT, Person
from api.desk import Desk
from api.errors import Forbidden, NotFound
from api.web import render
from channels.media_types import sniff

router = APIRouter(prefix="/simulator")

MAX_FILE = 5_000_000
PLACES = 12
Key = Annotated[str, Query(alias="person", max_length=20)]
FormKey = Annotated[str, Form(alias="person", max_length=20)]


def _from_the_page(hx_request: str) -> None:
    """Only our own page can set this header: no other site may write in a resident's name."""
    if hx_request != "true":
        raise Forbidden("请从居民模拟器页面操作")


Ours = Annotated[str, Header(alias="hx-request")]


@router.get("")
async def show(request: Request, desk: CurrentDesk, key: Key = "") -> Response:
    """Phone and mailbox side by side."""
    who = await maybe_visitor(request)
    person = residents.person_of(key)

    def read() -> HTMLResponse:
        places = [place for place in desk.district.gazetteer if place.community]
        chosen = random.Random(person.key).sample(places, min(PLACES, len(places)))  # noqa: S311  only a suggestion
        return render.page(
            request,
            "simulator.html",
            who,
            person=person,
            people=residents.PEOPLE,
            places=[place.name for place in chosen],
            **_phone(desk, person),
            **_mail(desk, person),
        )

    return await run_in_threadpool(read)


def _phone(desk: Desk, person: Person) -> dict[str, Any]:
    with desk.database.read() as session:
        lines = residents.conversation(session, "wechat", person.openid)
        return {"chat": lines, "tickets": residents.tickets_of(session, person), "said": ""}


def _mail(desk: Desk, person: Person) -> dict[str, Any]:
    with desk.database.read() as session:
        return {"letters": residents.conversation(session, "mailbox", person.address)[::-1]}


async def _fragment(request: Request, desk: Desk, template: str, **values: Any) -> HTMLResponse:
    states = desk.district.workflow.ticket.states
    shown = {"states": states, "who": await maybe_visitor(request)} | values
    return HTMLResponse(render.fragment(template, **render.shared(request), **shown))


@router.get("/chat")
async def chat(request: Request, desk: CurrentDesk, key: Key = "") -> Response:
    """The conversation as it stands."""
    person = residents.person_of(key)
    values = await run_in_threadpool(_phone, desk, person)
    return await _fragment(request, desk, "simulator_chat.html", person=person, **values)


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

    account = desk.account("wechat", ACCOUNT)
    if account is None:
        raise NotFound("没有演示公众号")
    if sent is not None and (platform := account.settings.get("api_base")):
        async with httpx.AsyncClient(base_url=str(platform), timeout=5) as client:
            await client.post("/standin/residents", json={"openid": sent.openid, "act": sent.act})
            if sent.content:
                headers = {"content-type": sent.media_type}
                query = {"media_id": sent.media_id}
                await client.post("/standin/media", params=query, content=sent.content, headers=headers)
    signed = Signer(account.settings).request(payload)
    transport = httpx.ASGITransport(app=request.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        await client.post(f"/channels/wechat/{ACCOUNT}", params=dict(signed.query), content=signed.body)


@router.post("/chat")
async def write(
    request: Request,
    desk: CurrentDesk,
    key: FormKey = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    kind: Annotated[str, Form(pattern="^(text|voice|image|location|event)$")] = "text",
    file: Annotated[UploadFile | None, File()] = None,
    hx_request: Ours = "",
) -> Response:
    """Send one chat message; a picture is the file chosen, or one of ours."""
    _from_the_page(hx_request)
    person = residents.person_of(key)
    chosen = await file.read(MAX_FILE + 1) if file is not None and file.filename else b""
    refused = _refused(chosen) if kind == "image" else ""
    if (text.strip() or kind == "image") and not refused:
        number = "" if kind == "event" else str(secrets.randbelow(10**18))
        payload = payloads.wechat_xml(
            sender=person.openid, at=desk.now(), kind=kind, text=text.strip(), message_id=number
        )
        await _deliver(request, desk, payload, _sent(person, kind, text.strip(), number, chosen))
    values = await run_in_threadpool(_phone, desk, person)
    values["said"] = refused
    return await _fragment(request, desk, "simulator_chat.html", person=person, **values)


def _refused(chosen: bytes) -> str:
    """Why the chosen file cannot be sent as a picture, as the phone would say it."""
    if len(chosen) > MAX_FILE:
        return f"图片超过 {MAX_FILE // 1_000_000} MB，没有发出。"
    return "这个文件不是图片，没有发出。" if chosen and not sniff(chosen).startswith("image/") else ""


def _sent(person: Person, kind: str, text: str, number: str, chosen: bytes) -> _Sent:
    if kind == "event":
        return _Sent(person.openid, text)
    content, media_type = b"", ""
    if kind == "image":
        content = chosen or media.picture()
        media_type = sniff(content)
    elif kind == "voice":
        content, media_type = media.VOICE, "audio/amr"
    return _Sent(person.openid, "message", payloads.media_id(number), content, media_type)


@router.post("/again")
async def again(request: Request, desk: CurrentDesk, key: FormKey = "", hx_request: Ours = "") -> Response:
    """Deliver the last chat message once more, as WeChat does when it heard nothing: nothing new may come of it."""
    _from_the_page(hx_request)
    person = residents.person_of(key)

    def find() -> bytes:
        with desk.database.read() as session:
            blob = residents.last_blob(session, person)
        return desk.blobs.get(blob) if blob else b""

    payload = await run_in_threadpool(find)
    if payload:
        await _deliver(request, desk, payload)
    values = await run_in_threadpool(_phone, desk, person)
    values["said"] = "已重复投递上一条：没有新增工单，应答与第一次相同。" if payload else "还没有可以重复投递的消息。"
    return await _fragment(request, desk, "simulator_chat.html", person=person, **values)


@router.get("/mail")
async def mail(request: Request, desk: CurrentDesk, key: Key = "") -> Response:
    """The letters as they stand."""
    person = residents.person_of(key)
    return await _fragment(
        request, desk, "simulator_letters.html", person=person, **await run_in_threadpool(_mail, desk, person)
    )


@router.post("/mail")
async def post(
    request: Request,
    desk: CurrentDesk,
    key: FormKey = "",
    subject: Annotated[str, Form(max_length=200)] = "",
    text: Annotated[str, Form(max_length=20000)] = "",
    replies_to: Annotated[str, Form(max_length=400)] = "",
    file: Annotated[UploadFile | None, File()] = None,
    hx_request: Ours = "",
) -> Response:
    """Send one letter."""
    _from_the_page(hx_request)
    person = residents.person_of(key)
    attached = None
    if file is not None and file.filename:
        attached = (file.filename, await file.read(MAX_FILE))
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
    return await _fragment(
        request, desk, "simulator_letters.html", person=person, **await run_in_threadpool(_mail, desk, person)
    )
