"""The stand-in over HTTP: the four acts, the files of orders, and addresses of its own to issue orders and meddle."""

from __future__ import annotations

import json
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.standins.broken import ANOTHERS_PAGE, Cut, Hang
from api.standins.city import signing
from api.standins.city.platform import FAULTS, LINE, Platform, Refused


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""

    async def act(request: Request) -> Response:
        number, name = request.path_params["number"], request.path_params["act"]
        return await _answered(platform, request, lambda body: {"id": platform.report(number, name, _object(body))})

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        if broken := _broken(platform):
            return broken
        try:
            platform.check(dict(request.headers), await request.body(), now=platform.clock())
        except Refused as problem:
            return _refusal(problem)
        content = platform.files.get(name)
        return Response(content) if content is not None else Response(status_code=404)

    async def overview(request: Request) -> Response:
        number = request.query_params.get("number", "")
        return JSONResponse({"orders": platform.orders(), "reports": platform.reports(number)})

    async def push(request: Request) -> Response:
        """``{"to": the desk's address, "payload": …}``: sign and push, as the platform does."""
        given = await request.json()
        payload = given["payload"]
        if payload.get("act", "issue") == "issue":
            platform.issue(payload)
        body = json.dumps(payload, ensure_ascii=False).encode()
        head = signing.signed(platform.secret, platform.app_key, body, now=platform.clock())
        async with httpx.AsyncClient(timeout=20, trust_env=False) as http:
            answer = await http.post(str(given["to"]), content=body, headers=head)
        return Response(answer.content, answer.status_code, media_type="application/json")

    async def known(request: Request) -> Response:
        platform.issue(await request.json())
        return JSONResponse({"ok": True})

    async def faults(request: Request) -> Response:
        wanted = str((await request.json()).get("fault", ""))
        if wanted and wanted not in (*FAULTS, *LINE):
            return JSONResponse({"error": f"fault: {', '.join([*FAULTS, *LINE])}"}, 422)
        platform.fault = wanted
        return JSONResponse({"ok": True})

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/orders/{number}/{act}", act, methods=["POST"]),
            Route("/files/{name}", file),
            Route("/standin/orders", known, methods=["POST"]),
            Route("/standin/push", push, methods=["POST"]),
            Route("/standin/faults", faults, methods=["POST"]),
        ]
    )


async def _answered(platform: Platform, request: Request, take: Any) -> Response:
    body = await request.body()
    if platform.fault in FAULTS:
        return _refusal(Refused(*FAULTS[platform.fault]))
    try:
        platform.check(dict(request.headers), body, now=platform.clock())
        told = {"code": 0, "message": "ok", **take(body)}
    except Refused as problem:
        return _refusal(problem)
    return _broken(platform) or JSONResponse(told)


def _broken(platform: Platform) -> Response | None:
    if platform.fault in FAULTS:
        return _refusal(Refused(*FAULTS[platform.fault]))
    if platform.fault == "garbage":
        return Response(ANOTHERS_PAGE, media_type="text/html")
    return {"cut": Cut(), "hang": Hang()}.get(platform.fault)


def _refusal(problem: Refused) -> Response:
    head = {"retry-after": "7"} if problem.status == 429 else None
    return JSONResponse({"code": problem.code, "message": problem.message}, problem.status, headers=head)


def _object(body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Refused(*FAULTS["unfit"])
    return given
