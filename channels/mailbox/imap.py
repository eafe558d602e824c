"""Watching a mailbox: new letters in order, IDLE with polling behind it, reconnecting by itself.

What must outlive the line is one value of the ``ChannelState``, so that it changes as a whole: UIDVALIDITY, the last
UID handed over, and the UIDs that were passed over with the number of tries. It advances only after ``receive`` has
returned, that is after the commit. Copies that come again after a UIDVALIDITY change are known downstream by the
letter's own hash. A letter that ``receive`` fails on is tried again later and holds up no other.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from dataclasses import dataclass, field

from channels.base import ChannelState, Receive
from channels.errors import ChannelMisconfigured
from channels.mailbox.imap_line import Line, LineLost, MailboxSettings, connected
from channels.message import Account
from channels.watching import note_beside

log = logging.getLogger(__name__)

LONGEST_PAUSE = 120.0
STEADY = 30.0
"""Seconds a line must have lasted for the next reconnection to be quick again."""

BATCH = 50
BROKEN_AFTER = 5
"""So many letters failing one after the other mean that the receiver is broken, not the letters: nothing more is
passed over, the watch begins anew after a pause."""

LONGEST_RETRY = 3600.0
SETTLE = 2.0
"""Seconds of the first wait after letters came: a notice of one more may have got lost between two commands."""


@dataclass(slots=True)
class Place:
    """How far a folder has been read. ``failed`` maps a UID that was passed over to its number of tries."""

    validity: str = ""
    last: int = 0
    failed: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read(cls, stored: str | None) -> Place:
        """From the stored JSON; anything unreadable counts as nothing stored, so that letters come twice, not never."""
        try:
            given = json.loads(stored or "{}")
            failed = {int(uid): int(tries) for uid, tries in dict(given.get("failed") or {}).items()}
            return cls(str(given.get("validity") or ""), int(given.get("last") or 0), failed)
        except (ValueError, TypeError, AttributeError):
            return cls()

    def written(self) -> str:
        return json.dumps({"validity": self.validity, "last": self.last, "failed": self.failed})


def check(account: Account) -> None:
    """Raises ``ChannelMisconfigured`` when the settings do not suffice to fetch."""
    MailboxSettings.of(account)


async def watch(account: Account, state: ChannelState, receive: Receive) -> None:
    """Fetch what is new and wait for more, until cancelled. Raises ``ChannelMisconfigured``, nothing else."""
    settings = MailboxSettings.of(account)
    loop = asyncio.get_running_loop()
    tries = 0
    while True:
        begun = loop.time()
        try:
            async with connected(settings) as line:
                await _Watcher(settings, line, state, receive).run()
        except ChannelMisconfigured:
            raise
        except LineLost as problem:
            log.info("mailbox %s: line lost (%s)", account.name, problem)
        except Exception:
            # The database behind ``state`` may be away: the watch outlives that too.
            log.exception("mailbox %s: watch interrupted", account.name)
        tries = 1 if loop.time() - begun > STEADY else tries + 1
        await note_beside(state, tries)
        pause = min(LONGEST_PAUSE, 0.25 * 2.0 ** min(tries, 10))
        await asyncio.sleep(pause * random.uniform(0.7, 1.3))  # noqa: S311 - spreads reconnections, no secret


class _Watcher:
    """One connection's work on one folder."""

    def __init__(self, settings: MailboxSettings, line: Line, state: ChannelState, receive: Receive) -> None:
        self._settings = settings
        self._line = line
        self._state = state
        self._receive = receive
        self._key = f"imap:{settings.folder}"[:80]
        self._stored: str | None = None
        self._place = Place()
        self._due: dict[int, float] = {}
        self._failures = 0

    async def run(self) -> None:
        """Fetch, wait, fetch."""
        await self._open()
        await note_beside(self._state, 0)
        while True:
            came = await self._fetch_new()
            await self._retry()
            await self._line.wait(self._until_next(SETTLE if came else self._settings.poll_seconds))

    async def _open(self) -> None:
        """Open the folder; under a new UIDVALIDITY every UID is a new one, and the folder is read from its start."""
        opened = await self._line.select()
        self._stored = await asyncio.to_thread(self._state.get, self._key)
        self._place = Place.read(self._stored)
        if self._place.validity != opened.validity:
            begin = opened.next_uid - 1 if self._stored is None and self._settings.first == "new" else 0
            self._place = Place(opened.validity, begin)
            await self._save()
        self._due = dict.fromkeys(self._place.failed, 0.0)

    async def _save(self) -> None:
        value = self._place.written()
        if value == self._stored:
            return
        if not await asyncio.to_thread(self._state.compare_and_set, self._key, self._stored, value):
            raise LineLost("another process watches this mailbox")
        self._stored = value

    async def _fetch_new(self) -> bool:
        """Hand over all letters above the last UID, in order; return whether there were any."""
        came = False
        while uids := await self._line.uids_after(self._place.last):
            came = True
            for start in range(0, len(uids), BATCH):
                batch = uids[start : start + BATCH]
                sizes = await self._line.sizes(batch)
                for uid in batch:
                    await self._take(uid, sizes.get(uid))
                    self._place.last = uid
                    await self._save()
                    await self._mark(uid, sizes)
        return came

    async def _retry(self) -> None:
        now = asyncio.get_running_loop().time()
        for uid in [uid for uid, at in self._due.items() if at <= now]:
            sizes = await self._line.sizes([uid])
            await self._take(uid, sizes.get(uid))
            await self._save()
            await self._mark(uid, sizes)

    async def _take(self, uid: int, size: int | None) -> None:
        """Fetch one letter and hand it over. Of one above the limit, one byte more than the limit: ``parse`` refuses
        that for its size, and quarantine holds what there is.
        """
        name = f"{self._settings.folder}:{self._place.validity}:{uid}"
        try:
            content = await self._line.letter(uid, self._settings.max_bytes + 1) if size is not None else None
            if content is not None:
                await self._receive(content, name)
        except LineLost:
            raise
        except Exception:
            log.exception("letter %s was not taken, again later", name)
            self._failed(uid)
            if self._failures >= BROKEN_AFTER:
                raise LineLost("the receiver takes nothing") from None
            return
        self._failures = 0
        self._place.failed.pop(uid, None)
        self._due.pop(uid, None)

    def _failed(self, uid: int) -> None:
        self._failures += 1
        tries = self._place.failed.get(uid, 0) + 1
        self._place.failed[uid] = tries
        wait = min(LONGEST_RETRY, self._settings.retry_seconds * 2.0 ** min(tries - 1, 10))
        self._due[uid] = asyncio.get_running_loop().time() + wait

    async def _mark(self, uid: int, sizes: dict[int, int]) -> None:
        if self._settings.mark_seen and uid in sizes and uid not in self._place.failed:
            await self._line.mark_seen(uid)

    def _until_next(self, seconds: float) -> float:
        """``seconds``, or less where a failed letter is due before."""
        soonest = min(self._due.values(), default=float("inf")) - asyncio.get_running_loop().time()
        return max(0.1, min(seconds, self._settings.poll_seconds, soonest))
