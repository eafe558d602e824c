"""The addresses of its own that every stand-in has: to look at what residents received, and to meddle."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Given = Mapping[str, Any]
Meddle = Callable[[Given], Awaitable[Mapping[str, Any]]]


class Controlled(Protocol):
    """What the addresses need of a platform. Every verb raises ``ValueError`` for what does not fit."""

    def received(self, to: str | None) -> Sequence[Mapping[str, Any]]:
        """What this resident received, or everyone, oldest first."""

    def forward(self, by: timedelta) -> datetime:
        """Move the clock; the moment it shows."""

    def break_at(self, at: str, named: str, times: int | None) -> None:
        """The next calls there go wrong in this way; "" mends it."""

    def limit(self, given: Given) -> None:
        """Set what is counted."""


def routes(platform: Controlled, *, act: Meddle, acts: Mapping[str, Meddle], default_fault_at: str) -> list[Route]:
    """The common addresses of one platform, and ``acts`` beside them by their names."""

    async def sent(request: Request) -> Response:
        return JSONResponse({"sent": list(platform.received(request.query_params.get("to")))})

    async def clock(given: Given) -> Mapping[str, Any]:
        return {"now": platform.forward(timedelta(seconds=number(given, "seconds"))).isoformat()}

    async def faults(given: Given) -> Mapping[str, Any]:
        times = None if given.get("times") is None else whole(given, "times")
        if times is not None and times < 1:
            raise ValueError("times: at least 1")
        platform.break_at(str(given.get("at") or default_fault_at), str(given.get("fault", "")), times)
        return {}

    async def limits(given: Given) -> Mapping[str, Any]:
        platform.limit(given)
        return {}

    named: dict[str, Meddle] = {"act": act, "clock": clock, "faults": faults, "limits": limits, **acts}
    return [
        Route("/standin/sent", sent),
        *(Route(f"/standin/{name}", _meddling(meddle), methods=["POST"]) for name, meddle in named.items()),
    ]


def _meddling(meddle: Meddle) -> Callable[[Request], Awaitable[Response]]:
    async def answered(request: Request) -> Response:
        try:
            told = await meddle(await body_of(request))
        except ValueError as problem:
            return JSONResponse({"error": str(problem)}, 422)
        return JSONResponse({"ok": True, **told})

    return answered


async def body_of(request: Request) -> dict[str, Any]:
    """The body as an object; what is none is an empty one, and every field missing."""
    try:
        given = json.loads(await request.body())
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def text(given: Given, field: str) -> str:
    """A field that has to be there. Raises ``ValueError``."""
    found = given.get(field)
    if not isinstance(found, str | int) or isinstance(found, bool) or found == "":
        raise ValueError(f"{field}: missing")
    return str(found)


def number(given: Given, field: str) -> float:
    """Raises ``ValueError``."""
    found = given.get(field)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    raise ValueError(f"{field}: a number")


def whole(given: Given, field: str) -> int:
    """Raises ``ValueError``."""
    found = given.get(field)
    if isinstance(found, int) and not isinstance(found, bool):
        return found
    raise ValueError(f"{field}: a whole number")
