"""How the stand-in answers a call: by the platform's rules, or wrong in the way it was told to be."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response

from api.standins.broken import ANOTHERS_PAGE, Cut, Hang
from api.standins.wechat.faults import Fault, Place
from api.standins.wechat.platform import Platform, Refusal


def answered(platform: Platform, at: Place, act: Callable[[], Mapping[str, Any] | Response]) -> Response:
    """Count the call and answer it: a refusal as WeChat's errcode, a fault in force as what it breaks."""
    fault = platform.called(at)
    if fault is not None and fault.kind not in {"cut", "hang"}:
        return _wrong(fault)
    try:
        given = act()
        answer = given if isinstance(given, Response) else plain(given)
    except Refusal as refusal:
        answer = plain({"errcode": refusal.errcode, "errmsg": f"{refusal.errmsg} rid: {_rid()}"})
    if fault is not None:
        return Cut() if fault.kind == "cut" else Hang()
    return answer


def _rid() -> str:
    """The id of the request, as the platform ends its words with."""
    return "-".join(secrets.token_hex(4) for _ in range(3))


def _wrong(fault: Fault) -> Response:
    if fault.kind == "errcode":
        return plain({"errcode": fault.number, "errmsg": f"injected {fault.number}"})
    if fault.kind == "http":
        return PlainTextResponse("injected", fault.number)
    return Response(ANOTHERS_PAGE, media_type="text/html")


def plain(content: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON object."""
    return JSONResponse(dict(content), status)
