"""Server-sent events for who follows running calls: frames with an id to resume from, and a heartbeat.

A reader says what he has by ``Last-Event-ID`` (a browser does so by itself when it comes back) or ``since``. Who has
the present state is sent nothing until it changes; who has another is sent the whole, which takes the place of
whatever he has: nothing is lost, and nothing stands twice. In between, frames hold only what changed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.encoders import jsonable_encoder
from fastapi.responses import StreamingResponse

from api import auth
from api.desk import Desk
from api.live_calls import Key

HEARTBEAT = 15.0
"""Seconds without a frame after which a comment is sent, so that no proxy takes the line for dead. As often it is
looked whether the reader is still signed in.
"""
RETRY_MS = 1000
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

Frames = Callable[[], tuple[str, dict[str, Any]] | None]
"""The next frame with its id, or None while the reader has what there is. Called in a worker thread."""


def had(request: Request, since: str) -> str:
    """The id of the state that the reader has; empty: none."""
    return request.headers.get("last-event-id", "") or since


def response(request: Request, desk: Desk, key: Key | None, frames: Frames) -> StreamingResponse:
    """Follow a call, or all. Raises ``TooMany``."""
    desk.live_calls.check_room()
    return StreamingResponse(_lines(request, desk, key, frames), media_type="text/event-stream", headers=HEADERS)


async def _lines(request: Request, desk: Desk, key: Key | None, frames: Frames) -> AsyncIterator[str]:
    yield f"retry: {RETRY_MS}\n\n"
    with desk.live_calls.watch(key) as watch:
        looked = time.monotonic()
        while not watch.over:
            watch.changed.clear()
            found = await run_in_threadpool(frames)
            if found is not None:
                yield frame(*found)
            try:
                await asyncio.wait_for(watch.changed.wait(), HEARTBEAT)
            except TimeoutError:
                yield ": \n\n"
            if time.monotonic() - looked >= HEARTBEAT:
                if await auth.maybe_visitor(request) is None:
                    yield "event: over\ndata: {}\n\n"
                    return
                looked = time.monotonic()


def frame(number: str, data: dict[str, Any]) -> str:
    """One event."""
    return f"id: {number}\nevent: call\ndata: {json.dumps(jsonable_encoder(data), ensure_ascii=False)}\n\n"
