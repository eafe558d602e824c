"""The provider over HTTP: its two calls, its callbacks, and addresses of its own to look and to meddle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.standins import control
from api.standins.broken import ANOTHERS_PAGE, Cut, Hang
from api.standins.control import Given
from api.standins.posting import Outbox, Post
from api.standins.sms.faults import Fault
from api.standins.sms.platform import ACCOUNT, KINDS, Callback, Kind, Platform
from api.standins.sms.refusals import MESSAGES, Refusal

MOST_ITEMS = 100
GATHER = 0.05
"""Seconds in which what is to be told back comes together into one post."""

TRIES = 8
FIRST_PAUSE = 0.2
_PATIENCE = 10.0


def create_app(platform: Platform) -> Starlette:
    """The application of one provider."""
    outbox = Outbox(tries=TRIES, first_pause=FIRST_PAUSE, patience=_PATIENCE)

    def tell() -> None:
        outbox.put(_gathered(platform, outbox), after=GATHER)

    async def send(request: Request) -> Response:
        answer = _answered(platform, "send", platform.send, await control.body_of(request))
        tell()
        return answer

    async def balance(request: Request) -> Response:
        return _answered(platform, "balance", platform.balance, await control.body_of(request))

    async def act(given: Given) -> Mapping[str, Any]:
        who, account = control.text(given, "who"), str(given.get("account", ACCOUNT))
        match given.get("act"):
            case "reply":
                reply_id = platform.reply(who, str(given.get("text", "")), account=account)
                tell()
                return {"reply_id": reply_id}
            case "blacklist" | "unlist" as what:
                platform.list_out(who, out=what == "blacklist", account=account)
                return {}
        raise ValueError("act: reply, blacklist, unlist")

    async def delivery(given: Given) -> Mapping[str, Any]:
        told = given.get("status") or []
        platform.report(
            control.text(given, "to"), [str(each) for each in told] if isinstance(told, list) else [str(told)]
        )
        return {}

    async def callback(given: Given) -> Mapping[str, Any]:
        urls: dict[Kind, str] = {kind: str(given.get(kind, "")) for kind in KINDS}
        platform.call_back(str(given.get("account", ACCOUNT)), urls)
        return {}

    async def accounts(given: Given) -> Mapping[str, Any]:
        platform.admit(given)
        return {}

    async def templates(given: Given) -> Mapping[str, Any]:
        platform.register(control.text(given, "template_id"), control.text(given, "text"))
        return {}

    async def overview(_request: Request) -> Response:
        return JSONResponse({"sent": platform.received(None), "calls": platform.calls})

    own = {"delivery": delivery, "callback": callback, "accounts": accounts, "templates": templates}
    return Starlette(
        routes=[
            Route("/", overview),
            Route("/sms/send", send, methods=["POST"]),
            Route("/sms/balance", balance, methods=["POST"]),
            *control.routes(platform, act=act, acts=own, default_fault_at="send"),
        ]
    )


def _gathered(platform: Platform, outbox: Outbox) -> Post:
    async def post(_http: httpx.AsyncClient) -> bool:
        for callback in platform.told(MOST_ITEMS):
            outbox.put(_posted(platform, callback))
        return True

    return post


def _posted(platform: Platform, callback: Callback) -> Post:
    async def post(http: httpx.AsyncClient) -> bool:
        answer = await http.post(callback.url, json=platform.signed(callback))
        told = answer.json() if answer.status_code == 200 else None
        return isinstance(told, dict) and told.get("code") == 0

    return post


def _answered(
    platform: Platform, at: str, act: Callable[[Mapping[str, Any]], Mapping[str, Any]], given: Mapping[str, Any]
) -> Response:
    broken = platform.called(at)
    if broken is not None and broken.kind not in {"cut", "hang"}:
        return _wrong(broken)
    try:
        answer = JSONResponse({"code": 0, "message": "ok", **act(given)})
    except Refusal as refusal:
        answer = JSONResponse(_refused(refusal))
    if broken is not None:
        return Cut() if broken.kind == "cut" else Hang()
    return answer


def _refused(refusal: Refusal) -> dict[str, Any]:
    told: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    return told if refusal.retry_after is None else {**told, "retry_after": refusal.retry_after}


def _wrong(broken: Fault) -> Response:
    if broken.kind == "code":
        return JSONResponse({"code": broken.number, "message": MESSAGES[broken.number]})
    if broken.kind == "http":
        return PlainTextResponse("injected", broken.number)
    return Response(ANOTHERS_PAGE, media_type="text/html")
