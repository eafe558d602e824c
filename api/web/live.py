"""Live pages: events sent by the server (SSE) that say what has changed; the page then fetches what it shows.

An event carries no words of anybody: its id is the place in the change log, so a page that was away goes on where it
stopped (``Last-Event-ID``), whatever happened meanwhile. A comment every few seconds keeps the line open, and with it
it is seen whether the visitor is still signed in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from api import auth
from api.desk import Desk
from api.following_live import Entry

POLL_SECONDS = 0.25
BEAT_SECONDS = 15.0
RETRY_MILLISECONDS = 2000
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

Told = tuple[str, str]
"""An event's name and data: keys, never words."""
Concerns = Callable[[Sequence[Entry]], bool | Iterable[Told]]
"""Whether some of these changes are of what the page shows, or what it is told of them; runs in a worker thread."""


def stream(request: Request, desk: Desk, topics: Sequence[str], concerns: Concerns) -> StreamingResponse:
    """Events for a page, ``changed`` or what ``concerns`` says, from where it stopped, or from now on.

    Raises ``TooMany``.
    """
    desk.feed.check_room()
    token, _ = auth.token_of(request)
    events = _events(desk, token, _stopped_at(request), topics, concerns)
    return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)


def _stopped_at(request: Request) -> int | None:
    """The last position that the page has seen; None: it has seen nothing yet, or says nothing that can be read."""
    given = request.headers.get("last-event-id", "") or request.query_params.get("after", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None


def _told(concerned: bool | Iterable[Told], position: int) -> Iterable[Told]:  # noqa: FBT001  (an answer, not a switch)
    if isinstance(concerned, bool):
        return [("changed", str(position))] if concerned else []
    return [(name, data or str(position)) for name, data in concerned]


async def _events(
    desk: Desk, token: str, stopped_at: int | None, topics: Sequence[str], concerns: Concerns
) -> AsyncIterator[str]:
    with desk.feed.followed():
        async for event in _changes(desk, token, stopped_at, topics, concerns):
            yield event


async def _changes(
    desk: Desk, token: str, stopped_at: int | None, topics: Sequence[str], concerns: Concerns
) -> AsyncIterator[str]:
    feed = desk.feed
    tip = await run_in_threadpool(feed.tip)
    position = tip if stopped_at is None else min(stopped_at, tip)
    yield f"retry: {RETRY_MILLISECONDS}\nid: {position}\nevent: here\ndata:\n\n"
    beat = time.monotonic()
    while True:
        if not feed.is_known_unchanged(position):
            entries, position = await run_in_threadpool(feed.after, position, topics)
            concerned = await run_in_threadpool(concerns, entries) if entries else False
            for name, data in _told(concerned, position):
                yield f"id: {position}\nevent: {name}\ndata: {data}\n\n"
        if time.monotonic() - beat >= BEAT_SECONDS:
            if not await run_in_threadpool(auth.still_signed_in, desk, token):
                return
            beat = time.monotonic()
            yield ": still here\n\n"
        await asyncio.sleep(POLL_SECONDS)
