"""Running calls as they are shown: what was heard so far and what triage makes of it, told to whoever watches.

How a watcher hears of a change. Every change of a call raises its row's ``version`` in the transaction that makes it.
In each process that has watchers, and only while it has some, one thread reads the versions of all standing calls in
one query, so a process costs the database the same for one watcher as for fifty. The process that takes a segment
wakes its own thread at once; the others look every ``POLL`` seconds, which leaves most of the 300 ms from segment to
page to thinking. The same holds on both databases. LISTEN/NOTIFY would save PostgreSQL those looks, of half a
millisecond each, but needs a connection of its own in each process that is watched over, and the looks all the same
for the notices that are lost with it; SQLite has no such thing.

What is thought of is always the newest state. A call that changes while others are thought of, or several times while
it is, is thought of once, when its turn comes: segments that come faster than thinking make no queue. Calls whose turn
it is are judged together, a few at a time, as ``api.thinking`` does, outside any transaction. Where the resident's
words did not change (the agent spoke), what was thought of them stands.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from api import judging, running_calls
from api.errors import TooMany
from api.running_calls import Standing
from casework import call_alarms, call_notes
from casework.alarms import EMERGENCY
from casework.call_notes import Noted
from channels.errors import UnreadableMessage
from channels.heard import Heard
from storage import running_calls as stored
from storage.running_calls import RunningCall
from triage.assessment import Assessment, Context

if TYPE_CHECKING:
    from api.desk import Desk

log = logging.getLogger(__name__)

CHANNEL = "hotline"
"""The one channel whose calls come while people talk."""
POLL = 0.04
"""Seconds between looks at what other processes took."""
RESTS = 1.0
"""Seconds after a look that failed."""
STANDS = timedelta(hours=1)
"""So long after its end a call is still followed, for the words that come late."""
TOGETHER = 4
LISTED = 200
"""Running calls in the list, and ended ones below."""
REMEMBERED = 600
WATCHERS = 400
"""Of one process: each holds a connection open."""
FIRST_WORDS, LAST_WORDS = 4_000, 2_000
"""Characters of a long call that are thought of while it runs: what it is about, and where it has got to."""

Key = tuple[str, str]
"""A call by its account and number."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A call at one version. ``assessment`` is None before the resident has said anything, where triage ``failed``,
    and when the call is over: then its ticket has one.
    """

    key: Key
    version: int
    began_at: datetime
    ended_at: datetime | None
    heard: Heard
    text: str
    noted: tuple[Noted, ...]
    alert_id: str | None
    standing: Standing
    assessment: Assessment | None = None
    failed: str = ""

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


class Watch:
    """One connection that follows a call, or with no ``key`` all of them. ``changed`` is set when there is news."""

    def __init__(self, key: Key | None) -> None:
        self.key = key
        self.changed = asyncio.Event()
        self.over = False
        self._loop = asyncio.get_running_loop()

    def stir(self, *, over: bool = False) -> None:
        """Tell of news, or that there will be none any more; from any thread."""
        self.over |= over
        try:
            self._loop.call_soon_threadsafe(self.changed.set)
        except RuntimeError:
            self.over = True  # the loop is gone, and the connection with it


class LiveCalls:
    """The calls of one process's watchers. Safe to share between threads."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._known: dict[Key, Picture] = {}
        self._watches: set[Watch] = set()
        self._changed = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._stirred = False
        self._thread: threading.Thread | None = None
        self._closed = False

    def stir(self) -> None:
        """Something was taken in this process: have a look now. Costs nothing where nobody watches."""
        if self._watches:
            with self._changed:
                self._stirred = True
                self._changed.notify_all()

    def check_room(self) -> None:
        """Raises ``TooMany`` where no further watcher fits."""
        if len(self._watches) >= WATCHERS:
            raise TooMany("正在看通话的页面太多，请关掉一些再试")

    @contextmanager
    def watch(self, key: Key | None) -> Iterator[Watch]:
        """Follow one call or all, within a running loop."""
        made = Watch(key)
        with self._changed:
            self._watches.add(made)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="live-calls", daemon=True)
                self._thread.start()
        try:
            yield made
        finally:
            with self._changed:
                self._watches.discard(made)
                self._changed.notify_all()

    def close(self) -> None:
        """Let every watcher go."""
        with self._changed:
            self._closed = True
            for each in self._watches:
                each.stir(over=True)
            self._changed.notify_all()
            thread = self._thread
        if thread is not None:
            thread.join(timeout=5)

    def current(self, key: Key) -> Picture | None:
        """The call as it stands, thought of now if nobody did before; None where no piece of it ever came."""
        with self._desk.database.read() as session:
            call = session.get(RunningCall, (CHANNEL, *key))
            if call is None:
                return None
            version = call.version
        known = self._known.get(key)
        if known is not None and known.version == version:
            return known
        return next(iter(self._pictures([key])), None)

    def listed(self) -> Sequence[Picture]:
        """Running calls, the longest running first, then those that ended within the hour, the last ended first."""
        with self._desk.database.read() as session:
            since = self._desk.now() - STANDS
            rows = stored.standing(session, channel=CHANNEL, ended_since=since, limit=LISTED)
            wanted = {(row.account, row.call_id): row.version for row in rows}
        stale = [key for key, version in wanted.items() if not self._is_known(key, version)]
        for batch in _in_parts(stale):
            self._pictures(batch)
        return [self._known[key] for key in wanted if key in self._known]

    def _is_known(self, key: Key, version: int) -> bool:
        known = self._known.get(key)
        return known is not None and known.version >= version

    def _run(self) -> None:
        while self._goes_on():
            try:
                self._look()
            except Exception:
                log.exception("running calls could not be looked at")
                with self._changed:
                    self._changed.wait_for(lambda: self._closed, timeout=RESTS)

    def _goes_on(self) -> bool:
        """Wait for the next look; False when nobody watches any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._stirred or self._closed or not self._watches, timeout=POLL)
            self._stirred = False
            if self._watches and not self._closed:
                return True
            self._thread = None
            return False

    def _look(self) -> None:
        with self._desk.database.read() as session:
            since = self._desk.now() - STANDS
            versions = stored.versions(session, channel=CHANNEL, ended_since=since)
        watches = list(self._watches)
        of_all = any(each.key is None for each in watches)
        wanted = versions if of_all else {each.key for each in watches if each.key in versions}
        stale = [key for key in wanted if key is not None and not self._is_known(key, versions[key])]
        for batch in _in_parts(stale):
            done = {each.key for each in self._pictures(batch)}
            for watch in watches:
                if watch.key is None or watch.key in done:
                    watch.stir()

    def _pictures(self, keys: Sequence[Key]) -> list[Picture]:
        """These calls at their newest, and remembered so."""
        with self._one_at_a_time:
            with self._desk.database.read() as session:
                rows = [session.get(RunningCall, (CHANNEL, *key)) for key in keys]
                loaded = [_load(self._desk, session, row) for row in rows if row is not None]
            made = _thought_of(self._desk, loaded, self._known)
            with self._changed:
                for each in made:
                    self._known.pop(each.key, None)
                    self._known[each.key] = each
                while len(self._known) > REMEMBERED:
                    del self._known[next(iter(self._known))]
        for each in made:
            _alarm(self._desk, each)
        return made


def _in_parts(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    return (keys[at : at + TOGETHER] for at in range(0, len(keys), TOGETHER))


def _load(desk: Desk, session: Session, call: RunningCall) -> Callable[[], Picture]:
    """What the tables know of a call, to be heard when the transaction is over."""
    kept = stored.pieces(session, call)
    noted = tuple(call_notes.of(session, call))
    stated = call_notes.stated(session, call)
    standing = running_calls.stands(session, call)
    early, late = ([each.content for each in kept if each.late is which] for which in (False, True))
    account = desk.account_or_bare(call.channel, call.account)

    def hear() -> Picture:
        try:
            heard, failed = running_calls.joining(account).heard(call.call_id, early, late, account), ""
        except UnreadableMessage as problem:  # the account's rules changed under a running call
            heard, failed = Heard(), str(problem)
        return Picture(
            key=(call.account, call.call_id),
            version=call.version,
            began_at=call.began_at,
            ended_at=call.ended_at,
            heard=heard,
            text=_considered("\n".join((heard.words, *stated)).strip()),
            noted=noted,
            alert_id=call.alert_id,
            standing=standing,
            failed=failed,
        )

    return hear


def _considered(text: str) -> str:
    if len(text) <= FIRST_WORDS + LAST_WORDS:
        return text
    return f"{text[:FIRST_WORDS]}\n{text[-LAST_WORDS:]}"


def _thought_of(desk: Desk, loaded: Iterable[Callable[[], Picture]], before: dict[Key, Picture]) -> list[Picture]:
    made = [hear() for hear in loaded]
    fresh: list[int] = []
    for at, picture in enumerate(made):
        known = before.get(picture.key)
        if picture.is_over or not picture.text:
            continue
        if known is not None and known.text == picture.text and known.assessment is not None:
            made[at] = replace(picture, assessment=known.assessment)
        else:
            fresh.append(at)
    for at, (assessment, failed) in zip(fresh, _judged(desk, [made[at] for at in fresh]), strict=True):
        made[at] = replace(made[at], assessment=assessment, failed=made[at].failed or failed)
    return made


def _judged(desk: Desk, pictures: Sequence[Picture]) -> list[tuple[Assessment | None, str]]:
    """What triage says of each, or the kind of its failure; one that it fails on spoils no other."""
    if not pictures:
        return []
    try:
        asked = [(each.text, Context(channel=CHANNEL, at=desk.now())) for each in pictures]
        return [(assessment, "") for assessment in judging.think_all(desk, asked)]
    except Exception as problem:  # noqa: BLE001  whatever it was, the agent reads what is said
        if len(pictures) > 1:
            return [_judged(desk, [each])[0] for each in pictures]
        log.warning("triage failed on a running call: %s", type(problem).__name__)
        return [(None, type(problem).__name__)]


def _alarm(desk: Desk, picture: Picture) -> None:
    """Alert of an emergency that only the whole call tells; most are heard in ``running_calls.take`` before."""
    urgency = picture.assessment.urgency if picture.assessment is not None else None
    if urgency is None or urgency.level != EMERGENCY or picture.alert_id is not None or picture.is_over:
        return
    now = desk.now()
    with desk.database.write.begin() as session:
        call = stored.held(session, CHANNEL, *picture.key, now=now)
        call_alarms.sound(session, desk.district, call, urgency, now=now)
