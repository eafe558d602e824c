"""Signing in and out, with a brake on guessing.

Who failed often at one login from one address waits, and so does an address that failed at very many logins. Others
still come in: nobody is locked out by wrong tries made elsewhere. A password takes time and memory to verify, so only
a few are verified at once, and never while a session of the database is open: on SQLite every write would wait.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from fastapi import Request

from api.auth import token_of
from api.desk import Desk
from api.errors import BadCredentials, Forbidden, TooMany
from storage import audit, identity

WINDOW = timedelta(minutes=10)
AT_MOST = 10
"""Failures of one login from one address within the window."""

AT_MOST_FROM_ADDRESS = 100
"""Failures of one address, whatever the login: a whole office may stand behind it."""

AT_ONCE = 2
WAITING = 16
"""Who waits holds a thread of the pages; there must be threads left for the others."""

WAIT_SECONDS = 20.0


class Brake:
    """Failures by key within ``WINDOW``, in this process. A try counts before its outcome is known."""

    def __init__(self) -> None:
        self._tries: dict[str, deque[datetime]] = {}
        self._tidied: datetime | None = None
        self._lock = threading.Lock()

    def count(self, limits: Mapping[str, int], *, now: datetime) -> bool:
        """Count a try under each key; False, and nothing counted, when a key has had as many as its limit."""
        with self._lock:
            self._tidy(now)
            if any(self._recent(key, now) >= limit for key, limit in limits.items()):
                return False
            for key in limits:
                self._tries.setdefault(key, deque()).append(now)
            return True

    def is_on(self, limits: Mapping[str, int], *, now: datetime) -> bool:
        """Whether the next try under these keys would be refused."""
        with self._lock:
            return any(self._recent(key, now) >= limit for key, limit in limits.items())

    def forgive(self, limits: Mapping[str, int], *, at: datetime) -> None:
        """The try counted at that moment was none of a guesser."""
        with self._lock:
            for key in limits:
                if at in (times := self._tries.get(key, deque())):
                    times.remove(at)

    def start_anew(self, keys: Iterable[str]) -> None:
        """Forget what was counted under these keys."""
        with self._lock:
            for key in keys:
                self._tries.pop(key, None)

    def size(self) -> int:
        """Number of keys held."""
        return len(self._tries)

    def _recent(self, key: str, now: datetime) -> int:
        times = self._tries.get(key, deque())
        while times and times[0] < now - WINDOW:
            times.popleft()
        return len(times)

    def _tidy(self, now: datetime) -> None:
        if self._tidied is None or self._tidied < now - WINDOW:
            self._tries = {key: times for key, times in self._tries.items() if self._recent(key, now)}
            self._tidied = now


class Turns:
    """Few at once, a few more waiting; whoever comes beyond is told so at once."""

    def __init__(self, at_once: int, waiting: int, seconds: float) -> None:
        self._turn = threading.BoundedSemaphore(at_once)
        self._room = threading.BoundedSemaphore(at_once + waiting)
        self._seconds = seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn. Raises ``TooMany``."""
        if not self._room.acquire(blocking=False):
            raise TooMany("同时登录的人太多，请稍后再试")
        try:
            if not self._turn.acquire(timeout=self._seconds):
                raise TooMany("同时登录的人太多，请稍后再试")
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._room.release()


_brake = Brake()
_turns = Turns(AT_ONCE, WAITING, WAIT_SECONDS)


def sign_in(desk: Desk, login: str, password: str, address: str) -> str:
    """A session token. Raises ``BadCredentials``, ``Forbidden`` after too many failures, and ``TooMany``."""
    limits = {f"{address} {login}": AT_MOST, address: AT_MOST_FROM_ADDRESS}
    braked = Forbidden("登录失败次数过多，请十分钟后再试")
    if _brake.is_on(limits, now=desk.now()):
        raise braked
    with _turns.take():
        now = desk.now()
        if not _brake.count(limits, now=now):
            raise braked
        with desk.database.read() as session:
            user = identity.known(session, login)
        fits = identity.fits(user, password)
    token = _open(desk, user, now) if fits and user is not None else None
    if token is None:
        raise BadCredentials
    _brake.forgive(limits, at=now)
    return token


def _open(desk: Desk, user: identity.User, now: datetime) -> str | None:
    with desk.database.write.begin() as session:
        token = identity.open_session(session, user, now=now)
        if token is not None:
            audit.record(
                session, actor=user.id, role=user.role, act="sign_in", subject="user", subject_id=user.id, now=now
            )
        return token


def sign_out(desk: Desk, request: Request) -> None:
    """End the session of this request."""
    token, _ = token_of(request)
    with desk.database.write.begin() as session:
        identity.close_session(session, token)
