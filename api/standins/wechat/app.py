"""The stand-in over HTTP: WeChat's two calls, and a few addresses of its own to look and to meddle."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.standins.wechat.faults import Fault, Place
from api.standins.wechat.platform import WINDOWS, Act, Platform, Refusal

_GARBAGE = "<html><head><title>302 Found</title></head><body>请先登录本单位的上网认证系统</body></html>"


class _Cut(Response):
    """Promises a body and cuts the connection before it: the server closes what is left incomplete."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})


class _Hang(Response):
    """Never answers; ends when the caller gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        while (await receive())["type"] != "http.disconnect":
            pass


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""

    async def stable_token(request: Request) -> Response:
        given = await _json(request)
        return _answered(platform, "token", lambda: platform.stable_token(given))

    async def custom_send(request: Request) -> Response:
        body = await _json(request)
        token = request.query_params.get("access_token", "")
        return _answered(platform, "send", lambda: platform.send(token, body))

    async def overview(request: Request) -> Response:
        openid = request.query_params.get("openid")
        return _plain({"sent": [_row(each) for each in platform.sent(openid)], "calls": platform.calls})

    async def residents(request: Request) -> Response:
        given = await _json(request)
        openid, act = str(given.get("openid", "")), str(given.get("act", "message"))
        known: dict[str, Act] = {name: name for name in WINDOWS}
        if not openid or (act not in known and act != "unsubscribe"):
            return _plain({"error": f"openid, act: {', '.join(known)}, unsubscribe"}, 422)
        if act == "unsubscribe":
            platform.unfollow(openid)
        else:
            platform.heard(openid, known[act])
        return _plain({"ok": True})

    async def faults(request: Request) -> Response:
        given = await _json(request)
        at: Place = "token" if given.get("at") == "token" else "send"
        try:
            platform.inject(str(given.get("fault", "")), at)
        except ValueError as problem:
            return _plain({"error": str(problem)}, 422)
        return _plain({"ok": True})

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/standin/residents", residents, methods=["POST"]),
            Route("/standin/faults", faults, methods=["POST"]),
            Route("/cgi-bin/stable_token", stable_token, methods=["POST"]),
            Route("/cgi-bin/message/custom/send", custom_send, methods=["POST"]),
            Route("/cgi-bin/{call:path}", _post_only, methods=["GET"]),
        ]
    )


async def _post_only(_request: Request) -> Response:
    return _plain({"errcode": 43002, "errmsg": "require POST method"})


async def _json(request: Request) -> dict[str, Any]:
    """The body as an object; what is none is an empty one, and every field missing."""
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _answered(platform: Platform, at: Place, act: Callable[[], Mapping[str, Any]]) -> Response:
    fault = platform.called(at)
    if fault is not None and fault.kind not in {"cut", "hang"}:
        return _wrong(fault)
    try:
        answer = _plain(act())
    except Refusal as refusal:
        answer = _plain({"errcode": refusal.errcode, "errmsg": refusal.errmsg})
    if fault is not None:
        return _Cut() if fault.kind == "cut" else _Hang()
    return answer


def _wrong(fault: Fault) -> Response:
    if fault.kind == "errcode":
        return _plain({"errcode": fault.number, "errmsg": f"injected {fault.number}"})
    if fault.kind == "http":
        return PlainTextResponse("injected", fault.number)
    return Response(_GARBAGE, media_type="text/html")


def _row(sent: Any) -> dict[str, Any]:
    return {"app_id": sent.app_id, "openid": sent.openid, "text": sent.text, "at": sent.at.isoformat()}


def _plain(content: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(dict(content), status)
