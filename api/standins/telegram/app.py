"""The stand-in over HTTP: the Bot API's methods, and a few addresses of its own to look and to meddle."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.standins import control
from api.standins.broken import ANOTHERS_PAGE, Cut, Hang
from api.standins.control import Given
from api.standins.telegram.faults import ERRORS, Fault
from api.standins.telegram.platform import Platform, Refusal
from api.standins.telegram.webhook import calling

_LONGEST_POLL = 50.0
_LOOK_EVERY = 0.02
_Method = Callable[[str, Mapping[str, Any]], Any]


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""
    methods: dict[str, _Method] = {
        "getMe": lambda token, _: platform.me(token),
        "sendMessage": platform.send_message,
        "getFile": lambda token, given: platform.file(token, given.get("file_id")),
        "setWebhook": platform.set_webhook,
        "getWebhookInfo": lambda token, _: platform.webhook_info(token),
        "deleteWebhook": platform.delete_webhook,
        "answerCallbackQuery": platform.answer_callback,
        "editMessageText": platform.edit_text,
        "editMessageReplyMarkup": platform.edit_markup,
        "sendChatAction": platform.chat_action,
    }
    known = {name.lower(): name for name in [*methods, "getUpdates"]}

    async def call(request: Request) -> Response:
        token, name = request.path_params["token"], known.get(request.path_params["method"].lower(), "")
        given = await _given(request)
        if not name:
            return _error(ERRORS["not found"])
        broken = platform.called(name)
        if broken is not None and broken.kind not in {"cut", "hang"}:
            return _wrong(broken)
        try:
            found = (
                await _updates(platform, token, given, request.is_disconnected)
                if name == "getUpdates"
                else methods[name](token, given)
            )
            answer: Response = JSONResponse({"ok": True, "result": found})
        except Refusal as refusal:
            answer = _error(refusal.why)
        return answer if broken is None else _wrong(broken)

    async def download(request: Request) -> Response:
        broken = platform.called("file")
        if broken is not None:
            return _wrong(broken)
        try:
            content = platform.content(request.path_params["token"], request.path_params["path"])
        except Refusal as refusal:
            return _error(refusal.why)
        return _error(ERRORS["not found"]) if content is None else Response(content)

    app = Starlette(
        lifespan=calling,
        routes=[
            *_own(platform),
            Route("/file/bot{token}/{path:path}", download),
            Route("/bot{token}/{method}", call, methods=["GET", "POST"]),
        ],
    )
    app.state.platform = platform
    return app


def _own(platform: Platform) -> list[Route]:
    async def overview(request: Request) -> Response:
        chat = request.query_params.get("chat", "")
        sent = platform.sent(int(chat) if chat.lstrip("-").isdigit() else None)
        rows = [{"chat": each.chat, "text": each.text, "at": each.at.isoformat()} for each in sent]
        return JSONResponse({"sent": rows, "calls": platform.calls})

    async def updates(request: Request) -> Response:
        """An update as JSON, without its number: waits for the bot of ``token``."""
        given = await _given(request)
        try:
            return JSONResponse({"update_id": platform.offer(request.query_params.get("token", ""), given)})
        except Refusal:
            return JSONResponse({"error": "token"}, 422)

    async def files(request: Request) -> Response:
        file_id = request.query_params.get("file_id", "")
        if not file_id:
            return JSONResponse({"error": "file_id"}, 422)
        platform.keep(file_id, await request.body())
        return JSONResponse({"ok": True})

    async def act(given: Given) -> Mapping[str, Any]:
        return platform.act(given)

    return [
        Route("/", overview),
        Route("/standin/updates", updates, methods=["POST"]),
        Route("/standin/files", files, methods=["POST"]),
        *control.routes(platform, act=act, acts={}, default_fault_at="sendMessage"),
    ]


async def _updates(
    platform: Platform, token: str, given: Mapping[str, Any], gone: Callable[[], Awaitable[bool]]
) -> list[dict[str, Any]]:
    """Bot API, getUpdates: answers as soon as there is one, or empty after ``timeout`` seconds."""
    poll, limit = platform.poll(token, _number(given.get("offset"), 0)), _number(given.get("limit"), 100)
    ends = time.monotonic() + min(_LONGEST_POLL, _number(given.get("timeout"), 0))
    while True:
        found = platform.waiting(token, poll, limit)
        if found or time.monotonic() >= ends or await gone():
            return found
        await asyncio.sleep(_LOOK_EVERY)


async def _given(request: Request) -> dict[str, Any]:
    """The parameters: of the address, of a form or of a JSON object; what is none of them is empty."""
    found: dict[str, Any] = dict(request.query_params)
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            told = None
        return found | told if isinstance(told, dict) else found
    return found | dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _number(given: object, default: int) -> int:
    try:
        return int(str(given))
    except ValueError:
        return default


def _wrong(broken: Fault) -> Response:
    if broken.kind == "cut":
        return Cut()
    if broken.kind == "hang":
        return Hang()
    if broken.kind == "error":
        return _error(broken)
    if broken.kind == "http":
        return PlainTextResponse("injected", broken.code)
    return Response(ANOTHERS_PAGE, media_type="text/html")


def _error(why: Fault) -> Response:
    told: dict[str, Any] = {"ok": False, "error_code": why.code, "description": why.description}
    if why.parameters:
        told["parameters"] = why.parameters
    return JSONResponse(told, why.code)
