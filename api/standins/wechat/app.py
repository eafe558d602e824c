"""The stand-in over HTTP: WeChat's calls, and addresses of its own to look and to meddle (docs/standins.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.standins import control
from api.standins.control import Given
from api.standins.wechat import media
from api.standins.wechat.acting import Acting
from api.standins.wechat.answering import answered, plain
from api.standins.wechat.faults import Place
from api.standins.wechat.platform import WINDOWS, Act, Platform

_Call = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


def create_app(platform: Platform) -> Starlette:
    """The application of one platform."""
    acting = Acting(platform)

    async def stable_token(request: Request) -> Response:
        given = await control.body_of(request)
        return answered(platform, "token", lambda: platform.stable_token(given))

    def calling(path: str, at: Place, call: _Call) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await control.body_of(request)
            token = request.query_params.get("access_token", "")
            answer = answered(platform, at, lambda: call(token, body))
            acting.tell()
            return answer

        return Route(f"/cgi-bin/{path}", endpoint, methods=["POST"])

    async def menu_get(request: Request) -> Response:
        return answered(platform, "menu", lambda: platform.menu(request.query_params.get("access_token", "")))

    async def overview(request: Request) -> Response:
        openid = request.query_params.get("openid")
        return plain({"sent": [_row(each) for each in platform.sent(openid)], "calls": platform.calls})

    return Starlette(
        routes=[
            Route("/", overview),
            *_own(platform, acting),
            *media.routes(platform),
            Route("/cgi-bin/stable_token", stable_token, methods=["POST"]),
            calling("message/custom/send", "send", platform.send),
            calling("message/custom/typing", "typing", platform.typing),
            calling("message/template/send", "template", platform.template),
            calling("message/subscribe/bizsend", "subscribe", platform.subscribe),
            calling("menu/create", "menu", platform.make_menu),
            Route("/cgi-bin/menu/get", menu_get),
            Route("/cgi-bin/{call:path}", _wrong_method, methods=["GET", "POST"]),
        ]
    )


def _own(platform: Platform, acting: Acting) -> list[Route]:
    async def residents(given: Given) -> Mapping[str, Any]:
        openid, act = control.text(given, "openid"), str(given.get("act", "message"))
        known: dict[str, Act] = {name: name for name in WINDOWS}
        if act == "unsubscribe":
            platform.unfollow(openid)
        elif act in known:
            platform.heard(openid, known[act])
        else:
            raise ValueError(f"act: {', '.join(known)}, unsubscribe")
        return {}

    async def delivery(given: Given) -> Mapping[str, Any]:
        platform.deliver(control.text(given, "to"), str(given.get("status")))
        return {}

    async def callback(given: Given) -> Mapping[str, Any]:
        acting.configure(given)
        return {}

    async def templates(given: Given) -> Mapping[str, Any]:
        platform.register(control.text(given, "template_id"), control.text(given, "content"))
        return {}

    own = {"residents": residents, "delivery": delivery, "callback": callback, "templates": templates}
    return control.routes(platform, act=acting.act, acts=own, default_fault_at="send")


async def _wrong_method(request: Request) -> Response:
    if request.method == "GET":
        return plain({"errcode": 43002, "errmsg": "require POST method"})
    if request.path_params["call"] in {"menu/get", "media/get"}:
        return plain({"errcode": 43001, "errmsg": "require GET method"})
    return plain({}, 404)


def _row(sent: Any) -> dict[str, Any]:
    return {"app_id": sent.app_id, "openid": sent.openid, "text": sent.text, "at": sent.at.isoformat()}
