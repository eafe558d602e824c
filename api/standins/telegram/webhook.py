"""The stand-in calls webhooks (Bot API, setWebhook): updates one by one in their order, each until it is taken.

An answer other than 2XY, or none, is tried again after ever longer pauses; "after a reasonable amount of attempts" the
platform gives an update up, and so does this.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import httpx
from starlette.applications import Starlette

from api.standins.telegram.platform import Platform, Waiting

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
TRIES = 8
FIRST_PAUSE = 0.2
"""Seconds; twice as long with each more. The platform's own begin at a second or so."""

_LOOK_EVERY = 0.02
_PATIENCE = 10.0


@contextlib.asynccontextmanager
async def calling(app: Starlette) -> AsyncIterator[None]:
    """The application's lifespan: while it runs, the webhooks of its platform are called."""
    task = asyncio.ensure_future(_call(app.state.platform))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _call(platform: Platform) -> None:
    """Bots do not wait for each other; the updates of one do."""
    calls: dict[str, asyncio.Task[None]] = {}
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as http:
            while True:
                for waiting in platform.for_webhooks():
                    if waiting.token not in calls or calls[waiting.token].done():
                        calls[waiting.token] = asyncio.ensure_future(_one(platform, http, waiting))
                await asyncio.sleep(_LOOK_EVERY)
    finally:
        for call in calls.values():
            call.cancel()


async def _one(platform: Platform, http: httpx.AsyncClient, waiting: Waiting) -> None:
    if time.monotonic() < waiting.not_before:
        return
    headers = {SECRET_HEADER: waiting.secret} if waiting.secret else {}
    try:
        answer = await http.post(waiting.url, json=waiting.update, headers=headers)
        why = "" if answer.is_success else f"Wrong response from the webhook: {answer.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        why = f"Connection failed: {type(problem).__name__}"
    platform.delivered(waiting, why, give_up_after=TRIES, again_at=time.monotonic() + FIRST_PAUSE * 2**waiting.tries)
