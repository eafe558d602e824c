"""Answers that break on the line, for stand-ins that are told to go wrong."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

ANOTHERS_PAGE = "<html><head><title>302 Found</title></head><body>请先登录本单位的上网认证系统</body></html>"
"""What a box in between answers with."""


class Cut(Response):
    """Promises a body and cuts the connection before it: the server closes what is left incomplete."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"64")]})


class Hang(Response):
    """Never answers; ends when the caller gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        while (await receive())["type"] != "http.disconnect":
            pass
