"""Fetching updates (Bot API, getUpdates), each handed over and committed before the platform may forget it.

The platform forgets what lies below the offset of a later call. The offset is stored only after ``receive`` has
returned, and named to the platform only by the next call. A watch begins without an offset, which gives the earliest
update not yet forgotten, and passes over the hundred numbers below the stored one: they were committed just before.
So a number that is no longer true (after a quiet week the platform begins anew at a random one, and another bot has
numbers of its own) never makes the platform forget what nobody has read. A new beginning that falls into just those
hundred of some two thousand million is taken for known.
"""

from __future__ import annotations

import asyncio
import logging
import random

from telegram import Bot
from telegram.error import TelegramError

from channels.base import ChannelState, Receive
from channels.errors import ChannelMisconfigured
from channels.message import Account
from channels.telegram.account import Calling, calling
from channels.telegram.line import Refusal, Updates, connected, misconfigured
from channels.telegram.updates import Garbled, cut
from channels.watching import note_beside

log = logging.getLogger(__name__)

WANTED = ("message", "edited_message", "callback_query", "my_chat_member")
BATCH = 100
LONGEST_PAUSE = 120.0
STEADY = 60.0
"""Seconds a watch must have lasted for the next beginning to be quick again."""


class _Interrupted(Exception):
    """The watch has to begin anew, after ``wait`` seconds at least."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


async def watch(account: Account, state: ChannelState, receive: Receive) -> None:
    """Fetch and hand over until cancelled, whatever the line does. Raises ``ChannelMisconfigured``, nothing else.

    An update that ``receive`` fails on is handed over again, and those behind it wait: once forgotten it is lost.
    """
    settings = calling(account)
    loop = asyncio.get_running_loop()
    tries = 0
    while True:
        begun, least = loop.time(), 0.0
        try:
            async with connected(settings) as (bot, updates):
                await _Watcher(settings, bot, updates, state, receive).run()
        except ChannelMisconfigured:
            raise
        except _Interrupted as problem:
            least = problem.wait
            log.warning("bot %s: %s", account.name, problem)
        except Exception:
            # The database behind ``state`` or ``receive`` may be away: the watch outlives that too.
            log.exception("bot %s: watch interrupted", account.name)
        tries = 1 if loop.time() - begun > STEADY else tries + 1
        await note_beside(state, tries)
        pause = min(LONGEST_PAUSE, 0.25 * 2.0 ** min(tries, 10))
        await asyncio.sleep(max(least, pause * random.uniform(0.7, 1.3)))  # noqa: S311 - spreads calls, no secret


class _Watcher:
    """One line's work."""

    def __init__(self, settings: Calling, bot: Bot, updates: Updates, state: ChannelState, receive: Receive) -> None:
        self._settings = settings
        self._bot = bot
        self._updates = updates
        self._state = state
        self._receive = receive
        self._key = f"offset:{settings.bot_id}"

    async def run(self) -> None:
        """Fetch, hand over, fetch."""
        stored = await asyncio.to_thread(self._state.get, self._key)
        offset: int | None = None
        first = True
        while True:
            came = await self._fetch(offset)
            if first:
                await note_beside(self._state, 0)
                first = False
            offset = None  # the answer shows that the platform has heard it
            for number, content in came:
                if number is not None and _committed(number, stored):
                    offset = number + 1
                    continue
                await self._receive(content, "update" if number is None else f"update:{number}")
                if number is not None:
                    offset = number + 1
                    stored = await self._save(stored, str(offset))
            if came and offset is None:
                raise _Interrupted("no update has a number to go on from")

    async def _fetch(self, offset: int | None) -> list[tuple[int | None, bytes]]:
        try:
            await self._bot.get_updates(
                offset=offset, limit=BATCH, timeout=int(self._settings.poll_seconds) or 1, allowed_updates=WANTED
            )
            return cut(self._updates.answer)
        except Refusal as problem:
            if wrong := misconfigured(problem):
                raise wrong from problem
            raise _Interrupted(problem.message, problem.retry_after) from problem
        except (TelegramError, Garbled) as problem:
            raise _Interrupted(f"line lost ({type(problem).__name__})") from problem

    async def _save(self, stored: str | None, offset: str) -> str:
        if not await asyncio.to_thread(self._state.compare_and_set, self._key, stored, offset):
            raise _Interrupted("another process watches this bot")
        return offset


def _committed(number: int, stored: str | None) -> bool:
    """Whether it lies just below the stored offset: a crash can leave no more than one batch unconfirmed."""
    offset = int(stored) if stored and stored.isascii() and stored.isdigit() and len(stored) < 20 else 0
    return offset - BATCH <= number < offset
