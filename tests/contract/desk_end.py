"""The desk's end of a stand-in's callbacks: an HTTP server that keeps what came and answers as it was told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.standins.background import BackgroundServer


@dataclass(frozen=True)
class Came:
    """One callback as it came."""

    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class DeskEnd(BackgroundServer):
    """Answers with ``answers`` in their order (status, body), then always with ``usual``."""

    def __init__(self, usual: bytes, *answers: tuple[int, bytes]) -> None:
        self.came: list[Came] = []
        self.usual = usual
        self.answers = list(answers)
        super().__init__(Starlette(routes=[Route("/", self._take, methods=["POST"])]))

    async def _take(self, request: Request) -> Response:
        self.came.append(Came(dict(request.query_params), dict(request.headers), await request.body()))
        status, body = self.answers.pop(0) if self.answers else (200, self.usual)
        return Response(body, status)


def until(holds: Callable[[], Any], *, within: float = 20.0) -> None:
    """Wait until it holds; fail when it does not."""
    ends = time.monotonic() + within
    while not holds():
        assert time.monotonic() < ends, "it did not come true"
        time.sleep(0.02)
