"""The stand-in over HTTP: WeChat's three calls, and a few addresses of its own to look and to meddle."""

from __future__ import annotations

import json
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.standins.wechat import media
from api.standins.wechat.answering import answered, plain
from api.standins.wechat.faults import Place
from api.standins.wechat.platform import WINDOWS, Act, Platform


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""

    async def stable_token(request: Request) -> Response:
        given = await _json(request)
        return answered(platform, "token", lambda: platform.stable_token(given))

    async def custom_send(request: Request) -> Response:
        body = await _json(request)
        token = request.query_params.get("access_token", "")
        return answered(platform, "send", lambda: platform.send(token, body))

    async def overview(request: Request) -> Response:
        openid = request.query_params.get("openid")
        return plain({"sent": [_row(each) for each in platform.sent(openid)], "calls": platform.calls})

    async def residents(request: Request) -> Response:
        given = await _json(request)
        openid, act = str(given.get("openid", "")), str(given.get("act", "message"))
        known: dict[str, Act] = {name: name for name in WINDOWS}
        if not openid or (act not in known and act != "unsubscribe"):
            return plain({"error": f"openid, act: {', '.join(known)}, unsubscribe"}, 422)
        if act == "unsubscribe":
            platform.unfollow(openid)
        else:
            platform.heard(openid, known[act])
        return plain({"ok": True})

    async def faults(request: Request) -> Response:
        given = await _json(request)
        places: dict[str, Place] = {name: name for name in platform.calls}
        try:
            platform.inject(str(given.get("fault", "")), places.get(str(given.get("at")), "send"))
        except ValueError as problem:
            return plain({"error": str(problem)}, 422)
        return plain({"ok": True})

    return Starlette(
        routes=[
            Route("/", overview),
            Route("/standin/residents", residents, methods=["POST"]),
            Route("/standin/faults", faults, methods=["POST"]),
            *media.routes(platform),
            Route("/cgi-bin/stable_token", stable_token, methods=["POST"]),
            Route("/cgi-bin/message/custom/send", custom_send, methods=["POST"]),
            Route("/cgi-bin/{call:path}", _post_only, methods=["GET"]),
        ]
    )


async def _post_only(_request: Request) -> Response:
    return plain({"errcode": 43002, "errmsg": "require POST method"})


async def _json(request: Request) -> dict[str, Any]:
    """The body as an object; what is none is an empty one, and every field missing."""
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _row(sent: Any) -> dict[str, Any]:
    return {"app_id": sent.app_id, "openid": sent.openid, "text": sent.text, "at": sent.at.isoformat()}
