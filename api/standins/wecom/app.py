"""The stand-in over HTTP: webhook/send, and a few addresses of its own to look and to meddle."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.standins.broken import ANOTHERS_PAGE, Cut, Hang
from api.standins.wecom.platform import ERRORS, Platform


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""

    async def send(request: Request) -> Response:
        fault = platform.fault
        if fault.startswith("http "):
            return PlainTextResponse("injected", int(fault.removeprefix("http ")))
        if fault == "garbage":
            return Response(ANOTHERS_PAGE, media_type="text/html")
        body = await request.body()
        code = platform.send(request.query_params.get("key", ""), _read(body), raw=body)
        if fault == "cut":
            return Cut()
        if fault == "hang":
            return Hang()
        return JSONResponse({"errcode": code, "errmsg": ERRORS.get(code, "ok")})

    async def overview(request: Request) -> Response:
        rows = [
            {"key": each.key[:4] + "***", "kind": each.kind, "content": each.content, "mentioned": each.mentioned}
            for each in platform.said(request.query_params.get("key", ""))
        ]
        return JSONResponse({"said": rows})

    async def faults(request: Request) -> Response:
        given = _read(await request.body())
        try:
            platform.inject(str(given.get("fault", "")) if isinstance(given, dict) else "")
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 422)
        return JSONResponse({"ok": True})

    app = Starlette(
        routes=[
            Route("/", overview),
            Route("/standin/faults", faults, methods=["POST"]),
            Route("/cgi-bin/webhook/send", send, methods=["POST"]),
        ]
    )
    app.state.platform = platform
    return app


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
