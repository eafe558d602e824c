"""Signing in and out, with a brake on guessing.

Who failed often at one login from one address waits, and so does an address that failed at very many logins. Others
still come in: nobody is locked out by wrong tries made elsewhere. A password takes time and memory to verify, so only
a few are verified at once, and never while a session of the database is open: on SQLite every write would wait.

Who has an authenticator app gives a code as a second step (``second_step``): between the two stands a half sign-in,
which opens nothing. Who is kept out is put down once, for administrators to see and to release.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from api import second_step
from api.auth import token_of
from api.brake import WINDOW, Brake
from api.desk import Desk
from api.errors import BadCredentials, Forbidden, NotSignedIn, TooMany
from api.sign_in_problems import CodeNeeded
from casework import at_desk
from storage import audit, identity, second_factor, sign_ins

AT_MOST = 10
"""Failures of one login from one address within the window."""

AT_MOST_FROM_ADDRESS = 100
"""Failures of one address, whatever the login: a whole office may stand behind it."""

AT_ONCE = 2
WAITING = 16
"""Who waits holds a thread of the pages; there must be threads left for the others."""

WAIT_SECONDS = 20.0

ELSEWHERE = timedelta(minutes=2)
"""Who used another session so lately is still here: open pages give signs, and the last one is noted by the minute."""


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


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody signs in from: his address, and what his browser calls itself."""

    address: str = ""
    device: str = ""


def place_of(request: Request) -> Place:
    """Where this request comes from."""
    return Place(request.client.host if request.client else "", request.headers.get("user-agent", ""))


@dataclass(frozen=True, slots=True)
class Entered:
    """A token: of a session, or of a half sign-in whose code is to come."""

    token: str
    half: bool = False


def sign_in(desk: Desk, login: str, password: str, address: str, *, code: str = "", device: str = "") -> str:
    """A session token.

    Raises ``BadCredentials``, ``Forbidden`` after too many failures, ``TooMany``; ``CodeNeeded`` and ``WrongCode``
    where the user has a second factor.
    """
    user = _prove(desk, login, password, address)
    way = "password"
    if second_step.is_in_force(desk, user.id):
        if not code:
            raise CodeNeeded
        second_step.check(desk, user, code)
        way = "code"
    return _opened(desk, user, Place(address, device), way)


def begin(desk: Desk, login: str, password: str, place: Place) -> Entered:
    """The first step on the pages. Raises as ``sign_in`` does."""
    return go_on(desk, _prove(desk, login, password, place.address), place, "password")


def go_on(desk: Desk, user: identity.User, place: Place, way: str) -> Entered:
    """After the first step, however it was done: a session, or a half one where a code is to come.

    Raises ``BadCredentials`` for one who was disabled meanwhile.
    """
    if not second_step.is_in_force(desk, user.id):
        return Entered(_opened(desk, user, place, way))
    with desk.database.write.begin() as session:
        return Entered(second_factor.open_half(session, user, way=way, now=desk.now()), half=True)


def finish(desk: Desk, half: str, code: str, place: Place) -> str:
    """The second step on the pages: a session token.

    Raises ``NotSignedIn`` where the first is over, ``WrongCode``, and ``Forbidden`` after too many.
    """
    with desk.database.write.begin() as session:
        found = second_factor.half_of(session, half, now=desk.now())
        second_factor.count_half(session, half)
        user, way = (found[0], "oidc" if found[1].way == "oidc" else "code") if found else (None, "")
    if user is None:
        raise NotSignedIn
    second_step.check(desk, user, code)
    with desk.database.write.begin() as session:
        if not second_factor.end_half(session, half):
            raise NotSignedIn
    return _opened(desk, user, place, way)


def _prove(desk: Desk, login: str, password: str, address: str) -> identity.User:
    limits = {f"{address} {login}": AT_MOST, address: AT_MOST_FROM_ADDRESS}
    braked = Forbidden("登录失败次数过多，请十分钟后再试，或请管理员解除")
    if _brake.is_on(limits, now=desk.now()) and _is_kept_out(desk, login, address, limits):
        raise braked
    with _turns.take():
        now = desk.now()
        if not _brake.count(limits, now=now):
            raise braked
        with desk.database.read() as session:
            user = identity.known(session, login)
        fits = identity.fits(user, password)
    if not fits or user is None or user.disabled:
        raise BadCredentials
    _brake.forgive(limits, at=now)
    return user


def _is_kept_out(desk: Desk, login: str, address: str, limits: Mapping[str, int]) -> bool:
    """Whether no administrator has released him; who is kept out is put down for them."""
    now = desk.now()
    by_key = {f"{address} {login}": (login, address), address: ("", address)}
    with desk.database.read() as session:
        for key, (of, at) in by_key.items():
            if released := sign_ins.released(session, of[:60], at[:60], since=now - WINDOW):
                _brake.release(key, before=released)
        known = {(each.login, each.address) for each in sign_ins.locked_out(session, now=now)}
    kept = [pair for key, pair in by_key.items() if _brake.is_on({key: limits[key]}, now=now)]
    if new := [pair for pair in kept if pair not in known]:
        with desk.database.write.begin() as session:
            for of, at in new:
                sign_ins.lock_out(session, of[:60], at[:60], now=now, until=now + WINDOW)
    return bool(kept)


def _opened(desk: Desk, user: identity.User, place: Place, way: str) -> str:
    now = desk.now()
    with desk.database.write.begin() as session:
        token = identity.open_session(session, user, now=now, device=place.device, address=place.address, way=way)
        if token is not None:
            details = {"way": way}
            audit.record(
                session,
                actor=user.id,
                role=user.role,
                act="sign_in",
                subject="user",
                subject_id=user.id,
                now=now,
                details=details,
            )
    if token is None:
        raise BadCredentials
    return token


def sign_out(desk: Desk, request: Request) -> str:
    """End the session of this request. Who is here by no other one leaves the tickets that he has open.

    Return by which way it was begun.
    """
    token, _ = token_of(request)
    with desk.database.write.begin() as session:
        row = session.get(identity.StaffSession, identity.token_hash(token))
        if row is None:
            return ""
        user, way, now = row.user_id, row.way, desk.now()
        identity.close_session(session, token)
        if not identity.is_in_use(session, user, since=now - ELSEWHERE):
            at_desk.signed_out(session, user, now=now)
    return way
