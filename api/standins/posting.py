"""Callbacks that a stand-in makes to a desk, tried again until they are taken or given up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx

Post = Callable[[httpx.AsyncClient], Awaitable[bool]]
"""Makes the callback once; whether it was taken."""


class Outbox:
    """Callbacks under way. Used from the loop that serves the stand-in, whose end ends them."""

    def __init__(self, *, tries: int, first_pause: float, patience: float) -> None:
        self._tries = tries
        self._first_pause = first_pause
        self._patience = patience
        self._under_way: set[asyncio.Task[bool]] = set()

    def put(self, post: Post, *, after: float = 0.0) -> None:
        """Make this callback after so many seconds; return at once."""
        task = asyncio.ensure_future(self._later(post, after))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _later(self, post: Post, after: float) -> bool:
        await asyncio.sleep(after)
        return await self.deliver(post)

    async def deliver(self, post: Post) -> bool:
        """Make this callback; whether it was taken in the end."""
        async with httpx.AsyncClient(timeout=self._patience, trust_env=False) as http:
            for tried in range(self._tries):
                try:
                    if await post(http):
                        return True
                except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                    pass  # not taken: no answer, or one that cannot be read
                if tried + 1 < self._tries:
                    await asyncio.sleep(self._first_pause * 2**tried)
        return False
