"""How the stand-in answers a call: by the platform's rules, or wrong in the way it was told to be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from api.standins.wechat.faults import Fault, Place
from api.standins.wechat.platform import Platform, Refusal

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


def answered(platform: Platform, at: Place, act: Callable[[], Mapping[str, Any] | Response]) -> Response:
    """Count the call and answer it: a refusal as WeChat's errcode, a fault in force as what it breaks."""
    fault = platform.called(at)
    if fault is not None and fault.kind not in {"cut", "hang"}:
        return _wrong(fault)
    try:
        given = act()
        answer = given if isinstance(given, Response) else plain(given)
    except Refusal as refusal:
        answer = plain({"errcode": refusal.errcode, "errmsg": refusal.errmsg})
    if fault is not None:
        return _Cut() if fault.kind == "cut" else _Hang()
    return answer


def _wrong(fault: Fault) -> Response:
    if fault.kind == "errcode":
        return plain({"errcode": fault.number, "errmsg": f"injected {fault.number}"})
    if fault.kind == "http":
        return PlainTextResponse("injected", fault.number)
    return Response(_GARBAGE, media_type="text/html")


def plain(content: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON object."""
    return JSONResponse(dict(content), status)
