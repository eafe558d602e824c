"""Signing in and out, with a brake on guessing: a login or an address that failed often waits."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

from fastapi import Request

from api.auth import COOKIE
from api.desk import Desk
from api.errors import BadCredentials, Forbidden
from storage import audit, identity

WINDOW = timedelta(minutes=10)
AT_MOST = 10


class Brake:
    """Failures by login and by address within ``WINDOW``, in this process."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = threading.Lock()

    def is_on(self, key: str, *, now: datetime) -> bool:
        with self._lock:
            times = self._failures[key]
            while times and times[0] < now - WINDOW:
                times.popleft()
            if not times:
                del self._failures[key]
            return len(times) >= AT_MOST

    def failed(self, key: str, *, now: datetime) -> None:
        with self._lock:
            self._failures[key].append(now)


_brake = Brake()


def sign_in(desk: Desk, login: str, password: str, address: str) -> str:
    """A session token. Raises ``BadCredentials``, and ``Forbidden`` after too many failures."""
    now = desk.now()
    keys = [f"login:{login}", f"address:{address}"]
    if any(_brake.is_on(key, now=now) for key in keys):
        raise Forbidden("登录失败次数过多，请十分钟后再试")
    with desk.database.write.begin() as session:
        user = identity.check_password(session, login, password)
        if user is not None:
            token = identity.open_session(session, user, now=now)
            audit.record(
                session, actor=user.id, role=user.role, act="sign_in", subject="user", subject_id=user.id, now=now
            )
            return token
    for key in keys:
        _brake.failed(key, now=now)
    raise BadCredentials


def sign_out(desk: Desk, request: Request) -> None:
    """End the session of this request."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ") or request.cookies.get(COOKIE, "")
    with desk.database.write.begin() as session:
        identity.close_session(session, token)
