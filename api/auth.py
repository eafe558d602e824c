"""Who is asking: a session cookie for pages, the same token as Bearer for scripts. Both end at sign-out."""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sqlalchemy.exc import OperationalError
from starlette.datastructures import FormData

from api import banner, second_step
from api.banner import Banner
from api.desk import Desk
from api.errors import Forbidden, NotSignedIn, PasswordToChange, Unstorable
from api.sign_in_problems import FactorToSet
from api.storable import check_storable
from casework.actors import Actor
from district.schemas import Role
from knowledge.content import BODY
from storage import identity, second_factor, sign_ins

COOKIE = "yingsheng_session"
WITH_ONE_TIME = frozenset(
    {
        "/password",
        "/logout",
        "/session",
        "/banner",
        "/notices/unread",
        "/conversations/waiting",
        "/api/v1/sessions",
        "/api/v1/sessions/me",
        "/api/v1/password",
    }
)
"""Where one with a one-time password may go: to his own password, and out."""
TO_SET_FACTOR = WITH_ONE_TIME | {"/password/totp", "/password/totp/confirm"}
"""Where one may go whose role must sign in by a code and who has none yet: to his own account, and out."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD = 12 * BODY + 100
"""Bytes of a form's field at most, its name among them: the longest text, each character four bytes, each byte %XX."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in member of staff. ``csrf`` must come back with every form he sends."""

    actor: Actor
    login: str
    csrf: str
    one_time: bool = False
    """His password was given to him: he must set his own first."""
    factor_to_set: bool = False
    """His role signs in by a code: he sets his app up first."""
    banner: Banner = field(default_factory=Banner)
    """What his page says at its head; read for whole pages only."""


def desk_of(request: Request) -> Desk:
    """The desk this application serves."""
    desk: Desk = request.app.state.desk
    return desk


def token_of(request: Request) -> tuple[str, bool]:
    """The session token a request carries, and whether it came as a cookie."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip(), False
    return request.cookies.get(COOKIE, ""), True


def _resume(desk: Desk, token: str, *, used: bool = False, page: bool = False) -> Visitor | None:
    now = desk.now()
    with desk.database.read() as session:
        found = identity.resume_session(session, token, now=now, idle=_idle(desk))
        if found is None:
            return None
        user, row = found
        required = second_step.is_required(desk, user)
        to_set = required and second_factor.in_force(session, user.id) is None
        actor = Actor(user.id, user.name, Role(user.role), user.unit)
        one_time = user.one_time and row.way != "oidc"  # who comes by the identity provider needs no password here
        said = banner.read(session, actor, now=now) if page else Banner()
        visitor = Visitor(actor, user.login, row.csrf, one_time, to_set, said)
        seen = row.seen_at or row.created_at
    if used and now - seen >= sign_ins.SEEN_EVERY:
        _touch(desk, token, now)
    return visitor


def _idle(desk: Desk) -> timedelta | None:
    return timedelta(minutes=desk.settings.idle_minutes) if desk.settings.idle_minutes else None


def _touch(desk: Desk, token: str, now: datetime) -> None:
    """Put down that the session was used. Where the database is busy the next page does it."""
    with suppress(OperationalError), desk.database.write.begin() as session:
        sign_ins.touch(session, token, now=now)


def _is_used(request: Request) -> bool:
    """Whether a person does this: what an open page asks for by itself is no use of it."""
    by_itself = request.headers.get("hx-request") or "text/event-stream" in request.headers.get("accept", "")
    return not (by_itself and request.method in SAFE)


def _is_page(request: Request) -> bool:
    """Whether a whole page is asked for: a part of one, a picture, a stream or JSON has no head to say anything at."""
    return "text/html" in request.headers.get("accept", "text/html") and not request.headers.get("hx-request")


def still_signed_in(desk: Desk, token: str) -> bool:
    """Whether the session of this token goes on: asked again by what outlives one answer."""
    found = _resume(desk, token)
    return found is not None and not found.one_time and not found.factor_to_set


async def maybe_visitor(request: Request) -> Visitor | None:
    """The signed-in visitor, or None."""
    token, _ = token_of(request)
    resume = partial(_resume, desk_of(request), token, page=_is_page(request))
    return await run_in_threadpool(resume) if token else None


async def visitor(request: Request) -> Visitor:
    """The signed-in visitor.

    Raises ``NotSignedIn``, ``Forbidden`` for a form without its CSRF token, and ``Unstorable`` for one with a text that
    no database keeps.
    """
    token, by_cookie = token_of(request)
    resume = partial(_resume, desk_of(request), token, used=_is_used(request), page=_is_page(request))
    found = await run_in_threadpool(resume) if token else None
    if found is None:
        raise NotSignedIn
    if by_cookie and request.method not in SAFE:
        is_form = "form" in request.headers.get("content-type", "")
        form = await request.form(max_part_size=FIELD) if is_form else FormData()
        given = request.headers.get("x-csrf-token", "") or str(form.get("csrf", ""))
        if not hmac.compare_digest(given.encode(), found.csrf.encode()):
            await request.close()  # files that came with a forged form
            raise Forbidden("页面已过期，请刷新后再提交")
        await _check_storable(request, form)
    if found.one_time and request.url.path not in WITH_ONE_TIME:
        raise PasswordToChange
    if found.factor_to_set and request.url.path not in TO_SET_FACTOR:
        raise FactorToSet
    return found


async def _check_storable(request: Request, form: FormData) -> None:
    try:
        check_storable([value for _, value in form.multi_items()])
    except Unstorable:
        await request.close()  # files that came along
        raise


CurrentVisitor = Annotated[Visitor, Depends(visitor)]
CurrentDesk = Annotated[Desk, Depends(desk_of)]
